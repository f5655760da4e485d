"""Declarations, an environment and a day in; its APIs, its products and who uses them, by their ids there, out."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from reconciler.access import EVERY_API, Access, given
from reconciler.compile import compile as meaning
from reconciler.declarations import Api, Declarations, Declared, Grant, Product, at
from reconciler.naming import fill_in
from reconciler.resource import Address, State
from reconciler.withheld import NOTHING, Withheld


@dataclass(frozen=True, slots=True)
class Use:
    """A grant and one access that it gives. `apis` can be called by it: by portal none."""

    grant: Declared[Grant]
    access: Access
    apis: tuple[str, ...] = ()

    @property
    def product(self) -> str | None:
        """The product's id, where that is what may be used."""
        return self.access.to.name[0] if self.access.to.kind == "product" else None


class Estate:
    """One environment, as it is declared on a day, without what is cut off."""

    def __init__(
        self, declarations: Declarations, environment: str, *, day: date, withheld: Withheld = NOTHING
    ) -> None:
        self.declarations, self.environment, self.day = declarations, environment, day
        self.settings = declarations.environments[environment]
        self.state: State = meaning(declarations, environment, day=day, withheld=withheld).state

    @cached_property
    def apis(self) -> Mapping[str, Declared[Api]]:
        """Give the APIs that a team owns there."""
        variables = self.declarations.variables(self.environment)
        here = (
            api
            for api in self.declarations.apis
            if api.value.environments is None or self.environment in api.value.environments
        )
        return {fill_in(api.value.api, variables): api for api in here}

    @cached_property
    def products(self) -> Mapping[str, Declared[Product]]:
        """Give the products that are declared there."""
        here = (each for each in self.declarations.products if self.environment in each.value.environments)
        return {self.declarations.product_id(each, self.environment): each for each in here}

    @cached_property
    def linked(self) -> Mapping[str, tuple[str, ...]]:
        """Give the APIs of each product."""
        found: dict[str, list[str]] = defaultdict(list)
        for address in sorted(self.state):
            if address.kind == "product-api":
                found[address.name[0]].append(address.name[1])
        return {product: tuple(apis) for product, apis in found.items()}

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Give what grants give, by `access.py`'s one answer; what is open to everybody is nobody's use."""
        grants = {grant.path: grant for grant in self.declarations.grants}
        found = [
            Use(grants[resource.origin.path], access, () if access.how == "portal" else self._reached(access.to))
            for resource, access in given(self.state)
            if resource.origin and resource.origin.path in grants
        ]
        return tuple(sorted(found, key=lambda use: (use.grant.path, use.access)))

    @cached_property
    def open(self) -> frozenset[Address]:
        """Give the products that ask for neither key nor token."""
        return frozenset(access.to for _, access in given(self.state) if access.how == "open")

    def says(self, product: Declared[Product]) -> Mapping[str, Any]:
        """Give what a product's file says there."""
        return at(product.value, product.value.in_, self.environment)

    def _reached(self, to: Address) -> tuple[str, ...]:
        if to == EVERY_API:
            return tuple(sorted(self.apis))
        return self.linked.get(to.name[0], ()) if to.kind == "product" else to.name
