"""Every request in; the lists that tests and benchmarks count out: writes and reads at ARM, all others apart."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

_KEPT = 100_000
_READS = frozenset({"GET", "HEAD"})
Plane = Literal["arm", "identity", "graph", "vault", "gateway", "blob", "analytics"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `status` is 0 where the connection was cut before an answer."""

    principal: str
    method: str
    path: str
    query: Mapping[str, str]
    status: int
    is_token: bool = False
    plane: Plane = "arm"
    host: str = ""  # which tells one vault from another

    def __str__(self) -> str:
        """Give a line such as `me PUT …/products/orders 201`; a vault is told by its host."""
        host = self.host if self.plane == "vault" else ""
        return f"{self.principal or '-'} {self.method} {host}{self.path} {self.status or 'cut'}"


class AccessLog:
    """The requests since the start or the last `clear`, the newest 100,000 of them."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self.echo: Callable[[Entry], None] | None = None

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        if self.echo is not None:
            self.echo(entry)

    def clear(self) -> None:
        self._entries.clear()

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @property
    def entries(self) -> list[Entry]:
        """Requests to Resource Manager alone."""
        return self.at("arm")

    @property
    def token_requests(self) -> list[Entry]:
        return [entry for entry in self._entries if entry.is_token]

    def at(self, plane: Plane) -> list[Entry]:
        """Requests to one of the planes; sign-in, with tokens, keys and managed identities, is `identity`."""
        return [entry for entry in self._entries if entry.plane == plane]

    @property
    def reads(self) -> int:
        return sum(entry.method in _READS for entry in self)

    @property
    def writes(self) -> int:
        """Count PUT, PATCH, POST and DELETE: POST is a write in Azure's buckets too."""
        return len(self) - self.reads
