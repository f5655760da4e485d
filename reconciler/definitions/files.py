"""A library of definitions in, the files of a folder out: a text each, and `index.json`; and back again.

Pure. The folder lies in git beside the catalog, so that a job that begins with a clone knows what was fetched last. A
text that is missing, or was changed by hand, is as good as not fetched.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from reconciler.definitions import ENDINGS, Definition, Kept, Library, Type

INDEX = "index.json"


class _Entry(BaseModel):
    """What `index.json` says of one API."""

    model_config = ConfigDict(extra="ignore")
    type: Type
    file: str = ""
    digest: str = ""
    why: str = ""
    row: str
    etag: str = ""
    fetched: datetime


class _Index(BaseModel):
    model_config = ConfigDict(extra="ignore")
    service: str
    read: datetime | None = None
    apis: dict[str, _Entry]


def as_files(library: Library, stems: Mapping[str, str]) -> dict[str, bytes]:
    """Write a library down. `stems` has the file's name, without an ending, for each API that is to have one."""
    files: dict[str, bytes] = {}
    entries: dict[str, Any] = {}
    for api, kept in sorted(library.apis.items()):
        definition = kept.definition
        entry = {"type": definition.type, "why": definition.why, "row": kept.row, "etag": kept.etag}
        if definition.text and api in stems:
            name, content = file_of(definition, stems[api]), definition.text.encode()
            files[name] = content
            entry |= {"file": name, "digest": _digest(content)}
        told = {name: value for name, value in entry.items() if value or name == "row"}
        entries[api] = told | {"fetched": kept.fetched.isoformat(timespec="seconds")}
    read = library.read.isoformat(timespec="seconds") if library.read else None
    index = {"service": library.service, "read": read, "apis": entries}
    return files | {INDEX: (json.dumps(index, indent=1, sort_keys=True) + "\n").encode()}


def from_files(files: Mapping[str, bytes], service: str) -> Library:
    """Read what was kept of a service; nothing where it is not ours to read, or is another service's."""
    try:
        index = _Index.model_validate_json(files.get(INDEX, b""))
    except ValidationError:
        return Library(service)
    if index.service.lower() != service.lower():
        return Library(service)
    apis = {api: kept for api, entry in index.apis.items() if (kept := _kept(api, entry, files))}
    return Library(service, _aware(index.read), apis)


def file_of(definition: Definition, stem: str) -> str:
    """Name the file of a definition."""
    return f"{stem}.{ENDINGS[definition.type]}"


def _kept(api: str, entry: _Entry, files: Mapping[str, bytes]) -> Kept | None:
    content = files.get(entry.file, b"") if entry.file else b""
    fetched = _aware(entry.fetched)
    if (entry.file and _digest(content) != entry.digest) or not (content or entry.why) or fetched is None:
        return None
    return Kept(
        Definition(api, entry.type, content.decode(errors="replace"), entry.why), entry.row, fetched, entry.etag
    )


def _aware(moment: datetime | None) -> datetime | None:
    """Give a moment that says its zone; one that does not is not ours."""
    return moment if moment is not None and moment.tzinfo is not None else None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
