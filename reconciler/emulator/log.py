"""Every request in; the lists that tests and benchmarks count out: writes and reads at ARM, tokens apart."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_KEPT = 100_000
_READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `status` is 0 where the connection was cut before an answer."""

    principal: str
    method: str
    path: str
    query: Mapping[str, str]
    status: int
    is_token: bool = False

    def __str__(self) -> str:
        """Give a line such as `PUT …/products/orders 201`."""
        return f"{self.principal or '-'} {self.method} {self.path} {self.status or 'cut'}"


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
        """All but token requests."""
        return [entry for entry in self._entries if not entry.is_token]

    @property
    def token_requests(self) -> list[Entry]:
        return [entry for entry in self._entries if entry.is_token]

    @property
    def reads(self) -> int:
        return sum(entry.method in _READS for entry in self)

    @property
    def writes(self) -> int:
        """Count PUT, PATCH, POST and DELETE: POST is a write in Azure's buckets too."""
        return len(self) - self.reads
