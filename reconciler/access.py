"""A state in, who can use what out: the inverse of `compile` for people, and the one answer everything else uses."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reconciler.kinds import kind_of
from reconciler.resource import Address, Resource, State

How = Literal["key", "token", "portal", "open"]
EVERYBODY = "everybody"
EVERY_API = Address("api", ("*",))


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """Somebody may use a product or an API: by key, by token, or because it is open and asks for neither.

    Where a product asks for key and token, a team that has one of them still lacks the other. `tier` is the product's,
    its default where the grant names none. `portal` is to see a product and subscribe to it, which is not access at the
    gateway. `who` is a team; of what no declaration names, the group, the subscription or the application. A key for
    one API, or for all (`EVERY_API`), goes around products. `emergency` says of what was granted in one who reviews it
    when it is over.
    `unreviewed` says that it ends, or has ended, because nobody answered a review.
    """

    who: str
    to: Address
    how: How
    tier: str | None = None
    until: date | None = None
    emergency: str | None = None
    unreviewed: bool = False

    @property
    def thing(self) -> str:
        """Name what may be used: `orders` is a product."""
        if self.to == EVERY_API:
            return "every API"
        return self.to.name[0] if self.to.kind == "product" else f"API {self.to.name[0]}"


def access(state: State) -> frozenset[Access]:
    """Give all access that a state holds, built-in links and suspended keys left out."""
    return frozenset(each for _, each in given(state))


def given(state: State, among: Iterable[Resource] | None = None) -> Iterator[tuple[Resource, Access]]:
    """Give the same, each access with the link, the subscription or the client that gives it; of some, or of all."""
    closed = shut(state)
    for resource in state.values() if among is None else among:
        if kind_of(resource).built_in(resource):
            continue
        match resource.address.kind:
            case "product-group":
                product = Address("product", resource.address.name[:1])
                seen = Access(who(resource), product, "portal", None, *_of_origin(resource))
                yield resource, seen
            case "subscription" if resource.properties.get("state") == "active":
                if (to := opens(resource)) is not None and not (to in closed and _only_tokens(state, to)):
                    tier = Address("key-tier", (*to.name, resource.address.name[0]))
                    yield resource, _granted(state, resource, to, "key", tier)
            case "client":
                product = Address("product", resource.address.name[:1])
                yield resource, _granted(state, resource, product, "token", resource.address)
            case "product" | "api" if resource.properties.get("subscriptionRequired") is False:
                if resource.address not in closed:
                    yield resource, Access(EVERYBODY, resource.address, "open")


def shut(state: State) -> frozenset[Address]:
    """Name the products and APIs whose policy asks for a key or a token, also where Azure asks for none.

    Of an API only rules in its own policy count: without a key, and on no open product, no product's policy runs.
    """
    gates = {address.name for address, each in state.items() if address.kind == "gate" and _enforces(each)}
    if not gates:
        return frozenset()
    at_apis = {each.name for each in state if each.kind == "api-rules" and each.name[1:] in gates}
    linked: dict[str, list[str]] = defaultdict(list)
    for each in state:
        if each.kind == "product-api" and each.name[:1] in gates:
            linked[each.name[0]].append(each.name[1])
    whole = {product for product, apis in linked.items() if all((api, product) in at_apis for api in apis)}
    whole |= {product for (product,) in gates if Address("product-rules", (product,)) in state}
    return frozenset(
        {Address("api", (api,)) for api, _ in at_apis} | {Address("product", (product,)) for product in whole}
    )


def _only_tokens(state: State, product: Address) -> bool:
    """Whether a key of the product opens nothing, because its rules do not look at keys."""
    gate = state.get(Address("gate", product.name))
    return gate is not None and gate.properties.get("credentials") == "token"


def _enforces(gate: Resource) -> bool:
    return gate.properties.get("enforcement") == "enforce"


def _granted(state: State, resource: Resource, to: Address, how: How, tiered: Address) -> Access:
    entry, gate = state.get(tiered), state.get(Address("gate", to.name))
    named = entry.properties.get("tier") if entry else None
    tier = named or (gate.properties.get("default") if gate else None) or None
    return Access(who(resource), to, how, tier, *_of_origin(resource))


def opens(subscription: Resource) -> Address | None:
    """Say what a subscription's keys open: a product, one API, or `EVERY_API`."""
    if subscription.properties.get("scope") == "apis":
        return EVERY_API
    return next(iter(kind_of(subscription).refers(subscription)), None)


def who(resource: Resource) -> str:
    """Name whom a link or a subscription lets in: the team that declares it, else the thing itself."""
    if resource.origin:
        return resource.origin.team
    if resource.address.kind == "product-group":
        return f"group {resource.address.name[1]}"
    if resource.address.kind == "client":
        return f"application {resource.address.name[1]}"
    title = (resource.properties.get("displayName") or "").strip()
    return f"subscription {resource.address.name[0]}" + (f" ({title})" if title else "")


def _of_origin(resource: Resource) -> tuple[date | None, str | None, bool]:
    """Say until when it was given, who reviews it if that was in an emergency, and whether a missed review ends it."""
    origin = resource.origin
    return (origin.until, origin.emergency, origin.unreviewed) if origin else (None, None, False)
