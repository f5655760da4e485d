"""The files of a pack and the pack before it in; the manifest that shows whether anything was changed since, out.

It holds a digest of every file, of itself, and of the manifest before: packs of one chain leave no day out. Whoever
keeps the last digest elsewhere can tell even that a whole chain was written anew.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconciler.errors import Refused
from reconciler.evidence.rows import Evidence
from reconciler.json_text import from_json

MANIFEST: Final = "manifest.json"
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class NoPack(Refused):
    """What is there is no pack of evidence, or was changed."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Sealed(_Part):
    """A file: how long it is, and what its bytes come to."""

    bytes: int
    sha256: Digest


class Before(_Part):
    """The pack before this one."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    digest: Digest


class Manifest(_Part):
    """What a pack is about, and what it consists of. `digest` is that of everything else here."""

    format: Literal[1] = 1
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    folder: str
    commit: str
    product: str | None = None
    team: str | None = None
    before: Before | None = None
    files: dict[str, Sealed]
    digest: str = ""

    @property
    def text(self) -> str:
        """Write it down, in the one way there is."""
        return json.dumps(self._values(), indent=1) + "\n"

    def sealed(self) -> "Manifest":
        """Give it with its digest."""
        return self.model_copy(update={"digest": self.comes_to()})

    def comes_to(self) -> str:
        """Digest everything but the digest."""
        values = {name: value for name, value in self._values().items() if name != "digest"}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def _values(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


def sealed(evidence: Evidence, files: Mapping[str, bytes], before: Manifest | None) -> Manifest:
    """Make the manifest of a pack."""
    link = None if before is None else Before(first=before.first, last=before.last, digest=before.digest)
    return Manifest(
        first=date.fromisoformat(evidence.first),
        last=date.fromisoformat(evidence.last),
        folder=evidence.folder,
        commit=evidence.commit,
        product=evidence.product,
        team=evidence.team,
        before=link,
        files={name: seal(content) for name, content in sorted(files.items())},
    ).sealed()


def seal(content: bytes) -> Sealed:
    """Digest a file."""
    return Sealed(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def manifest_of(content: bytes) -> Manifest:
    """Read one. Raises NoPack where it was not written so, to the byte, by this tool."""
    try:
        manifest = Manifest.model_validate(from_json(content))
    except (ValueError, ValidationError) as error:
        raise NoPack(f"{MANIFEST} was changed: it is none that this tool wrote") from error
    if manifest.text.encode() != content or manifest.digest != manifest.comes_to():
        raise NoPack(f"{MANIFEST} was changed: its digest does not fit")
    return manifest
