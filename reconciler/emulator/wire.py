"""The values between the doors and the rules: a request taken apart in, an answer to be put on the wire out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `segments` are decoded after they were split, so that an encoded slash stays in its segment."""

    method: str
    segments: tuple[str, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = "https://localhost"
    client: str = ""  # the address it came from; empty in process

    @property
    def path(self) -> str:
        """Give the decoded path, for people and for patterns."""
        return "/" + "/".join(self.segments)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `body` is a JSON value, bytes that are sent as they are, or None for an empty body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def taken_apart(
    method: str,
    raw_path: str,
    query_string: str,
    headers: Mapping[str, str],
    *,
    body: bytes = b"",
    scheme: str = "https",
    client: str = "",
) -> Call:
    """Make a Call of what a request line and its headers say; `headers` have lower-case names."""
    raw = raw_path.strip("/").split("/")
    return Call(
        method=method,
        segments=tuple(unquote(part) if "%" in part else part for part in raw if part),
        query=dict(parse_qsl(query_string, keep_blank_values=True)) if query_string else {},
        headers=headers,
        body=body,
        base_url=f"{scheme}://{headers.get('host', 'localhost')}",
        client=client,
    )
