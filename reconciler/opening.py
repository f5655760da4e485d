"""A state in; at which APIs the gateway lets a call through by each key, token and open door, out.

What is granted may not do alone: rules of a product may ask for a key and a token, and rules that stand at an API ask
everybody who calls it, also with keys of other products. The rules are those of docs/policies.md; the check of keys
that comes before them is described on Microsoft's page "Subscriptions in Azure API Management".
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from reconciler.access import EVERY_API, Access
from reconciler.resource import Address, Resource, State

_KEY_DOES: Final = frozenset({"key", "key or token"})
_TOKEN_DOES: Final = frozenset({"token", "key or token"})
_TOKEN_MUST: Final = frozenset({"token", "key and token"})


@dataclass(frozen=True, slots=True)
class Opens:
    """At which APIs it lets a call through: at all but those that are `shut`, or at `apis` alone."""

    apis: frozenset[str] | None
    shut: frozenset[str] = frozenset()


def opening(state: State, given: Iterable[tuple[Resource, Access]]) -> Mapping[Address, Opens]:
    """Say it of all that is `given` in a state; nothing is said of a product whose APIs the state does not hold."""
    return dict(_Gateway(state, given).all())


class _Gateway:
    """Who is let in by what, and which rules stand where."""

    def __init__(self, state: State, given: Iterable[tuple[Resource, Access]]) -> None:
        self.given = [(resource, access) for resource, access in given if access.how != "portal"]
        self.apis: dict[str, set[str]] = defaultdict(set)
        self.gates: dict[str, str] = {}  # what each product in force asks for
        at_products, self.at_apis = set(), dict[str, str]()
        for address, resource in state.items():
            match address.kind:
                case "product-api":
                    self.apis[address.name[0]].add(address.name[1])
                case "gate" if resource.properties.get("enforcement") == "enforce":
                    self.gates[address.name[0]] = str(resource.properties.get("credentials"))
                case "product-rules":
                    at_products.add(address.name[0])
                case "api-rules":
                    self.at_apis[address.name[0]] = address.name[1]
        self.at_products = at_products & self.gates.keys()
        self.at_apis = {api: product for api, product in self.at_apis.items() if product in self.gates}
        self.tokens: dict[str, set[str]] = defaultdict(set)  # whose are in which product's rules
        self.keys: dict[str, list[Address]] = defaultdict(list)
        for _, access in self.given:
            if access.how == "token":
                self.tokens[access.who].add(access.to.name[0])
            elif access.how == "key":
                self.keys[access.who].append(access.to)
        self.open = sorted(each for each, it in state.items() if it.properties.get("subscriptionRequired") is False)

    def all(self) -> Iterator[tuple[Address, Opens]]:
        for resource, access in self.given:
            if access.to == EVERY_API:
                shut = frozenset(each for each in self.at_apis if not self.by_key(access, each))
                yield resource.address, Opens(None, shut)
            elif (apis := frozenset(self.reach(access))) or access.to.kind == "api":
                lets = {"key": self.by_key, "token": self.by_token, "open": self.by_nothing}[access.how]
                yield resource.address, Opens(frozenset(each for each in apis if lets(access, each)))

    def reach(self, access: Access) -> AbstractSet[str]:
        """Name the APIs that it may be for."""
        if access.to.kind == "api":
            return {access.to.name[0]}
        product = access.to.name[0]
        return self.apis[product] | {api for api, other in self.at_apis.items() if other == product}

    def met(self, product: str, api: str) -> str | None:
        """Name the product whose rules a call meets, in a product's context or in none."""
        return product if product in self.at_products else self.at_apis.get(api)

    def without_key(self, api: str) -> str | None:
        """Give the product in whose context a call without a key runs, or none; None where a key is asked for."""
        doors = (each.name[0] for each in self.open if each.kind == "product" and api in self.apis[each.name[0]])
        return next(doors, "" if Address("api", (api,)) in self.open else None)

    def by_nothing(self, _: Access, api: str) -> bool:
        product = self.without_key(api)
        return product is not None and self.met(product, api) is None

    def by_key(self, access: Access, api: str) -> bool:
        """Whether a key opens it: by itself, or with a token of the same team."""
        rules = self.met(_product(access.to), api)
        return rules is None or self.gates[rules] in _KEY_DOES or rules in self.tokens[access.who]

    def by_token(self, access: Access, api: str) -> bool:
        """Whether a token opens it: where no key is asked for, or with a key of the same team that alone does not."""
        product, rules = self.without_key(api), access.to.name[0]
        asked = self.gates.get(rules)
        if product is not None and self.met(product, api) == rules and asked in _TOKEN_DOES:
            return True
        keys = (each for each in self.keys[access.who] if each == EVERY_API or api in self.opened_by(each))
        return asked in _TOKEN_MUST and any(self.met(_product(each), api) == rules for each in keys)

    def opened_by(self, to: Address) -> AbstractSet[str]:
        return {to.name[0]} if to.kind == "api" else self.apis[to.name[0]]


def _product(to: Address) -> str:
    return to.name[0] if to.kind == "product" else ""
