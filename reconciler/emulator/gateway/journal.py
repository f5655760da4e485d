"""Calls through the gateway in; the newest of them, what policies counted and what was not known here out."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

_KEPT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Event:
    """Something a policy counted: `trace` or `emit-metric`, its name, its dimensions, and by how much."""

    kind: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    value: float = 1.0


@dataclass(frozen=True, slots=True)
class Passed:
    """One call. It holds no key, no token and no query; empty is nobody and nothing."""

    when: str
    service: str
    method: str
    path: str
    status: int
    api: str = ""
    product: str = ""
    subscription: str = ""
    key: str = ""
    source: str = ""  # of a refusal: the policy or the step, and why
    reason: str = ""
    unknown: str = ""
    passed_over: tuple[str, ...] = ()


class Journal:
    """The newest 1,000 calls, all counted events, and everything that was not known, each once."""

    def __init__(self) -> None:
        self.calls: deque[Passed] = deque(maxlen=_KEPT)
        self._counts: Counter[tuple[str, str, tuple[tuple[str, str], ...]]] = Counter()
        self._values: dict[tuple[str, str, tuple[tuple[str, str], ...]], float] = {}
        self.unknown: dict[str, None] = {}

    def add(self, passed: Passed, events: list[Event]) -> None:
        self.calls.append(passed)
        if passed.unknown:
            self.unknown[passed.unknown] = None
        for event in events:
            key = (event.kind, event.name, event.dimensions)
            self._counts[key] += 1
            self._values[key] = self._values.get(key, 0.0) + event.value

    @property
    def events(self) -> list[dict[str, Any]]:
        return [
            {
                "kind": kind,
                "name": name,
                "dimensions": dict(dimensions),
                "count": count,
                "value": self._values[kind, name, dimensions],
            }
            for (kind, name, dimensions), count in self._counts.items()
        ]

    def as_json(self) -> Mapping[str, Any]:
        return {"calls": [asdict(each) for each in self.calls], "events": self.events, "unknown": list(self.unknown)}

    def clear(self) -> None:
        self.calls.clear()
        self._counts.clear()
        self._values.clear()
        self.unknown.clear()
