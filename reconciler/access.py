"""A state in, who can use what out: the inverse of `compile` for people, and the one answer everything else uses."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reconciler.kinds import kind_of
from reconciler.resource import Address, Resource, State

How = Literal["key", "portal", "open"]
EVERYBODY = "everybody"
EVERY_API = Address("api", ("*",))


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """Somebody may use a product or an API: by key, or because it is open and asks for none.

    `portal` is to see a product and subscribe to it, which is not access at the gateway. `who` is a team; of what no
    declaration names, the group or the subscription. A key for one API, or for all (`EVERY_API`), goes around products.
    `emergency` says of what was granted in one who reviews it when it is over.
    """

    who: str
    to: Address
    how: How
    tier: str | None = None
    until: date | None = None
    emergency: str | None = None

    @property
    def thing(self) -> str:
        """Name what may be used: `orders` is a product."""
        if self.to == EVERY_API:
            return "every API"
        return self.to.name[0] if self.to.kind == "product" else f"API {self.to.name[0]}"


def access(state: State) -> frozenset[Access]:
    """Give all access that a state holds, built-in links and suspended keys left out."""
    return frozenset(_each(state))


def _each(state: State) -> Iterator[Access]:
    for resource in state.values():
        if kind_of(resource).built_in(resource):
            continue
        match resource.address.kind:
            case "product-group":
                product = Address("product", resource.address.name[:1])
                yield Access(who(resource), product, "portal", until=_until(resource), emergency=_emergency(resource))
            case "subscription" if resource.properties.get("state") == "active":
                if (to := opens(resource)) is not None:
                    yield Access(who(resource), to, "key", until=_until(resource), emergency=_emergency(resource))
            case "product" | "api" if resource.properties.get("subscriptionRequired") is False:
                yield Access(EVERYBODY, resource.address, "open")


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
    title = (resource.properties.get("displayName") or "").strip()
    return f"subscription {resource.address.name[0]}" + (f" ({title})" if title else "")


def _until(resource: Resource) -> date | None:
    return resource.origin.until if resource.origin else None


def _emergency(resource: Resource) -> str | None:
    return resource.origin.emergency if resource.origin else None
