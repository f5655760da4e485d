"""What a service tells of its callers, as values: how often each key and each application called, and the last time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from reconciler.resource import State

PERIOD: Final = 90  # days
Source = Literal["log", "reports", "nothing"]


@dataclass(frozen=True, slots=True)
class Used:
    """The calls of a period. `last` is the day of the last one; where that is not `exact`, that day or a later one."""

    calls: int = 0
    errors: int = 0
    last: date | None = None
    exact: bool = True

    def __add__(self, other: "Used") -> "Used":
        """Count both; the later day is the last."""
        late = max((self, other), key=lambda each: (each.last or date.min, not each.exact))
        return Used(self.calls + other.calls, self.errors + other.errors, late.last, late.exact)

    @property
    def share(self) -> float:
        """Which part of the calls failed."""
        return self.errors / self.calls if self.calls else 0.0


NONE: Final = Used()


@dataclass(frozen=True, slots=True)
class Usage:
    """One service's callers in the days up to a day. Names of keys and applications are in small letters.

    `since` is the first day of which calls are known, of applications `clients_since`: a log forgets, and what was not
    written down is not known, which is something else than no call. None: nothing is known, and `why` may say why.
    An application is named with the product it called; with an empty one where the product is not told.
    """

    service: str
    day: date
    days: int = PERIOD
    source: Source = "nothing"
    why: str = ""
    since: date | None = None
    clients_since: date | None = None
    keys: Mapping[str, Used] = field(default_factory=dict)
    clients: Mapping[tuple[str, str], Used] = field(default_factory=dict)
    products: Mapping[str, Used] = field(default_factory=dict)
    made: Mapping[str, date] = field(default_factory=dict)  # when each key was

    @property
    def begin(self) -> date:
        """The first day of the period."""
        return self.day - timedelta(days=self.days)

    def key(self, name: str) -> Used:
        """Give the calls with the keys of a subscription."""
        return self.keys.get(name.lower(), NONE)

    def client(self, product: str, name: str) -> Used:
        """Give the calls of an application at a product, and those of which nobody told the product."""
        found = (self.clients.get((each, name.lower()), NONE) for each in (product.lower(), ""))
        return sum(found, NONE)


def made(state: State) -> dict[str, date]:
    """Say when each subscription was made, as Azure tells it; what it does not tell is left out."""
    keys = (each for address, each in state.items() if address.kind == "subscription")
    return days_of((each.address.name[0], each.properties.get("createdDate")) for each in keys)


def days_of(moments: Iterable[tuple[str, object]]) -> dict[str, date]:
    """Give, for names, the days of Azure's moments; what is none is left out."""
    days = ((name.lower(), day_of(moment)) for name, moment in moments)
    return {name: day for name, day in days if day is not None}


def day_of(moment: object) -> date | None:
    """Give the day of one of Azure's moments."""
    try:
        return date.fromisoformat(str(moment or "")[:10])
    except ValueError:
        return None
