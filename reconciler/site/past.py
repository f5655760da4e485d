"""What became of access over time, as values: counts at the end of each month, and the life of each grant."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Count:
    """How much there was at the end of a day."""

    day: date
    grants: int
    teams: int
    owned: int
    unowned: int


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a grant: what, when, in which file, by whom, in which commit and pull request."""

    kind: str
    day: date
    path: str
    said: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    commit: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Lived:
    """A grant's time in one environment; without an end it goes on."""

    team: str
    grant: str
    environment: str
    to: str
    since: date
    ended: date | None
    events: tuple[Happened, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """All of it. `incomplete` says why it is not whole."""

    counts: tuple[Count, ...]
    lives: tuple[Lived, ...]
    incomplete: tuple[str, ...] = ()
