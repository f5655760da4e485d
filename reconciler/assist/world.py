"""Declarations, and what is known of services besides, in; everything that tools answer from, by name, out."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from reconciler.access import EVERY_API, Access, access
from reconciler.assist.catalog import NO_CATALOG, Catalog
from reconciler.assist.live import Live
from reconciler.assist.question import NoAnswer, instead, known, said
from reconciler.assist.text import plain
from reconciler.compile import Compiled, compile
from reconciler.declarations import UNOWNED, Api, Declarations, Declared, Grant, Product, at
from reconciler.ends import product_of
from reconciler.naming import fill_in, without_variables
from reconciler.resource import Address
from reconciler.sources import Files
from reconciler.withheld import NOTHING


@dataclass(frozen=True, slots=True)
class KnownApi:
    """An API by a name that is one word. `ids` are its ids by environment; nobody declared one that only lives."""

    name: str
    ids: Mapping[str, str]
    declared: Declared[Api] | None = None


@dataclass(frozen=True)
class World:
    """Everything that is known. `live` holds the services that were read, by environment."""

    files: Files
    declarations: Declarations
    day: date
    catalog: Catalog = NO_CATALOG
    live: Mapping[str, Live] = field(default_factory=dict)

    @cached_property
    def compiled(self) -> Mapping[str, Compiled]:
        """What the declarations mean, by environment; what is cut off by hand left out where that is known."""
        return {
            name: compile(self.declarations, name, day=self.day, withheld=self._withheld(name))
            for name in self.declarations.environments
        }

    @cached_property
    def access(self) -> Mapping[str, tuple[Access, ...]]:
        """Who may use what, by environment, in one order."""
        found = {name: access(compiled.state) for name, compiled in self.compiled.items()}
        return {name: tuple(sorted(each, key=_order)) for name, each in found.items()}

    @cached_property
    def teams(self) -> tuple[str, ...]:
        """The teams, without the folder of what nobody owns."""
        return tuple(sorted(name for name in self.declarations.teams if name != UNOWNED))

    @cached_property
    def products(self) -> Mapping[str, Declared[Product]]:
        """The products by name."""
        return {product.name: product for product in self.declarations.products}

    @cached_property
    def apis(self) -> tuple[KnownApi, ...]:
        """The APIs that are declared, then those that only live."""
        declared = [(api, self._ids(api)) for api in self.declarations.apis]
        short = Counter(without_variables(api.value.api) for api, _ in declared)
        names = [_name(api, ids, short) for api, ids in declared]
        twice = {name for name, number in Counter(names).items() if number > 1}  # one owner here, another one there
        found = [
            KnownApi(f"{name}-{api.team}" if name in twice else name, ids, api)
            for name, (api, ids) in zip(names, declared, strict=True)
        ]
        taken = {(environment, name) for api in found for environment, name in api.ids.items()}
        alone: dict[str, dict[str, str]] = defaultdict(dict)
        for environment, live in self.live.items():
            for name in live.apis:
                if (environment, name) not in taken:
                    alone[name][environment] = name
        return (*found, *(KnownApi(plain(name), ids) for name, ids in sorted(alone.items())))

    def environment(self, name: str | None) -> tuple[str, ...]:
        """Give the environment asked for, or all."""
        there = tuple(self.declarations.environments)
        return there if name is None else (known("environment", name, there),)

    def team(self, name: str) -> str:
        """Find a team by its name."""
        return known("team", name, self.teams)

    def product(self, name: str) -> Declared[Product]:
        """Find a product by its name, or by its id in a service."""
        ids = {each.lower(): product for (_, each), product in self._products.items()}
        found = ids.get(name.strip().lower())
        return found or self.products[known("product", name, self.products)]

    def api(self, name: str) -> KnownApi:
        """Find an API by its name, or by its id in any environment. Raises NoAnswer with what was probably meant."""
        for exactly in (str, str.lower):
            wanted = exactly(name.strip())
            for api in self.apis:
                written = api.declared.value.api if api.declared else ""
                if wanted in {exactly(each) for each in (api.name, written, *api.ids.values())}:
                    return api
        hint = instead(name, [api.name for api in self.apis])
        raise NoAnswer(f"There is no API `{said(name)}`. {hint} find_api searches by words.")

    def product_named(self, environment: str, identity: str) -> str:
        """Give our name of a product that a service calls by its id."""
        product = self._products.get((environment, identity))
        return product.name if product else plain(identity)

    def holding(self, environment: str, api: str) -> tuple[str, ...]:
        """Name the products that an API is on, by their ids in the service."""
        return self._holding.get((environment, api), ())

    def held(self, environment: str, product: str) -> tuple[str, ...]:
        """Give the ids of the APIs on a product, which is named by its id."""
        return self._held.get((environment, product), ())

    def named(self, environment: str, api: str) -> str:
        """Give our name of an API that a service calls by its id."""
        return self._names.get((environment, api)) or plain(api)

    def opens(self, environment: str, api: str) -> Iterator[Access]:
        """Find who may use an API, by its id: by a product, by a key for it alone, or by one for every API."""
        ways = {Address("product", (product,)) for product in self.holding(environment, api)}
        ways |= {Address("api", (api,)), EVERY_API}
        return (each for each in self.access[environment] if each.to in ways)

    def says(self, product: Declared[Product], environment: str) -> dict[str, Any]:
        """Give what a product says in an environment."""
        return at(product.value, product.value.in_, environment)

    def grants(self, team: str, environment: str, to: str | None) -> tuple[Declared[Grant], ...]:
        """Give a team's grants there: for a product by its name, or, without one, for APIs."""
        return tuple(self._grants.get((team, environment, to), ()))

    @cached_property
    def _grants(self) -> Mapping[tuple[str, str, str | None], list[Declared[Grant]]]:
        found: dict[tuple[str, str, str | None], list[Declared[Grant]]] = defaultdict(list)
        for grant in self.declarations.grants:
            for environment in grant.value.environments:
                found[grant.team, environment, product_of(grant)].append(grant)
        return found

    @cached_property
    def _products(self) -> Mapping[tuple[str, str], Declared[Product]]:
        return {
            (environment, self.declarations.product_id(product, environment)): product
            for product in self.declarations.products
            for environment in product.value.environments
            if environment in self.declarations.environments
        }

    @cached_property
    def _held(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        return self._linked(0)

    @cached_property
    def _holding(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        return self._linked(1)

    @cached_property
    def _names(self) -> Mapping[tuple[str, str], str]:
        return {(environment, name): api.name for api in self.apis for environment, name in api.ids.items()}

    def _linked(self, side: int) -> Mapping[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for environment, compiled in self.compiled.items():
            for address in sorted(compiled.state):
                if address.kind == "product-api":
                    found[environment, address.name[side]].append(address.name[1 - side])
        return {key: tuple(each) for key, each in found.items()}

    def _ids(self, api: Declared[Api]) -> dict[str, str]:
        there = api.value.environments
        return {
            name: fill_in(api.value.api, self.declarations.variables(name))
            for name in self.declarations.environments
            if there is None or name in there
        }

    def _withheld(self, environment: str) -> Any:
        return self.live[environment].withheld if environment in self.live else NOTHING


def _name(api: Declared[Api], ids: Mapping[str, str], short: Counter[str]) -> str:
    """Name it without what differs by environment, where that is no other API's name."""
    name = without_variables(api.value.api)
    return plain(name if name and short[name] == 1 else next(iter(ids.values()), api.value.api))


def _order(each: Access) -> tuple[str, str, str, str]:
    return each.who, each.thing, each.how, each.tier or ""
