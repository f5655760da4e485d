"""Declarations, an environment and some grants in; what each of them is for there, and what it says there, out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from reconciler.declarations import EVERY_API, Declared, Grant, Product, at
from reconciler.ends import product_of
from reconciler.resource import Address
from reconciler.there import There

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """A grant in one environment: `to` is the product or the API that it is for, `apis` what that opens there.

    `until` is its last day: that of its file, or that of a review which nobody has answered, `by_review`.
    """

    grant: Declared[Grant]
    says: Mapping[str, Any]
    to: Address
    product: str | None
    apis: tuple[str, ...]
    subscription: str
    until: date
    by_review: bool

    @property
    def key(self) -> Key:
        """Name it: by its team, and by its own name."""
        return self.grant.team, self.grant.name


def held(there: There, grants: Iterable[Declared[Grant]]) -> dict[Key, Held]:
    """Give those that are there. One for a product that nobody declares opens nothing."""
    grants = tuple(grants)
    wanted = {product_of(grant) for grant in grants}
    products = {each.name: each for each in there.declarations.products if each.name in wanted}
    found = {}
    for grant in (each for each in grants if there.environment in each.value.environments):
        says = at(grant.value, grant.value.in_, there.environment)
        product = product_of(grant)
        if product is None:
            api = there.fill_in(grant.value.api or EVERY_API)
            to, apis = Address("api", (api,)), [api]
        elif product in products:
            to = Address("product", (there.declarations.product_id(products[product], there.environment),))
            apis = sorted(map(there.fill_in, _apis(products[product], there.environment)))
        else:
            continue
        key = there.subscription(grant, says).name[0] if says.get("key") else ""
        last = there.lasting.end(grant, there.environment) or date.max
        by_review = there.lasting.ends_by_review(grant, there.environment)
        found[grant.team, grant.name] = Held(grant, says, to, product, tuple(apis), key, last, by_review)
    return found


def _apis(product: Declared[Product], environment: str) -> Iterable[str]:
    """Name what a product opens; elsewhere than where it is, that is nothing."""
    here = environment in product.value.environments
    return at(product.value, product.value.in_, environment).get("apis") or () if here else ()
