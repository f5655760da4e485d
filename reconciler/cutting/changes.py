"""What is cut off, declared and read in; the plan that ends it, or gives it back, and what that leaves, out.

A cut does not ask for the mode: it is somebody's own act. To give back is to undo exactly what a cut did, as far as
what is approved still opens it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from reconciler.access import shut
from reconciler.asked import Asked
from reconciler.azure.reading_to_cut import Reach, Seen
from reconciler.compile import Compiled
from reconciler.cutting import tokens
from reconciler.cutting.tokens import CLIENT
from reconciler.diff import Change, diff
from reconciler.effect import Effect, effect
from reconciler.kinds import kind_of
from reconciler.kinds.subscription import ACTIVE, cut_on
from reconciler.match import living
from reconciler.plan import Plan, Settings, Target, fingerprint
from reconciler.resource import Address, Resource, State
from reconciler.withheld import Selector, Withheld

_KEY, _LINK = "subscription", "product-group"


@dataclass(frozen=True, slots=True)
class Cut:
    """What would be done, and what was found; and in words what a cut does not end, nor a lift give back.

    `missed` is what it should have ended, and could not.
    """

    plan: Plan
    found: tuple[Resource, ...] = ()
    left: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()


def reach(what: Selector, asks: Asked, clients: frozenset[Address]) -> Reach:
    """Say what has to be read. `asks` withholds just this, and `clients` are those that its grants name."""
    declared = asks.declared.state
    things = {each: declared[each] for each in asks.desired.cut_off if each in declared}
    former = (asks.desired.formerly[each].name[0] for each in things if each in asks.desired.formerly)
    groups = {each for link in things.values() if link.address.kind == _LINK for each in kind_of(link).refers(link)}
    return Reach(
        things={**{each: declared[each] for each in groups if each in declared}, **things},
        keys=frozenset(former) | ({what.name} if what.what == "subscription" else set()),
        prefix=what.prefix,
        product=what.name if what.what == "product" else "",
        clients=clients,
        client=what.name if what.what == CLIENT else "",
    )


def cut(
    target: Target,
    what: Selector,
    asks: Asked,
    seen: Seen,
    *,
    clients: frozenset[Address],
    day: date,
    reason: str,
    settings: Settings,
) -> Cut:
    """Plan to suspend the keys, and to take the links and clients. What opens nothing stays as it is."""
    actual = seen.state
    asked_for = _renamed(asks, actual) | (clients - asks.desired.state.keys())
    origins = {address: each.origin for address, each in living(asks.declared, actual).state.items()}
    found = {
        address: each._replace(origin=None if what.what == CLIENT else origins.get(address))
        for address, each in actual.items()
        if address.kind in (_KEY, _LINK, CLIENT) and not kind_of(each).built_in(each) and _meant(what, each, asked_for)
    }
    kept = {address for address, each in found.items() if _protected(what, each, settings)}
    ends = {address: each for address, each in found.items() if address not in kept}
    after = {address: kind_of(each).cut_off(each, day=day, reason=reason) for address, each in ends.items()}
    changes = diff({address: each for address, each in after.items() if each is not None}, ends)
    plan = _planned(target, changes, ends, day=day, settings=settings)
    return Cut(
        plan,
        found=tuple(found[each] for each in sorted(found)),
        left=(
            *_left(what, asks, actual, found, kept),
            *tokens.left(what, asks, actual, found, clients),
            *tokens.elsewhere(what, seen.unread),
        ),
        lost=tuple(tokens.lost(found, asks.declared.state)),
        missed=tuple(tokens.missed(what, seen.unread, clients)),
    )


def given_back(plan: Plan, what: Selector, asks: Asked, actual: State) -> Cut:
    """Take from a plan for what is declared what a cut had ended, in whatever mode; and what no file ever declared.

    `asks` is what is approved, without this cut and with whatever else is cut off.
    """
    undone = {each.address: each for each in plan.observed.changes if each.before and _cut_off(each.before)}
    declared = living(asks.declared, actual).state
    changes = {each.address: each for each in plan.written.changes} | undone
    left = []
    for address, each in sorted(actual.items()):
        if address in changes or address in declared or not (_cut_off(each) and _meant(what, each, frozenset())):
            continue
        if asks.desired.withheld.covers(each):
            left.append(f"{address} stays suspended: something else that is cut off has it")
        elif _enforced(asks.desired, each):
            left.append(f"{address} stays suspended: no file declares it, and its product is enforced")
        else:
            after = Resource(address, {"state": ACTIVE, "stateComment": ""})
            changes[address] = Change(each, after, ("state", "stateComment"))
    left += [f"{each.address} is only observed, and stays as it is" for each in _others(plan, undone)]
    left += [f"{each.resource.address} waits: {each.missing} is not there" for each in plan.waiting]
    ordered = tuple(changes[each] for each in sorted(changes))
    seen = {each.address: each.before for each in ordered if each.before}
    written = effect(ordered, {address: _with_origin(each, declared) for address, each in seen.items()}, frozenset)
    back = replace(plan, written=written, observed=Effect(), fingerprint=fingerprint(plan.target, ordered))
    return Cut(back, left=tuple(left))


def opened(asks: Asked) -> bool:
    """Whether declarations open what is cut off, if only nobody had cut it. `asks` withholds just this."""
    opens = (asks.declared.state.get(each) for each in asks.desired.cut_off)
    return any(each is not None and each.properties.get("state", ACTIVE) == ACTIVE for each in opens)


def _others(plan: Plan, undone: Mapping[Address, Change]) -> Iterator[Change]:
    return (each for each in plan.observed.changes if each.address not in undone)


def _with_origin(resource: Resource, declared: State) -> Resource:
    return resource._replace(origin=declared[resource.address].origin if resource.address in declared else None)


def _renamed(asks: Asked, actual: State) -> frozenset[Address]:
    return living(replace(asks.desired, state=asks.declared.state), actual).cut_off


def _meant(what: Selector, resource: Resource, cut_off: frozenset[Address]) -> bool:
    if resource.address in cut_off or Withheld(frozenset({what})).covers(resource):
        return True
    return bool(what.prefix) and resource.address.kind == _KEY and resource.address.name[0].startswith(what.prefix)


def _protected(what: Selector, resource: Resource, settings: Settings) -> bool:
    """Whether guardrails keep it. Who names a subscription itself means it."""
    if resource.address.kind == _KEY:
        return what.what != "subscription" and resource.address.name[0] in settings.protect.subscriptions
    return resource.address.kind == _LINK and resource.address.name[1] in settings.protect.groups


def _planned(target: Target, changes: tuple[Change, ...], actual: State, *, day: date, settings: Settings) -> Plan:
    return Plan(
        target=target,
        day=day,
        fingerprint=fingerprint(target, changes),
        written=effect(changes, actual, frozenset),
        why={each.address: "cut off" for each in changes},
        grace=settings.revocation_grace,
        scoped=True,
    )


def _left(what: Selector, asks: Asked, actual: State, found: State, kept: set[Address]) -> Iterator[str]:
    """Say what still opens it, or may."""
    yield from (f"{each} stays: guardrails.yaml protects it" for each in sorted(kept))
    match what.what:
        case "product":
            yield from _around(what.name, asks, actual, found)
        case "team":
            yield "Subscriptions that its members made in the portal were not looked at: cut them by --subscription."


def _around(product: str, asks: Asked, actual: State, found: State) -> Iterator[str]:
    alive = actual.get(Address("product", (product,)))
    is_open = alive is not None and alive.properties.get("subscriptionRequired") is False
    if is_open and Address("product", (product,)) not in shut(actual):
        yield f"{product} asks for no key: everybody can still call it."
    links = (each for each in actual.values() if each.address.kind == _LINK and each.address not in found)
    for link in sorted(each.address for each in links if not kind_of(each).built_in(each)):
        yield f"group {link.name[1]} still sees {product} in the portal and may subscribe: no file declares that."
    around = sorted(
        address.name[0]
        for address, each in asks.declared.state.items()
        if address.kind == _KEY and not each.properties["scope"].startswith("products/")
    )
    others = f", such as {', '.join(around[:3])}" if around else ""
    yield f"Keys for one of its APIs, or for every API, were not looked at{others}."


def _cut_off(resource: Resource) -> bool:
    return resource.address.kind == _KEY and cut_on(resource) is not None


def _enforced(desired: Compiled, subscription: Resource) -> bool:
    product = subscription.properties["scope"].removeprefix("products/")
    return product in desired.products and desired.products[product].mode == "enforce"
