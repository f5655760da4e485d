"""A state and what is declared of products in; the ways around their rules, in words and by name, out.

Rules in a product's policy hold only in that product's context: a key for one API or for all, a call that needs no key,
and another product have none of it (azure-docs, api-management-subscriptions).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.access import EVERY_API, opens, shut
from reconciler.compile import Governed
from reconciler.kinds import kind_of
from reconciler.resource import Address, Resource, State

_TOKEN_ALONE = ("token", "key or token")
_LOOKS_AT_TOKENS = ("token", "key and token")


@dataclass(frozen=True, slots=True, order=True)
class WayAround:
    """A way to a product's APIs on which its rules do not run; `name` is what `accepts:` calls it."""

    product: str
    name: str
    why: str
    accepted: bool = False


def ways_around(state: State, products: Mapping[str, Governed]) -> tuple[WayAround, ...]:
    """Find them for each product that is governed and has a gate. `master`, which Azure keeps, is never named."""
    gates = [each for address, each in state.items() if address.kind == "gate" and address.name[0] in products]
    if not gates:
        return ()
    here = _Service(state)
    found = {way for gate in gates for way in here.around(gate)}
    known = ((way, products[way.product].accepts) for way in found)
    return tuple(sorted(WayAround(way.product, way.name, way.why, way.name in accepts) for way, accepts in known))


class _Service:
    """What of a state opens which API."""

    def __init__(self, state: State) -> None:
        self.state, self.shut = state, shut(state)
        self.apis: dict[str, list[str]] = defaultdict(list)
        self.holding: dict[str, list[str]] = defaultdict(list)
        self.keys: dict[Address, list[str]] = defaultdict(list)
        for address, each in state.items():
            if address.kind == "product-api":
                self.apis[address.name[0]].append(address.name[1])
                self.holding[address.name[1]].append(address.name[0])
            elif address.kind == "subscription" and self.is_broad(each):
                self.keys[opens(each) or EVERY_API].append(address.name[0])

    @staticmethod
    def is_broad(key: Resource) -> bool:
        active = key.properties.get("state") == "active" and not kind_of(key).built_in(key)
        return active and (opens(key) or EVERY_API).kind == "api"

    def around(self, gate: Resource) -> Iterator[WayAround]:
        (product,) = gate.address.name
        for api in sorted(self.apis[product]):
            if Address("api-rules", (api, product)) not in self.state:
                yield from self.around_api(gate, product, api)

    def around_api(self, gate: Resource, product: str, api: str) -> Iterator[WayAround]:
        for to, what in ((EVERY_API, "every API"), (Address("api", (api,)), f"API {api}")):
            for key in self.keys[to]:
                yield WayAround(product, f"subscription {key}", f"a key for {what} goes past them")
        open_products = [each for each in self.holding[api] if self.is_open(Address("product", (each,)))]
        if self.is_open(Address("api", (api,))) and not open_products:
            yield WayAround(product, f"api {api}", f"API {api} asks for no key, and then no product's rules run")
        for other in self.holding[api]:
            if other == product:
                continue
            if other in open_products and Address("product", (other,)) not in self.shut:
                yield WayAround(product, f"product {other}", f"product {other} opens API {api} to everybody")
            elif gate.properties.get("credentials") in _LOOKS_AT_TOKENS and not self.looks_at_tokens(other):
                why = f"a key of product {other} opens API {api} without a token"
                yield WayAround(product, f"product {other}", why)

    def is_open(self, address: Address) -> bool:
        found = self.state.get(address)
        return found is not None and found.properties.get("subscriptionRequired") is False

    def looks_at_tokens(self, product: str) -> bool:
        gate = self.state.get(Address("gate", (product,)))
        enforced = gate is not None and Address("product", (product,)) in self.shut
        return enforced and gate is not None and gate.properties.get("credentials") in _LOOKS_AT_TOKENS


def shut_out(state: State, products: Mapping[str, Governed]) -> tuple[str, ...]:
    """Say where a token alone is to do, and Azure asks for a key before any rules run."""
    return tuple(
        f"product {address.name[0]} asks for a key, so a token alone is not let in: whoever deploys it has to open it"
        for address, gate in sorted(state.items())
        if address.kind == "gate" and address.name[0] in products and gate.properties.get("credentials") in _TOKEN_ALONE
        if Address("product-rules", address.name) in state and _asks_for_key(state, address.name)
    )


def _asks_for_key(state: State, name: tuple[str, ...]) -> bool:
    product = state.get(Address("product", name))
    return product is not None and product.properties.get("subscriptionRequired") is True
