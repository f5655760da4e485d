"""A request or a response as policies see and change it: headers without regard to case, bodies as bytes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


class Headers:
    """Headers in the order they were set; each may have several values."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._rows: dict[str, tuple[str, list[str]]] = {}
        for name, value in (headers or {}).items():
            self.put(name, [value])

    def put(self, name: str, values: Sequence[str]) -> None:
        """Set a header to these values, whatever it was."""
        self._rows[name.lower()] = (name, list(values))

    def append(self, name: str, values: Sequence[str]) -> None:
        self.put(name, [*self.values(name), *values])

    def drop(self, name: str) -> None:
        self._rows.pop(name.lower(), None)

    def values(self, name: str) -> list[str]:
        return list(self._rows[name.lower()][1]) if name in self else []

    def get(self, name: str, default: str = "") -> str:
        return ",".join(self.values(name)) if name in self else default

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._rows

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Give each header once, its values in one line, as `set-header` describes it."""
        return ((name, ",".join(values)) for name, values in self._rows.values())

    def lists(self) -> dict[str, list[str]]:
        return {name: list(values) for name, values in self._rows.values()}


@dataclass(slots=True)
class Request:
    """What was asked; `path` is below the API's own path, `address` the caller's."""

    method: str
    path: str
    url: str
    query: dict[str, str]
    headers: Headers
    body: bytes = b""
    address: str = ""


@dataclass(slots=True)
class Response:
    """What goes back; that a status without a reason is sent with HTTP's own is unverified."""

    status: int = 200
    reason: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
