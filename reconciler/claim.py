"""Declared and actual states in; the part of actual that is ours to change out: mode, ownership, protection."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal

from reconciler.compile import Compiled, Governed
from reconciler.declarations import Mode
from reconciler.kinds import KINDS, Kind, kind_of
from reconciler.kinds.subscription import made_by_azure
from reconciler.resource import Address, Resource, State

Why = Literal["withdrawn", "expired", "revoked", "undeclared", "cut off"]


@dataclass(frozen=True, slots=True)
class Held:
    """Something withdrawn that stays, because what no declaration named would go along with it."""

    resource: Resource
    because: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """What diff may see, why each removal, what is held back, and how much is unmanaged, by kind.

    `observed` tells what is only shown (observe): where nothing changes, nobody asks.
    """

    actual: State
    why: Mapping[Address, Why] = field(default_factory=dict)
    observed: Callable[[], frozenset[Address]] = frozenset
    held: tuple[Held, ...] = ()
    unmanaged: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Protected:
    """Ids that are never planned for removal."""

    groups: frozenset[str] = frozenset()
    subscriptions: frozenset[str] = frozenset()


def claim(
    *,
    previous: Compiled,
    declared: Compiled,
    desired: Compiled,
    actual: State,
    protect: Protected,
    scope: Container[Address] | None = None,
) -> Claim:
    """Select what is ours. `declared` is `desired` as if nothing had expired; `previous` was applied last.

    Outside of `scope` nothing is ours; what was read of it only says what hangs on what.
    """
    rules = _Rules(previous, declared, desired, actual, protect=protect, scope=scope)
    others = rules.others()
    why = {
        resource.address: reason
        for kind, resources in others.items()
        if kind.removable
        for resource in resources
        if (reason := rules.why(kind, resource))
    }
    why |= rules.swept_along(why)
    claimed = rules.claimed(why)
    visible = {**desired.state, **claimed}
    observed = cache(lambda: rules.observed(visible))
    held = rules.held(why, observed()) if why else ()
    for each in held:
        del why[each.resource.address], claimed[each.resource.address]
    return Claim(
        actual=claimed,
        why=why,
        observed=observed,
        held=held,
        unmanaged={
            kind.name: sum(
                each.address not in why and not kind.built_in(each) and not rules.unfinished(kind, each)
                for each in resources
            )
            for kind, resources in others.items()
            if kind.writable and kind.removable
        },
    )


class _Rules:
    def __init__(
        self,
        previous: Compiled,
        declared: Compiled,
        desired: Compiled,
        actual: State,
        *,
        protect: Protected,
        scope: Container[Address] | None,
    ) -> None:
        self.previous, self.declared, self.desired, self.protect = previous, declared, desired, protect
        self.actual, self.scope = actual, scope
        self.governed = {**previous.products, **declared.products}
        self.withheld = desired.withheld or None
        self.ended: dict[Address, Why] = {each: "withdrawn" for each in previous.state if each not in desired.state}
        self.ended |= {each: "expired" for each in declared.state if each not in desired.state}
        self.enforcing = {name for name, each in desired.products.items() if each.mode == "enforce"}

    def others(self) -> Mapping[Kind, list[Resource]]:
        """Give what lives in scope and is not desired, by kind: of a large service nearly everything."""
        desired, found = self.desired.state, defaultdict[str, list[Resource]](list)
        for address, resource in self.actual.items():
            if address not in desired and not self.outside(address):
                found[address.kind].append(resource)
        return {kind: found[kind.name] for kind in KINDS if kind.name in found}

    @cached_property
    def dependents(self) -> Mapping[Address, list[Resource]]:
        """Say what hangs on what. Only who removes something asks."""
        found: dict[Address, list[Resource]] = defaultdict(list)
        for resource in self.actual.values():
            for address in kind_of(resource).refers(resource):
                found[address].append(resource)
        return found

    def why(self, kind: Kind, resource: Resource) -> Why | None:
        """Say why what is not desired is to be removed; None where it is not ours to remove."""
        reason = self.reason(kind, resource)
        if reason is None or kind.built_in(resource) or self.protected(resource) or self.unfinished(kind, resource):
            return None
        if kind.name == "product" and resource.address.name[0] in self.desired.products:
            return None  # still governed: `manage: access` never deletes the product itself
        return reason

    def reason(self, kind: Kind, resource: Resource) -> Why | None:
        """Say why what is not desired goes. What is cut off and declared stays suspended, whatever else ends it."""
        address = resource.address
        if address in self.desired.cut_off:
            return "cut off"
        if kind.marked(resource):
            return "revoked"
        if address in self.ended:
            return self.ended[address]
        if self.withheld and self.withheld.covers(resource):
            return "cut off"
        return "undeclared" if self.enforced(kind, resource) else None

    def outside(self, address: Address) -> bool:
        return self.scope is not None and address not in self.scope

    def protected(self, resource: Resource) -> bool:
        ids = {"group": self.protect.groups, "subscription": self.protect.subscriptions}
        named = (resource.address, *kind_of(resource).refers(resource))
        return any(address.name[0] in ids.get(address.kind, ()) for address in named)

    @cached_property
    def unfinished_products(self) -> frozenset[str]:
        """Name the products of ours that a run which was stopped has left as they were begun."""
        ours = (each for each in self.actual.values() if each.address.kind == "product")
        begun = (each for each in ours if kind_of(each).unfinished(each.properties))
        return frozenset(each.address.name[0] for each in begun if each.address in self.desired.state)

    def unfinished(self, kind: Kind, resource: Resource) -> bool:
        """Whether Azure made it along with a product, in a run that was stopped there: it goes with what ends that."""
        return (
            bool(self.unfinished_products)
            and kind.name == "subscription"
            and made_by_azure(resource.address.name[0])
            and kind.product(resource) in self.unfinished_products
        )

    def enforced(self, kind: Kind, resource: Resource) -> bool:
        """Whether `enforce` makes exactly this absent: undeclared links and subscriptions of the product."""
        product = kind.product(resource)
        if product is None or product not in self.enforcing:
            return False
        match kind.name:
            case "product-group" | "client" | "key-tier":
                return True
            case "product-api":
                return self.desired.products[product].exact_apis
            case "subscription":
                return not self.self_service(resource, product)
            case _:
                return False

    def self_service(self, subscription: Resource, product: str) -> bool:
        """Whether a user made it in the portal, by a link that is declared."""
        user = self.actual.get(Address("user", (subscription.properties.get("ownerId") or "",)))
        groups = user.properties.get("groups") or () if user else ()
        return any(Address("product-group", (product, group)) in self.desired.state for group in groups)

    def swept_along(self, why: Mapping[Address, Why]) -> dict[Address, Why]:
        """Find what is undeclared on a product that goes: in enforce it goes too, and is counted."""
        return {
            each.address: "undeclared"
            for address in why
            if address.kind == "product" and self.mode(self.actual[address]) == "enforce"
            for each in self.dependents[address]
            if address in kind_of(each).goes_with(each)
            and each.address not in why
            and not kind_of(each).built_in(each)
            and not self.protected(each)
        }

    def claimed(self, why: Iterable[Address]) -> dict[Address, Resource]:
        """Give what lives of what is desired, and what is to go, by the origin of what declares it, or declared it."""
        known = {
            address: Resource(address, lives.properties, wanted.origin)
            for address, wanted in self.desired.state.items()
            if (lives := self.actual.get(address))
        }
        return known | {address: self.known(self.actual[address]) for address in why}

    def observed(self, visible: State) -> frozenset[Address]:
        """Find what is only shown. What belongs to no product, as a group does, is written where its links are."""
        if self.desired.mode != "observe" and all(each.mode != "observe" for each in self.governed.values()):
            return frozenset()
        shown = {address for address, resource in visible.items() if self.mode(resource) == "observe"}
        for address, resource in visible.items():
            if address not in shown:
                shown.difference_update(each for each in kind_of(resource).refers(resource) if each.kind != "product")
        return frozenset(shown)

    def held(self, why: Mapping[Address, Why], observed: frozenset[Address]) -> tuple[Held, ...]:
        """Find removals that would take along what is not to be removed itself."""
        held = []
        removed = {address for address in why if why[address] != "cut off"}  # which stays, suspended
        written = removed - observed
        for address in sorted(removed):
            going = removed if address in observed else written
            others = (
                each
                for each in self.dependents[address]
                if each.address not in going and not self.leaves(each, address)
            )
            if foreign := tuple(sorted(each.address for each in others if not kind_of(each).built_in(each))):
                held.append(Held(self.known(self.actual[address]), foreign))
        return tuple(held)

    def leaves(self, resource: Resource, address: Address) -> bool:
        """Whether a declared thing is about to belong to something else."""
        wanted = self.desired.state.get(resource.address)
        return wanted is not None and address not in kind_of(wanted).refers(wanted)

    def known(self, resource: Resource) -> Resource:
        """Give what is to go the origin of the declaration that names it still, or named it."""
        for compiled in (self.declared, self.previous):
            if named := compiled.state.get(resource.address):
                return Resource(resource.address, resource.properties, named.origin)
        return resource

    def mode(self, resource: Resource) -> Mode:
        return mode_of(resource, self.governed, self.desired.mode)


def mode_of(resource: Resource, governed: Mapping[str, Governed], default: Mode) -> Mode:
    """Say in which mode a resource is governed: its product's, or the environment's where it belongs to none."""
    of_product = governed.get(kind_of(resource).product(resource) or "")
    return of_product.mode if of_product else default


def unneeded(desired: Compiled, declared: Compiled, previous: Compiled | None) -> frozenset[str]:
    """Name the kinds that no claim can turn on, which then need not be read.

    Users matter where enforce asks whose a subscription is, and where a group or its link is taken back.
    """
    named = {**declared.state, **(previous.state if previous else {})}
    withdrawn = {address.kind for address in named if address not in desired.state}
    enforced = any(governed.mode == "enforce" for governed in desired.products.values())
    tagged = any(address.kind == "tag" for address in (*named, *desired.state))
    users = enforced or withdrawn & {"group", "product-group"}
    return frozenset((*(() if tagged else ("tag", "api-tag")), *(() if users else ("user",))))
