"""A service's callers and something that gives access in; whether it is used, unused, new or nobody knows, out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from reconciler.resource import Address
from reconciler.usage.told import NONE, Usage, Used

Standing = Literal["used", "unused", "new", "not known"]
_FIRST: Final[tuple[Standing, ...]] = (
    "used",
    "new",
    "not known",
    "unused",
)  # of several, what says most against taking


@dataclass(frozen=True, slots=True)
class Seen:
    """How it is used. `since` says of what is not known since when there was no call, where that much is known."""

    standing: Standing
    used: Used = NONE
    days: int = 0
    since: date | None = None

    def __str__(self) -> str:
        """Say it in a few words, as a cell of a table has room for."""
        match self.standing:
            case "used":
                return f"{'' if self.used.exact else 'since '}{self.used.last}, {_calls(self.used)}"
            case "unused":
                return f"unused for {self.days} days"
            case "new":
                return f"new, given {self.since}" if self.since else "new"
        return f"not known; no call since {self.since}" if self.since else "not known"


def seen(usage: Usage | None, by: Address, given: date | None = None) -> Seen | None:
    """Say how a key or an application is used; None for what is neither, such as a link in the portal.

    `given` is when it was, where that is known from elsewhere: of both days the later one counts, since a key may be
    older than the grant. What is younger than the period is new, and what is not known is never unused.
    """
    if by.kind not in ("subscription", "client"):
        return None
    if usage is None:
        return Seen("not known")
    is_key = by.kind == "subscription"
    used = usage.key(by.name[0]) if is_key else usage.client(by.name[0], by.name[1])
    if used.calls:
        return Seen("used", used, usage.days)
    known = usage.since if is_key else usage.clients_since
    ages = [day for day in (usage.made.get(by.name[0].lower()) if is_key else None, given) if day is not None]
    age = max(ages, default=None)
    if age is not None and age > usage.begin:
        return Seen("new", NONE, usage.days, age)
    if known is None or known > usage.begin or age is None:
        return Seen("not known", NONE, usage.days, max(known, usage.begin) if known else None)
    return Seen("unused", NONE, usage.days)


def together(several: Iterable[Seen]) -> Seen:
    """Say of a grant how it is used, of all that it gives: it is unused where all of it is."""
    found = tuple(several)
    if not found:
        return Seen("not known")
    first = min(found, key=lambda each: _FIRST.index(each.standing))
    return Seen(first.standing, sum((each.used for each in found), NONE), first.days, first.since)


def counted(usage: Usage) -> dict[str, int] | None:
    """Count the calls of each product; None where the period is not known whole."""
    if usage.since is None or usage.since > usage.begin:
        return None
    return {name: used.calls for name, used in usage.products.items()}


def _calls(used: Used) -> str:
    counted = "1 call" if used.calls == 1 else f"{used.calls:,} calls"
    return f"{counted}, {used.share:.1%} errors" if used.errors else counted
