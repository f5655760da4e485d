"""What is in order in; the pages that list APIs, products, teams and grants out."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from reconciler.declarations import UNOWNED
from reconciler.site.offered import merged
from reconciler.site.ordered import Ordered
from reconciler.site.page import House

PART: Final = 500  # rows of one page of all grants: what takes long to open is read by nobody


class Row(NamedTuple):
    """A line of a list: a link, what is known of it besides, and cells."""

    path: str
    title: str
    also: str
    cells: tuple[Any, ...]


def lists(house: House, known: Ordered) -> Iterator[tuple[str, bytes]]:
    """Make the pages."""
    yield _apis(house, known)
    yield _products(house, known)
    yield _teams(house, known)
    yield from _grants(house)


def _apis(house: House, known: Ordered) -> tuple[str, bytes]:
    rows = [
        Row(
            house.at.api(each.name),
            each.title,
            merged(each.ids),
            (_owner(known, each.teams), each.facts.get("System", ""), len(each.products), len(known.callers(each))),
        )
        for each in known.company.apis.values()
    ]
    heads = ("API", "Owner", "System", "Products", "Callers")
    return _list(house, "APIs", "What can be called, whose it is, and by how many.", rows, heads)


def _products(house: House, known: Ordered) -> tuple[str, bytes]:
    rows = [
        Row(
            house.at.product(name),
            each.title,
            name if name != each.title else "",
            (known.company.team(each.declared.team), len(each.apis), len(known.by_product[name])),
        )
        for name, each in known.company.products.items()
    ]
    lead = "What is asked for: a product holds APIs, and rules for whoever calls them."
    return _list(house, "Products", lead, rows, ("Product", "Owner", "APIs", "Grants"))


def _teams(house: House, known: Ordered) -> tuple[str, bytes]:
    rows = [
        Row(
            house.at.team(name),
            each.value.display_name,
            name,
            (len(known.owned[name]), len(known.sold[name]), len(known.by_team[name])),
        )
        for name, each in known.company.teams.items()
    ]
    heads = ("Team", "Owns APIs", "Publishes products", "Holds grants")
    return _list(house, "Teams", "Who owns APIs, and who asks for access.", rows, heads)


def _list(house: House, title: str, lead: str, rows: Sequence[Row], heads: Sequence[str]) -> tuple[str, bytes]:
    cells = rows[0].cells if rows else ()
    numbers = {head for head, cell in zip(heads[1:], cells, strict=False) if isinstance(cell, int)}
    empty = f"There are no {title if title == 'APIs' else title.lower()} yet."
    path = f"{title.lower()}.html"
    return house.page(path, "list.html", title, lead=lead, rows=rows, heads=heads, numbers=numbers, empty=empty)


def _grants(house: House) -> Iterator[tuple[str, bytes]]:
    holds = house.company.holds
    parts = [holds[start : start + PART] for start in range(0, len(holds), PART)] or [()]
    paths = ["grants.html", *(f"grants-{number}.html" for number in range(2, len(parts) + 1))]
    named = [(path, _from_to(part[0].team, part[-1].team)) for path, part in zip(paths, parts, strict=True) if part]
    for number, (path, part) in enumerate(zip(paths, parts, strict=True), 1):
        values = {"holds": part, "total": len(holds), "number": number, "all_parts": named}
        yield house.page(path, "grants.html", "All grants", **values)


def _from_to(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def _owner(known: Ordered, teams: Sequence[str]) -> str:
    return ", ".join("nobody yet" if team == UNOWNED else known.company.team(team) for team in teams)
