"""A state in, who can use what out: the inverse of `compile` for people, and the one answer everything else uses."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reconciler.kinds import kind_of
from reconciler.resource import Resource, State

How = Literal["key", "portal"]


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """Somebody may use a product: by key, or (`portal`) may see it and subscribe, which is not access at the gateway.

    `who` is a team; of what no declaration names, the group or the subscription.
    """

    who: str
    product: str
    how: How
    tier: str | None = None
    until: date | None = None


def access(state: State) -> frozenset[Access]:
    """Give all access to products that a state holds, built-in links and suspended keys left out."""
    return frozenset(_each(state))


def _each(state: State) -> Iterator[Access]:
    for resource in state.values():
        if kind_of(resource).built_in(resource):
            continue
        match resource.address.kind:
            case "product-group":
                product = resource.address.name[0]
                yield Access(who(resource), product, "portal", until=_until(resource))
            case "subscription" if resource.properties.get("state") == "active":
                for address in kind_of(resource).refers(resource):
                    if address.kind == "product":
                        yield Access(who(resource), address.name[0], "key", until=_until(resource))


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
