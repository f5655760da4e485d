"""A state in, who reaches which API by which way out: keys, open doors, and groups that let people in by themselves."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from reconciler.access import EVERY_API, access
from reconciler.resource import Address, State

Way = Literal[
    "product key", "product token", "API key", "all-APIs key", "open product", "API without a key", "self-subscription"
]
WAYS: Final[tuple[Way, ...]] = (
    "product key",
    "product token",
    "API key",
    "all-APIs key",
    "open product",
    "API without a key",
    "self-subscription",
)
AROUND: Final[frozenset[Way]] = frozenset({"API key", "all-APIs key", "API without a key"})
"""Ways on which no product's policy runs (azure-docs, api-management-subscriptions)."""


@dataclass(frozen=True, slots=True, order=True)
class Reach:
    """Somebody reaches an API by a way; `through` is the product, where there is one."""

    api: str
    way: Way
    who: str
    through: str = ""


def reach(state: State) -> tuple[Reach, ...]:
    """Give every way to every API, sorted. A group that a product is shown to may subscribe by itself."""
    return tuple(sorted(set(_each(state))))


def _each(state: State) -> Iterator[Reach]:
    apis = sorted(address.name[0] for address in state if address.kind == "api")
    held: dict[str, list[str]] = defaultdict(list)
    for address in state:
        if address.kind == "product-api":
            held[address.name[0]].append(address.name[1])
    opened = {api for product, apis in held.items() if _is_open(state, product) for api in apis}
    for each in access(state):
        if each.to.kind == "api" and each.how == "open" and each.to.name[0] in opened:
            continue  # a call without a key runs in the open product's context (azure-docs, as below)
        if each.to == EVERY_API:
            yield from (Reach(api, "all-APIs key", each.who) for api in apis)
        elif each.to.kind == "api":
            yield Reach(each.to.name[0], "API without a key" if each.how == "open" else "API key", each.who)
        else:
            ways: dict[str, Way] = {
                "key": "product key",
                "token": "product token",
                "open": "open product",
                "portal": "self-subscription",
            }
            product = each.to.name[0]
            if each.how == "portal" and _is_open(state, product):
                continue  # nobody needs to subscribe
            yield from (Reach(api, ways[each.how], each.who, product) for api in held[product])


def _is_open(state: State, product: str) -> bool:
    found = state.get(Address("product", (product,)))
    return found is not None and found.properties.get("subscriptionRequired") is False
