"""What is told of a grant: its life in one environment, and each event of it, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from reconciler.lives.changing import Kind
from reconciler.resource import Address
from reconciler.revisions import Revision


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a grant, on the day from which on it counts; its end by its date has no commit.

    `said` tells it in words. `path` and `line` are where it stands; of an end, where it stood.
    """

    kind: Kind
    day: date
    path: str
    line: int = 1
    said: tuple[str, ...] = ()
    revision: Revision | None = None

    @property
    def commit(self) -> str:
        """Name the commit, if any did it."""
        return self.revision.commit if self.revision else ""

    @property
    def authors(self) -> tuple[str, ...]:
        """Name who wrote it."""
        return self.revision.authors if self.revision else ()

    @property
    def number(self) -> int | None:
        """Give the pull request that brought it, where the commit names it."""
        return self.revision.number if self.revision else None


@dataclass(frozen=True, slots=True)
class Life:
    """A grant's time in one environment, by the names it has, or had last; `says` is what it says there, `to` what for.

    `until` is the last day that it names. `ended` is the first day at whose end the team no longer has it.
    """

    team: str
    grant: str
    environment: str
    product: str | None
    to: Address
    apis: tuple[str, ...]
    path: str
    says: Mapping[str, Any]
    events: tuple[Event, ...]
    until: date | None
    ended: date | None = None
    ended_by: Literal["commit", "date"] | None = None

    @property
    def since(self) -> date:
        """Give the first day at whose end it was declared."""
        return self.events[0].day

    def covers(self, day: date) -> bool:
        """Whether it was declared, and not over, at the end of a day."""
        return self.since <= day and (self.ended is None or day < self.ended)
