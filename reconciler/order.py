"""Changes by what is written together in; what comes before what out: no reference breaks, no door opens too early."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from reconciler.diff import Change
from reconciler.kinds import kind_of
from reconciler.resource import Address, Resource

_RULES = ("product-rules", "api-rules")
Pair = tuple[Change, Change]


def order(together: Mapping[Address, tuple[Change, ...]]) -> dict[Address, set[Address]]:
    """For each unit, name those that come before it."""
    changes = {change.address: change for each in together.values() for change in each}
    first: dict[Address, set[Address]] = {unit: set() for unit in together}
    for before, after in (*_references(changes), *_doors(changes), *_one_open_product(changes)):
        first[after.unit].add(before.unit)
    return {unit: earlier - {unit} for unit, earlier in first.items()}


def _references(changes: Mapping[Address, Change]) -> Iterator[Pair]:
    """What is referred to is made first and deleted last.

    Also where what refers to it is not deleted by itself, but goes along with something else.
    """
    for change in changes.values():
        for made in change.kind.refers(change.after) if change.after else ():
            if made in changes and changes[made].action in ("create", "replace"):
                yield changes[made], change
        kept_by = [each for gone in change.cascades for each in _kept_by(gone)]
        for deleted in (*(change.kind.refers(change.before) if change.before else ()), *kept_by):
            if deleted in changes and changes[deleted].after is None:
                yield change, changes[deleted]


def _kept_by(resource: Resource) -> set[Address]:
    """Name what cannot be deleted while this is there."""
    kind = kind_of(resource)
    return {*kind.refers(resource)} - {*kind.goes_with(resource)}


def _doors(changes: Mapping[Address, Change]) -> Iterator[Pair]:
    """A product's rules are in force before it is opened or gets an API, and until it is closed or loses one.

    Where they move, from its policy into those of its APIs, say, they stand there before they go here.
    """
    about: dict[str, list[Change]] = defaultdict(list)
    for address, change in changes.items():
        if address.kind in ("product", "product-api"):
            about[address.name[0]].append(change)
    standing = {address: change for address, change in changes.items() if address.kind in _RULES}
    for address, rules in standing.items():
        if (gate := changes.get(Address("gate", address.name[-1:]))) and gate.after is not None:
            yield gate, rules
        for change in about.get(address.name[-1], ()):
            if rules.before is None and _opens(change):
                yield rules, change
            elif rules.after is None and _closes(change):
                yield change, rules
        for other, moved in standing.items():
            if rules.before is None and moved.after is None and other.name[-1] == address.name[-1]:
                yield rules, moved


def _one_open_product(changes: Mapping[Address, Change]) -> Iterator[Pair]:
    """Azure takes an API on one open product: what closes one, or takes an API off, comes before what opens another.

    What else is on a product no change says, so that a product that opens waits for all of them.
    """
    taken_off: dict[str, list[Change]] = defaultdict(list)
    closing, opening = [], []
    for address, change in changes.items():
        if address.kind == "product-api" and change.after is None:
            taken_off[address.name[1]].append(change)
        elif address.kind == "product" and _was_open(change) and (change.after is None or _closes(change)):
            closing.append(change)
        elif address.kind in ("product", "product-api") and _opens(change):
            opening.append(change)
    everything = [change for each in taken_off.values() for change in each]
    for change in opening:
        earlier = taken_off[change.address.name[1]] if change.address.kind == "product-api" else everything
        yield from ((each, change) for each in (*closing, *earlier))


def _was_open(change: Change) -> bool:
    return change.before is not None and change.before.properties.get("subscriptionRequired") is False


def _opens(change: Change) -> bool:
    if change.address.kind == "product-api":
        return change.before is None
    return change.action == "update" and "subscriptionRequired" in change.differs and not _asks_for_keys(change)


def _closes(change: Change) -> bool:
    if change.address.kind == "product-api":
        return change.after is None
    return change.action == "update" and "subscriptionRequired" in change.differs and _asks_for_keys(change)


def _asks_for_keys(change: Change) -> bool:
    return change.after is not None and change.after.properties.get("subscriptionRequired") is not False
