"""Compiled declarations and the actual state in; the same with the names that live in the service, or Problems, out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.compile import Compiled
from reconciler.errors import DeclarationError, Problem
from reconciler.kinds import KINDS, kind_of
from reconciler.resource import Address, Resource, State, state


@dataclass(frozen=True, slots=True)
class Waiting:
    """A desired resource that cannot be made yet, and what it waits for."""

    resource: Resource
    missing: Address


@dataclass(frozen=True, slots=True)
class Matched:
    """What is desired, under the names that live, and what has to wait until somebody else has made its part."""

    desired: Compiled
    waiting: tuple[Waiting, ...] = ()


def match(desired: Compiled, renamed: Compiled, actual: State, *, applied: Compiled) -> Matched:
    """Check what is desired, `renamed` by `living`. Raises DeclarationError where it is not clear or not allowed.

    What was `applied` before is no first claim: where it went, or was changed by another hand, it is made again.
    """
    if problems := [
        *_ambiguous(desired.state, actual),
        *_adopted(renamed, actual, applied),
        *_unchangeable(renamed, actual),
    ]:
        raise DeclarationError(problems)
    waiting = _waiting(renamed.state, actual)
    waits = {each.resource.address for each in waiting}
    kept = {address: resource for address, resource in renamed.state.items() if address not in waits}
    return Matched(replace(renamed, state=kept), waiting)


def living(compiled: Compiled, actual: State) -> Compiled:
    """Rename what lives under another name: found by what identifies it, or by the name its file had."""
    names = dict(living_names(compiled.state, actual))
    renames = compiled.formerly.items()
    names |= {address: former for address, former in renames if former in actual and address not in actual}
    if not names:
        return compiled
    renamed = {address.kind for address in names}
    follow = {kind.name for kind in KINDS if not renamed.isdisjoint(kind.holds)}
    return replace(
        compiled,
        state=state(
            *(
                kind_of(resource).renamed(resource, names) if resource.address.kind in follow else resource
                for resource in compiled.state.values()
            )
        ),
        products={
            names.get(Address("product", (name,)), Address("product", (name,))).name[0]: governed
            for name, governed in compiled.products.items()
        },
        living=frozenset(names.get(address, address) for address in compiled.living),
        cut_off=frozenset(kind_of(each).renamed(Resource(each), names).address for each in compiled.cut_off),
    )


def living_names(desired: State, actual: State) -> Iterator[tuple[Address, Address]]:
    """Give what is declared under one name and lives under another, found by what identifies it."""
    for resource, candidates in _candidates(desired, actual):
        if candidates and resource.address not in candidates:
            yield resource.address, candidates[0]


def _candidates(desired: State, actual: State) -> Iterator[tuple[Resource, list[Address]]]:
    """Give each desired resource whose kind is known by a property, with the living ones that have the same."""
    by = {kind.name: kind.identified_by for kind in KINDS if kind.identified_by}
    found: dict[tuple[str, object], list[Address]] = defaultdict(list)
    identified = [address for address in actual if address.kind in by]
    for resource in map(actual.__getitem__, sorted(identified)):
        if value := resource.properties.get(by[resource.address.kind]):
            meaning = kind_of(resource).meaning(by[resource.address.kind], value)
            found[resource.address.kind, meaning].append(resource.address)
    for resource in desired.values():
        if resource.address.kind in by and (value := resource.properties.get(by[resource.address.kind])):
            meaning = kind_of(resource).meaning(by[resource.address.kind], value)
            yield resource, found.get((resource.address.kind, meaning), [])


def _ambiguous(desired: State, actual: State) -> Iterator[Problem]:
    for resource, candidates in _candidates(desired, actual):
        if len(candidates) > 1 and resource.address not in candidates:
            which = ", ".join(address.name[0] for address in candidates)
            yield _problem(
                resource,
                f"more than one {resource.address.kind} of the service is meant: {which}",
                "delete one of them",
            )


def _adopted(desired: Compiled, actual: State, applied: Compiled) -> Iterator[Problem]:
    """`subscription: <id>` claims a living subscription of exactly this product."""
    for address in sorted(desired.living - applied.living):
        resource, name = desired.state[address], address.name[0]
        alive = actual.get(address)
        if alive is None:
            yield _problem(
                resource, f"subscription {name!r} is not in the service", "leave `subscription:` out for a new one"
            )
        elif kind_of(alive).built_in(alive):
            yield _problem(resource, f"subscription {name!r} belongs to the service itself", "ask for one of a product")
        elif alive.properties.get("scope") != resource.properties.get("scope"):
            scope = alive.properties.get("scope") or "everything"
            yield _problem(
                resource, f"subscription {name!r} is for {scope}, not for this product", "it cannot be taken over"
            )


def _unchangeable(desired: Compiled, actual: State) -> Iterator[Problem]:
    """A team's group that lives as another type would have to be deleted with its members: a person decides that."""
    for resource in (each for address, each in desired.state.items() if address.kind == "group"):
        alive = actual.get(resource.address)
        wanted = resource.properties.get("type")
        if alive and wanted and alive.properties.get("type") != wanted:
            yield _problem(
                resource,
                f"group {resource.address.name[0]!r} exists as a {alive.properties.get('type')} group, not {wanted}",
                "name another id by `group:` in team.yaml",
            )


def _waiting(desired: State, actual: State) -> tuple[Waiting, ...]:
    """Find what refers to something that neither lives nor is about to be made; and what refers to that, in turn."""
    waiting: dict[Address, Waiting] = {}
    found = True
    while found:
        found = False
        for resource in desired.values():
            if resource.address in waiting:
                continue
            missing = _missing(resource, desired, actual, waiting)
            if missing is not None:
                waiting[resource.address] = Waiting(resource, missing)
                found = True
    return tuple(waiting[address] for address in sorted(waiting))


def _missing(resource: Resource, desired: State, actual: State, waiting: Mapping[Address, Waiting]) -> Address | None:
    for address in kind_of(resource).needs(resource):
        if address not in actual and (address not in desired or address in waiting):
            return address
    return None


def _problem(resource: Resource, message: str, hint: str) -> Problem:
    """Positions inside a file are found only when there is something to report, by whoever holds the files."""
    path = resource.origin.path if resource.origin else ""
    return Problem(path, 1, 1, message, hint)
