"""What was applied to a service in, the text that the service remembers of it out; and back, or why it is no memory.

The text is not secret and whoever may write named values can write another: so it carries a digest of itself, names the
service it is for, and holds the digest of the text before it, by which a chain of them can be followed.
"""

import hashlib
import json
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from reconciler.json_text import from_json

NAME: Final = "reconciler-applied"
LONGEST: Final = 4096  # characters of a named value (specification 2024-05-01)
_FORMAT = 1
_SELECTOR = r"^(team|product|grant|subscription|client) \S.*$"
_COMMIT = r"^[0-9a-f]{40}([0-9a-f]{24})?$"


class Unreliable(ValueError):
    """What is remembered cannot be relied on; the text says why."""


class Full(ValueError):
    """More was applied past what is left out than a service can remember; the text says so."""


class Applied(BaseModel):
    """What a service remembers. Everything up to `commit` is applied, and of what came after it the merges in `also`.

    `withheld` is what was cut off by hand, as `team checkout`: no declaration opens it until that is lifted.
    `fingerprint`, `outcomes` and `requests` tell of the last apply; `before` is the digest of what was remembered then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str
    environment: str
    commit: str = Field(pattern=_COMMIT)
    also: tuple[Annotated[str, Field(pattern=_COMMIT)], ...] = ()
    withheld: tuple[Annotated[str, Field(pattern=_SELECTOR)], ...] = ()
    when: str
    fingerprint: str = ""
    outcomes: dict[str, int] = Field(default_factory=dict)
    requests: tuple[str, ...] = ()
    before: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")

    @property
    def digest(self) -> str:
        """Digest everything that is remembered."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def encode(applied: Applied) -> str:
    """Write it down, with its digest; ids of requests are left out one by one until it fits.

    Raises Full where it does not fit even so: then what is left out has to be mended first.
    """
    while len(text := _text(applied)) > LONGEST:
        if not applied.requests:
            raise Full("more merges were applied past others that are left out than a service can remember")
        applied = applied.model_copy(update={"requests": applied.requests[: len(applied.requests) // 2]})
    return text


def decode(text: str, *, service: str) -> Applied:
    """Read it back. Raises Unreliable where it was not written by `encode`, or for another service."""
    try:
        value = from_json(text)
        digest = value.pop("digest")
        if value.pop("format") != _FORMAT:
            raise Unreliable("it is of another version")
        applied = Applied.model_validate(value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, Unreliable):
            raise
        raise Unreliable("it was not written by this tool") from error
    if digest != applied.digest:
        raise Unreliable("it was changed by another hand: its digest does not fit")
    if applied.service.lower() != service.lower():
        raise Unreliable("it is of another service")
    return applied


def _text(applied: Applied) -> str:
    whole: dict[str, Any] = {"format": _FORMAT, **applied.model_dump(mode="json"), "digest": applied.digest}
    return json.dumps(whole, separators=(",", ":"))
