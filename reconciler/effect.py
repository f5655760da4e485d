"""Changes and the state they meet in; who gains access by them, who loses it, and who keeps it, out. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconciler.access import Access, access
from reconciler.compile import Compiled
from reconciler.diff import Change, writes
from reconciler.resource import Origin, Resource, State


@dataclass(frozen=True, slots=True)
class Effect:
    """Changes and what they mean for people: who gains access, who loses it, and who keeps it to the same things."""

    changes: tuple[Change, ...] = ()
    gained: tuple[Access, ...] = ()
    lost: tuple[Access, ...] = ()
    kept: tuple[Access, ...] = ()

    @property
    def writes(self) -> int:
        """How many requests of Azure's write bucket applying all of it costs."""
        return writes(self.changes)


def effect(changes: tuple[Change, ...], actual: State, around: Callable[[], frozenset[Access]]) -> Effect:
    """Say what changes mean for people. `around` gives the access that was there besides."""
    if not changes:
        return Effect()
    has, will_have = access(actual), access(changed(actual, changes))
    gained, lost = will_have - has, has - will_have
    touched = {each.to for each in gained | lost}
    kept = {each for each in around() if each.to in touched} - gained - lost if touched else set()
    return Effect(changes, *(tuple(sorted(each, key=by_name)) for each in (gained, lost, kept)))


def changed(actual: State, changes: Iterable[Change]) -> State:
    """Give the state as the changes leave it."""
    after = dict(actual)
    for change in changes:
        for resource in change.cascades:
            after.pop(resource.address, None)
        if change.after is None:
            after.pop(change.address, None)
        else:
            seen = change.before.properties if change.before else {}
            after[change.address] = Resource(change.address, {**seen, **change.after.properties}, change.after.origin)
    return after


def access_around(read: State, base: Compiled, asked: Compiled, *, also_declared: bool) -> frozenset[Access]:
    """Give all access that was read, by the teams that declare it; where little was read, what the files say, too."""
    origins = {address: each.origin for one in (base, asked) for address, each in one.state.items()}
    found = access({address: _named(each, origins.get(address)) for address, each in read.items()})
    return found | (access(base.state) & access(asked.state)) if also_declared else found


def _named(resource: Resource, origin: Origin | None) -> Resource:
    return resource if resource.origin or origin is None else resource._replace(origin=origin)


def by_name(each: Access) -> tuple[str, str, str]:
    return each.who, each.thing, each.how
