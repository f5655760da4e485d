"""What was declared at each point, and a day, in; the life of each grant in each environment, as of that day, out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import Final

from reconciler.declarations import Declared, Grant
from reconciler.ends import product_of
from reconciler.lives.changing import kind_of_change, line_of_change, words_of_change
from reconciler.lives.held import Held, Key, held
from reconciler.lives.life import Event, Life
from reconciler.lives.matching import matched, products_renamed
from reconciler.lives.replaying import Point
from reconciler.load import ENVIRONMENTS, GUARDRAILS, REVIEWS
from reconciler.revisions import Revision
from reconciler.there import There

_FOR_ALL: Final = frozenset({ENVIRONMENTS, GUARDRAILS, REVIEWS})
_A_DAY: Final = timedelta(days=1)


def lives_of(points: Iterable[Point], day: date) -> tuple[Life, ...]:
    """Tell them, in the order in which they began."""
    places: dict[str, _Place] = {}
    for point in points:
        for environment in dict.fromkeys((*places, *point.after.environments)):
            places.setdefault(environment, _Place(environment)).step(point)
    found = (life for place in places.values() for life in (*place.over, *place.going(day)))
    return tuple(sorted(found, key=_order))


def _order(life: Life) -> tuple[date, str, str, str, date]:
    return life.since, life.environment, life.team, life.grant, life.ended or date.max


@dataclass(slots=True)
class _Going:
    """A life that is not over, as far as it is told."""

    held: Held
    events: list[Event]

    def life(self, environment: str, end: Event | None = None) -> Life:
        """Give it as it is; with its last event, as it was."""
        now = self.held
        return Life(
            team=now.grant.team,
            grant=now.grant.name,
            environment=environment,
            product=now.product,
            to=now.to,
            apis=now.apis,
            path=now.grant.path,
            says=now.says,
            events=(*self.events, *([end] if end else ())),
            until=None if now.until == date.max else now.until,
            ended=end.day if end else None,
            ended_by=None if end is None else "commit" if end.revision else "date",
        )

    def lapsed(self) -> Event:
        """Give the end that comes by itself, the day after the last."""
        last = self.held.until
        why = ", and nobody answered its review" if self.held.by_review else ""
        return Event("ended", last + _A_DAY, self.held.grant.path, said=(f"its last day was {last}{why}",))


@dataclass(slots=True)
class _Place:
    """The lives in one environment."""

    environment: str
    now: dict[Key, _Going] = field(default_factory=dict)
    over: list[Life] = field(default_factory=list)

    def going(self, day: date) -> Iterator[Life]:
        """Give what is not over by a commit: by its date it may be."""
        for each in self.now.values():
            yield each.life(self.environment, each.lapsed() if each.held.until < day else None)

    def step(self, point: Point) -> None:
        day, keys = point.revision.day, self.concerned(point)
        was = {key: self.now[key].held for key in keys & self.now.keys()}
        for key in [key for key, each in was.items() if each.until < day]:
            del was[key]
            going = self.now.pop(key)
            self.over.append(going.life(self.environment, going.lapsed()))
        there = {key: each for key, each in self.declared(point, keys).items() if each.until >= day}
        renamed = products_renamed(point.before, point.after, self.environment)
        pairs = matched(was, there, renamed, point.before.teams.keys() - point.after.teams.keys())
        before = {key: self.now.pop(key) for key in was}
        for key, new in there.items():
            if key in pairs:
                self.now[key] = self.went_on(before.pop(pairs[key]), new, point)
            else:
                self.now[key] = _Going(new, [Event("requested", day, new.grant.path, revision=_by(point, new))])
        for key, each in before.items():
            self.over.append(each.life(self.environment, self.end(each.held, key, point)))

    def concerned(self, point: Point) -> set[Key]:
        """Name the grants that this point may have changed: their files, or what they are for."""
        if self.environment not in point.after.environments:
            return set(self.now)
        named = {_key(path) for path in point.touched if path.count("/") > 1 and path.split("/")[1] == "grants"}
        if _FOR_ALL & point.touched.keys():
            return named | {(each.team, each.name) for each in point.after.grants} | self.now.keys()
        if products := _products_changed(point):
            named |= {key for key, each in self.now.items() if each.held.product in products}
            named |= {(each.team, each.name) for each in point.after.grants if product_of(each) in products}
        return named

    def declared(self, point: Point, keys: set[Key]) -> dict[Key, Held]:
        if not keys or self.environment not in point.after.environments:
            return {}
        whole = _FOR_ALL & point.touched.keys() or point.before.products is not point.after.products
        among = [each for each in (point.after if whole else point).grants if (each.team, each.name) in keys]
        return held(There(point.after, self.environment), among)

    def went_on(self, going: _Going, new: Held, point: Point) -> _Going:
        if kind := kind_of_change(going.held, new):
            by, path = _by(point, new), new.grant.path
            content = by.edits.get(path)
            line = line_of_change(going.held, new, content, self.environment) if isinstance(content, bytes) else 1
            said = tuple(words_of_change(going.held, new))
            going.events.append(Event(kind, point.revision.day, path, line, said, by))
        going.held = new
        return going

    def end(self, was: Held, key: Key, point: Point) -> Event:
        left = next((each for each in point.after.grants if (each.team, each.name) == key), None)
        why = _why_it_ended(was, left, self.environment, point)
        return Event("ended", point.revision.day, was.grant.path, said=(why,), revision=_by(point, was))


def _products_changed(point: Point) -> set[str]:
    if point.before.products is point.after.products:
        return set()
    was, now = ({each.name: each for each in side.products} for side in (point.before, point.after))
    return {name for name in {*was, *now} if was.get(name) is not now.get(name)}


def _why_it_ended(was: Held, left: Declared[Grant] | None, environment: str, point: Point) -> str:
    if left is None:
        return "its file was deleted"
    if environment not in point.after.environments:
        return f"there is no environment {environment} any more"
    if environment not in left.value.environments:
        return f"it is not asked for in {environment} any more"
    now = held(There(point.after, environment), [left]).get(was.key)
    if now is None:
        return f"there is no product {was.product} any more"
    if now.until < point.revision.day:
        return f"its last day was set to {now.until}"
    return f"it is for {now.to} now"


def _by(point: Point, each: Held) -> Revision:
    return point.touched.get(each.grant.path, point.revision)


def _key(path: str) -> Key:
    parts = PurePosixPath(path)
    return parts.parts[0], parts.stem
