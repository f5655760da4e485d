"""A company in; its grants by team, product and API, and who can call an API, out."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from reconciler.site.company import Company, Hold, OwnedApi, SoldProduct

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ordered:
    """Everything that a page looks up."""

    company: Company
    by_team: Mapping[str, list[Hold]]
    by_product: Mapping[str, list[Hold]]
    by_api: Mapping[str, list[Hold]]
    for_every_api: tuple[Hold, ...]
    owned: Mapping[str, list[OwnedApi]]
    sold: Mapping[str, list[SoldProduct]]

    def callers(self, api: OwnedApi) -> list[Hold]:
        """Give who can call an API: by a product where that holds it, by a key for it, or by one for all."""
        every, products = tuple(api.ids), self.company.products
        ways = [
            *((hold, products[name].apis[api.name]) for name in api.products for hold in self.by_product[name]),
            *((hold, every) for hold in (*self.by_api[api.name], *self.for_every_api)),
        ]
        found = filter(None, (_calling(hold, places) for hold, places in ways))
        return sorted(found, key=lambda each: (each.team, each.to, each.grant.path, each.environments))


def ordered(company: Company) -> Ordered:
    """Put everything in order once."""
    owned: dict[str, list[OwnedApi]] = defaultdict(list)
    for api in company.apis.values():
        for team in api.teams:
            owned[team].append(api)
    return Ordered(
        company,
        by_team=_by(company.holds, lambda each: each.team),
        by_product=_by((each for each in company.holds if each.kind == "product"), lambda each: each.to),
        by_api=_by((each for each in company.holds if each.kind == "api"), lambda each: each.to),
        for_every_api=tuple(each for each in company.holds if each.kind == "every API"),
        owned=owned,
        sold=_by(company.products.values(), lambda each: each.declared.team),
    )


def _calling(hold: Hold, places: Iterable[str]) -> Hold | None:
    """Leave of a grant what lets a call in, and where it does: to see a product is no access."""
    there = tuple(name for name in hold.environments if name in places)
    hows = tuple(how for how in hold.hows if how != "portal")
    return replace(hold, hows=hows, environments=there) if there and hows and hold.stands == "in force" else None


def _by(items: Iterable[T], key: Callable[[T], str]) -> Mapping[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for each in items:
        found[key(each)].append(each)
    return found
