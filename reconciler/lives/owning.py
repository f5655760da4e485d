"""What was declared at each point in; which team owned which API in which environment, from when until when, out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from reconciler.declarations import UNOWNED
from reconciler.lives.replaying import Point
from reconciler.load import ENVIRONMENTS
from reconciler.there import There


@dataclass(frozen=True, slots=True)
class Owned:
    """A team's time as an API's owner in one environment. `ended` is the first day at whose end it is not."""

    team: str
    api: str
    environment: str
    since: date
    ended: date | None = None

    def covers(self, day: date) -> bool:
        """Whether it was its owner at the end of a day."""
        return self.since <= day and (self.ended is None or day < self.ended)


def owned(points: Iterable[Point]) -> tuple[Owned, ...]:
    """Tell them, in the order in which they began; what waits for an owner has none."""
    going: dict[tuple[str, str, str], Owned] = {}
    over: list[Owned] = []
    for point in points:
        if not any(path == ENVIRONMENTS or path.split("/")[1:2] in (["apis"], ["apis.yaml"]) for path in point.touched):
            continue
        now = _owners(point)
        over += [replace(going.pop(key), ended=point.revision.day) for key in going.keys() - now]
        going |= {key: Owned(*key, since=point.revision.day) for key in now - going.keys()}
    return tuple(sorted((*over, *going.values()), key=lambda each: (each.since, each.environment, each.api, each.team)))


def _owners(point: Point) -> set[tuple[str, str, str]]:
    found = set()
    for environment in point.after.environments:
        there = There(point.after, environment)
        found |= {
            (api.team, there.fill_in(api.value.api), environment)
            for api in point.after.apis
            if api.team != UNOWNED and (api.value.environments is None or environment in api.value.environments)
        }
    return found
