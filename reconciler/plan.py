"""Compiled declarations and an actual state in, a Plan out: data that says what would change and who gains or loses."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

from reconciler.access import Access, access, given
from reconciler.around import WayAround, shut_out, ways_around
from reconciler.asked import Asked
from reconciler.claim import Claim, Held, Protected, Why
from reconciler.compare import compare
from reconciler.compile import Compiled
from reconciler.declarations import Guardrails
from reconciler.diff import Change
from reconciler.effect import Effect, access_around, by_name, changed, effect
from reconciler.kinds import kind_of
from reconciler.match import Waiting
from reconciler.resource import Address, Resource, State
from reconciler.scope import Scope

_FINGERPRINT_LENGTH = 16
_STAND = ("product-rules", "api-rules")
_RULES = ("gate", *_STAND)


@dataclass(frozen=True, slots=True)
class Target:
    """The service a plan is for."""

    environment: str
    service: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What the guardrails say about every plan."""

    protect: Protected = field(default_factory=Protected)
    revocation_grace: int = 30
    warn_before_expiry: int = 30


def settings_of(rules: Guardrails) -> Settings:
    """Take from the guardrails what every plan needs."""
    protect = Protected(frozenset(rules.protect.groups), frozenset(rules.protect.subscriptions))
    return Settings(protect, rules.revocation_grace, rules.warn_before_expiry)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written, what observe mode only shows, and what cannot or must not be done.

    `why` gives the reason for each removal, `declared` how many things of a kind each owner declared before: the
    guard measures removals against it. `fingerprint` stands for what would be written and for nothing else. `warnings`
    are what the rules have to say of the declarations, `withheld` what they would open if it were not cut off. `around`
    are ways around the rules of products; for those that are `refused`, rules would come into force in enforce.
    """

    target: Target
    day: date
    fingerprint: str
    written: Effect = field(default_factory=Effect)
    observed: Effect = field(default_factory=Effect)
    waiting: tuple[Waiting, ...] = ()
    held: tuple[Held, ...] = ()
    why: Mapping[Address, Why] = field(default_factory=dict)
    owners: Mapping[Address, str] = field(default_factory=dict)
    declared: Mapping[tuple[str, str], int] = field(default_factory=dict)
    unmanaged: Mapping[str, int] = field(default_factory=dict)
    ending: tuple[Access, ...] = ()
    still_held: Mapping[Address, tuple[Address, ...]] = field(default_factory=dict)
    grace: int = 30
    scoped: bool = False
    warnings: tuple[str, ...] = ()
    withheld: tuple[Access, ...] = ()
    around: tuple[WayAround, ...] = ()
    refused: tuple[WayAround, ...] = ()


def plan(
    target: Target,
    *,
    desired: Compiled,
    declared: Compiled,
    previous: Compiled | None,
    actual: State,
    day: date,
    settings: Settings,
    scope: Scope | None = None,
    warnings: tuple[str, ...] = (),
) -> Plan:
    """Plan for one service. `declared` is `desired` as if nothing expired; `previous` what was applied last, if known.

    With a scope nothing else is planned for, and `actual` need not hold anything else. Raises DeclarationError where a
    reference to what lives is not clear.
    """
    base, asked = previous or declared, desired
    before = previous or Compiled(desired.environment, desired.mode)
    found = compare(
        desired,
        declared,
        before,
        actual,
        day=day,
        grace=settings.revocation_grace,
        protect=settings.protect,
        scope=scope,
    )
    claimed, changes, declared = found.claimed, found.changes, found.declared
    observed = claimed.observed() if changes else frozenset()
    written = tuple(change for change in changes if change.address not in observed)
    shown = tuple(change for change in changes if change.address in observed)
    read = {**actual, **claimed.actual}
    around = partial(access_around, read, base, asked, also_declared=scope is not None and previous is not None)
    rules = {} if scope is None else {each: asked.state[each] for each in _rules(asked) if each not in scope.resources}
    after = changed(read, changes)
    ways = ways_around(after, found.desired.products)
    return Plan(
        target=target,
        day=day,
        fingerprint=fingerprint(target, written),
        written=effect(written, {**rules, **claimed.actual}, around),
        observed=effect(shown, {**rules, **claimed.actual}, around),
        waiting=found.waiting,
        held=claimed.held,
        why=claimed.why,
        owners=_owners(claimed, {**found.before.products, **declared.products}),
        declared=Counter((address.kind, _owner(resource)) for address, resource in base.state.items()),
        unmanaged={kind: number for kind, number in claimed.unmanaged.items() if number},
        ending=_ending(found.desired.state, day, settings.warn_before_expiry),
        still_held=_still_held(written, actual, claimed),
        grace=settings.revocation_grace,
        scoped=scope is not None,
        warnings=(*warnings, *shut_out(after, found.desired.products)),
        withheld=_withheld(found.desired, declared.state, day),
        around=ways,
        refused=tuple(way for way in ways if not way.accepted and way.product in _enforcing(written, found.desired)),
    )


def plan_for(
    asks: Asked, target: Target, actual: State, *, day: date, settings: Settings, warnings: tuple[str, ...] = ()
) -> Plan:
    """Plan for what was asked, by a read that was made for it."""
    return plan(
        target,
        desired=asks.desired,
        declared=asks.declared,
        previous=asks.previous,
        actual=actual,
        day=day,
        settings=settings,
        scope=asks.scope,
        warnings=warnings,
    )


def _rules(compiled: Compiled) -> Iterator[Address]:
    """Find what says in which tier somebody is, and whether an open product is one: it need not change itself."""
    return (address for address in compiled.state if address.kind in _RULES)


def _enforcing(changes: Iterable[Change], desired: Compiled) -> frozenset[str]:
    """Name the products in enforce whose rules come into force; those that are put back, or change, were before."""
    stand = (each.address.name[-1] for each in changes if each.address.kind in _STAND and each.before is None)
    products = {name for name in stand if name in desired.products}
    gates = {name: desired.state.get(Address("gate", (name,))) for name in products}
    return frozenset(
        name
        for name, gate in gates.items()
        if gate and gate.properties.get("enforcement") == "enforce" and desired.products[name].mode == "enforce"
    )


def fingerprint(target: Target, changes: Iterable[Change]) -> str:
    """Digest what would be written, element by element; remarks, which may hold the day, are left out."""
    elements = [[target.service.lower()], *sorted(_element(change) for change in changes)]
    return hashlib.sha256(json.dumps(elements, sort_keys=True).encode()).hexdigest()[:_FINGERPRINT_LENGTH]


def unnamed(plan: Plan) -> tuple[Address, ...]:
    """Name what would be taken away that no file ever named: whoever approves the files has not seen it there.

    So an approval of it holds for one plan only, and says for which by its fingerprint.
    """
    gone = (each for change in plan.written.changes for each in (change.address, *_along(change)))
    return tuple(sorted(address for address in gone if plan.why.get(address) == "undeclared"))


def _element(change: Change) -> list[Any]:
    before = change.before.properties if change.before else {}
    names = change.differs or tuple(change.sent())
    values = {name: [before.get(name), change.sent().get(name)] for name in names if name not in change.kind.remarks}
    return [
        str(change.address),
        change.action,
        json.dumps(values, sort_keys=True),
        *change.along,
        *map(str, _along(change)),
    ]


def _along(change: Change) -> list[Address]:
    return sorted(resource.address for resource in change.cascades)


def _owner(resource: Resource) -> str:
    return resource.origin.team if resource.origin else ""


def _owners(claimed: Claim, products: Mapping[str, Any]) -> dict[Address, str]:
    """Say for each removal whose it is: its declaration's team, else the team of its product."""
    owners = {}
    for address in claimed.why:
        resource = claimed.actual[address]
        names = (each.name[0] for each in kind_of(resource).refers(resource) if each.kind == "product")
        of_product = next((products[name].owner for name in names if name in products), "")
        owners[address] = _owner(resource) or of_product
    return owners


def _ending(desired: State, day: date, days: int) -> tuple[Access, ...]:
    last = day + timedelta(days=days)
    ending = (each for each in desired.values() if each.origin and each.origin.until and each.origin.until <= last)
    soon = (each for _, each in given(desired, ending) if each.until)
    return tuple(sorted(soon, key=lambda each: (each.until or date.max, each.who, each.thing)))


def _withheld(desired: Compiled, declared: State, day: date) -> tuple[Access, ...]:
    found = access({address: declared[address] for address in desired.cut_off if address in declared})
    return tuple(sorted((each for each in found if each.until is None or each.until >= day), key=by_name))


def _still_held(changes: Iterable[Change], actual: State, claimed: Claim) -> dict[Address, tuple[Address, ...]]:
    """For each withdrawn portal link, name the members' own subscriptions: removing a link ends no key."""
    gone = [change.address for change in changes if change.address.kind == "product-group" and change.after is None]
    if not gone:
        return {}
    held = {}
    for link in gone:
        product, group = link.name
        members = {
            user.address.name[0]
            for user in actual.values()
            if user.address.kind == "user" and group in (user.properties.get("groups") or ())
        }
        keys = tuple(
            sorted(
                each.address
                for each in actual.values()
                if each.address.kind == "subscription"
                and each.properties.get("scope") == f"products/{product}"
                and each.properties.get("ownerId") in members
                and each.properties.get("state") == "active"
                and each.address not in claimed.why
            )
        )
        if keys:
            held[link] = keys
    return held
