"""What git tells and a day in; counts at the end of each month, and lives by team, as the pages tell of them, out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from reconciler.declarations import UNOWNED
from reconciler.lives import Life, Point, Told


@dataclass(frozen=True, slots=True)
class Count:
    """How much there was at the end of a day."""

    day: date
    grants: int
    teams: int
    owned: int
    unowned: int


@dataclass(frozen=True, slots=True)
class Lived:
    """A life, and the environments in which it was the same."""

    life: Life
    environments: tuple[str, ...]

    @property
    def to(self) -> str:
        """Name what it is for."""
        if self.life.product is not None:
            return self.life.product
        return "every API" if self.life.to.name == ("*",) else f"API {self.life.to.name[0]}"


@dataclass(frozen=True, slots=True)
class Past:
    """All of it. `since` gives for a grant that goes on, by team and name, the first day of it."""

    counts: tuple[Count, ...]
    lives: Mapping[str, tuple[Lived, ...]]
    since: Mapping[tuple[str, str], date]
    incomplete: tuple[str, ...] = ()


def past(told: Told, environments: Sequence[str], day: date) -> Past:
    """Tell of some environments, up to a day."""
    lives = [each for each in told.lives if each.environment in environments]
    by_team: dict[str, list[Life]] = defaultdict(list)
    since: dict[tuple[str, str], date] = {}
    for life in sorted(lives, key=lambda each: (each.team, each.grant, each.environment, each.since)):
        by_team[life.team].append(life)
        if life.covers(day):
            since[life.team, life.grant] = min(life.since, since.get((life.team, life.grant), date.max))
    return Past(
        counts=tuple(_counts(told.points, lives, day)),
        lives={team: tuple(_merged(found)) for team, found in by_team.items()},
        since=since,
        incomplete=tuple(_incomplete(told)),
    )


def _merged(lives: Sequence[Life]) -> Iterator[Lived]:
    """Tell once what was the same in several environments."""
    same: dict[tuple[Any, ...], list[Life]] = defaultdict(list)
    for life in lives:
        events = tuple((each.kind, each.day, each.commit, each.said) for each in life.events)
        same[life.grant, life.product, life.until, life.ended, events].append(life)
    return (Lived(each[0], tuple(life.environment for life in each)) for each in same.values())


def _counts(points: Sequence[Point], lives: Sequence[Life], day: date) -> Iterator[Count]:
    if not points:
        return
    at, last = 0, points[0]
    for end in _ends(points[0].revision.day, day):
        while at < len(points) and points[at].revision.day <= end:
            last, at = points[at], at + 1
        there = {(each.team, each.grant) for each in lives if each.covers(end)}
        owned = {each.value.api for each in last.after.apis if each.team != UNOWNED}
        every = {each.value.api for each in last.after.apis}
        yield Count(end, len(there), len({team for team, _ in there}), len(owned), len(every - owned))


def _ends(first: date, day: date) -> Iterator[date]:
    """Give the last day of each month from the first day on, and then the day itself."""
    while (last := (first.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)) < day:
        yield last
        first = last + timedelta(days=1)
    yield day


def _incomplete(told: Told) -> Iterator[str]:
    if told.shallow:
        yield (
            "This clone is shallow: what is said to begin on its first day may be older. "
            "Clone all of it, with `fetch-depth: 0` in a workflow."
        )
    for each in told.skipped:
        at = f"{each.revision.commit[:9]} of {each.revision.day}"
        yield f"Commit {at} cannot be read as a whole; until it was mended, what was before stood. {each.problem}"
