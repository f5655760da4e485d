"""Desired and actual states in, the changes between them out: declared properties only, cascades folded in. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from reconciler.kinds import Kind, kind_of
from reconciler.resource import Address, Resource, State

Action = Literal["create", "update", "replace", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that becomes another. `differs` names the properties; `cascades` what Azure removes along with it."""

    before: Resource | None
    after: Resource | None
    differs: tuple[str, ...] = ()
    cascades: tuple[Resource, ...] = field(default=())

    @property
    def resource(self) -> Resource:
        """What it is about: as it will be, or as it was."""
        resource = self.after or self.before
        if resource is None:
            raise ValueError("a change has something before or after it")
        return resource

    @property
    def address(self) -> Address:
        """Where it happens."""
        return self.resource.address

    @property
    def kind(self) -> Kind:
        """What kind of thing it happens to."""
        return kind_of(self.address)

    @property
    def action(self) -> Action:
        """Derived from what was and what will be."""
        if self.before is None:
            return "create"
        if self.after is None:
            return "delete"
        return "replace" if self.kind.replaces(self.before, self.after) else "update"

    @property
    def unit(self) -> Address:
        """Say what is written in one request with it: a document of which this is a part, or itself."""
        return Address(self.kind.path, self.kind.place(self.address)) if self.kind.document else self.address

    @property
    def writes(self) -> int:
        """How many requests of Azure's write bucket it costs by itself: none, as a part of a document."""
        return 0 if self.kind.document else self.kind.writes(self.before, self.after)

    @property
    def along(self) -> tuple[str, ...]:
        """Name the POSTs that are made before it."""
        if self.before is None or self.after is None or self.action != "update":
            return ()
        return self.kind.along(self.before, self.after)

    @property
    def cleans(self) -> bool:
        """Whether what Azure made along with it goes, too."""
        return self.kind.cleans(self.before, self.after)

    def sent(self) -> dict[str, Any]:
        """Give the properties to send: all that are declared for a new thing, else what differs."""
        if self.after is None:
            return {}
        declared = self.after.properties
        if self.action == "update" and self.kind.partial:
            return {name: declared[name] for name in self.differs}
        given = {name: value for name, value in declared.items() if value not in (None, "")}
        if self.before is not None and self.action == "update":
            return {name: value for name, value in self.before.properties.items() if value is not None} | given
        return self.kind.initial(self.address) | given


def units(changes: Iterable[Change]) -> dict[Address, tuple[Change, ...]]:
    """Put together what is written in one request: a document costs one write, whatever changes in it."""
    together: dict[Address, list[Change]] = defaultdict(list)
    for change in changes:
        together[change.unit].append(change)
    return {unit: tuple(each) for unit, each in together.items()}


def writes(changes: Iterable[Change]) -> int:
    """Count the requests of Azure's write bucket that all of them cost."""
    return sum(max(1, *(change.writes for change in together)) for together in units(changes).values())


def diff(desired: State, actual: State) -> tuple[Change, ...]:
    """Give the changes that make `actual` what `desired` says, sorted by address; equal things give none."""
    found = (_change(address, desired, actual) for address in {**desired, **actual})
    changes = sorted((change for change in found if change), key=lambda change: change.address)
    return tuple(_fold_cascades(changes))


def _change(address: Address, desired: State, actual: State) -> Change | None:
    before, after = actual.get(address), desired.get(address)
    if before is None or after is None:
        return Change(before, after)
    kind = kind_of(address)
    after = kind.following(before, after)
    differs = [
        name
        for name, value in after.properties.items()
        if (was := before.properties.get(name)) != value and kind.meaning(name, was) != kind.meaning(name, value)
    ]
    return Change(before, after, tuple(sorted(differs))) if differs else None


def _fold_cascades(changes: list[Change]) -> Iterator[Change]:
    """A deleted product takes its links and subscriptions along: Azure does that, so they are not asked for again."""
    removed = {change.address for change in changes if change.after is None}
    along: dict[Address, list[Resource]] = defaultdict(list)
    folded = set()
    for change in changes:
        if change.before is None or change.after is not None:
            continue
        for address in kind_of(change.address).goes_with(change.before):
            if address in removed:
                along[address].append(change.before)
                folded.add(change.address)
    for change in changes:
        if change.address not in folded:
            yield replace(change, cascades=tuple(along[change.address]))
