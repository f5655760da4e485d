"""What is in order in; the page of each API, each product and each team out."""

from collections.abc import Container, Iterator

from reconciler.site import asking
from reconciler.site.company import OwnedApi, SoldProduct
from reconciler.site.offered import merged
from reconciler.site.ordered import Ordered
from reconciler.site.page import House
from reconciler.words import count


def things(house: House, known: Ordered, lived: Container[str]) -> Iterator[tuple[str, bytes]]:
    """Make the pages; those of teams that have `lived` lead to their history."""
    for api in known.company.apis.values():
        yield _api(house, known, api)
    for product in known.company.products.values():
        yield _product(house, known, product)
    for name in known.company.teams:
        yield _team(house, known, name, past=name in lived)


def _api(house: House, known: Ordered, api: OwnedApi) -> tuple[str, bytes]:
    products = [known.company.products[name] for name in api.products]
    opened = [(each.name, there) for each in products if (there := each.open_at.get(api.name))]
    return house.page(
        house.at.api(api.name),
        "api.html",
        api.title,
        api=api,
        facts=[("Id", merged(api.ids)), *api.facts.items()],
        opened=opened,
        holds=known.callers(api),
    )


def _product(house: House, known: Ordered, product: SoldProduct) -> tuple[str, bytes]:
    return house.page(
        house.at.product(product.name),
        "product.html",
        product.title,
        product=product,
        holds=known.by_product[product.name],
        decides=asking.decides(known.company, product),
        command=asking.command(product),
        snippet=asking.snippet(product),
    )


def _team(house: House, known: Ordered, name: str, *, past: bool) -> tuple[str, bytes]:
    team = known.company.teams[name]
    return house.page(
        house.at.team(name),
        "team.html",
        team.value.display_name,
        team=team,
        past=past,
        holds=known.by_team[name],
        products=[(each.name, count(len(known.by_product[each.name]), "grant")) for each in known.sold[name]],
        apis=[each.name for each in known.owned[name]],
        reviews=team.value.github or ", ".join(team.value.reviewers or ()) or "nobody is named",
    )
