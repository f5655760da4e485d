"""A company in; its grants by team, product and API, and who can call an API, out."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from reconciler.access import How
from reconciler.questions import who_can
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
        products = chain.from_iterable(self.by_product[name] for name in api.products)
        ways = chain(products, self.by_api[api.name], self.for_every_api)
        found = chain.from_iterable(_calling(hold, api) for hold in ways)
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


def _calling(hold: Hold, api: OwnedApi) -> Iterator[Hold]:
    """Leave of a grant what lets a call of this API in, and where it does, as `who-can` says."""
    same: dict[tuple[How, ...], list[str]] = defaultdict(list)
    for name in hold.environments:
        ways = who_can(hold.cans[name], {api.ids[name]}) if name in api.ids else ()
        if hows := tuple(sorted({each.access.how for each in ways if each.calls})):
            same[hows].append(name)
    return (replace(hold, hows=hows, environments=tuple(names)) for hows, names in same.items())


def _by(items: Iterable[T], key: Callable[[T], str]) -> Mapping[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for each in items:
        found[key(each)].append(each)
    return found
