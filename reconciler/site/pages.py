"""A house, and what was found besides, in; every file of its site, by path, out: the same input, the same bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from reconciler.declarations import UNOWNED
from reconciler.site import data, timeline
from reconciler.site.histories import histories
from reconciler.site.lacking import Missing
from reconciler.site.lists import lists
from reconciler.site.noticed import Group
from reconciler.site.ordered import Ordered, ordered
from reconciler.site.page import House
from reconciler.site.past import Past
from reconciler.site.things import things
from reconciler.site.vendored import ZOOM, assets, vendored
from reconciler.words import count

_NEXT: Final = 6
_MOST: Final = 200  # texts of one rule: what goes on for pages is counted


@dataclass(frozen=True, slots=True)
class Besides:
    """What is told beside the declarations."""

    findings: tuple[Group, ...] = ()
    audited: bool = False
    past: Past | None = None
    no_past: str = "They were built without git."
    missing: tuple[Missing, ...] = ()


def site(house: House, besides: Besides) -> dict[str, bytes]:
    """Make every file of the site."""
    return dict(sorted(_files(house, besides, ordered(house.company))))


def _files(house: House, besides: Besides, known: Ordered) -> Iterator[tuple[str, bytes]]:
    yield ".nojekyll", b""
    yield from assets()
    yield "assets/data/search.js", data.search(house.company, house.at)
    yield "assets/data/matrix.js", data.matrix(house.company, house.at)
    yield _index(house, besides)
    yield from lists(house, known)
    yield from things(house, known, besides.past.lives if besides.past else ())
    yield house.page("matrix.html", "matrix.html", "Matrix", zoom=ZOOM)
    yield from _timeline(house)
    yield house.page(
        "findings.html", "findings.html", "Findings", groups=besides.findings, audited=besides.audited, most=_MOST
    )
    yield from histories(house, besides.past, besides.no_past)
    yield house.page("about.html", "about.html", "About these pages", missing=besides.missing, vendored=vendored())


def _index(house: House, besides: Besides) -> tuple[str, bytes]:
    company = house.company
    unowned = sum(UNOWNED in each.teams for each in company.apis.values())
    found = sum(len(each.texts) for each in besides.findings if each.level != "note")
    cards = (
        (len(company.apis), "APIs", "apis.html", f"{unowned} without an owner" if unowned else "each with an owner"),
        (len(company.products), "products", "products.html", "what teams ask for"),
        (len(company.teams.keys() - {UNOWNED}), "teams", "teams.html", "who owns and who asks"),
        (len({each.grant.path for each in company.holds}), "grants", "grants.html", "who holds what until when"),
        (found, "finding" if found == 1 else "findings", "findings.html", "what to look at"),
    )
    ends = [each for each in company.holds if each.stands == "in force" and each.until]
    return house.page(
        "index.html", "index.html", "Start", cards=cards, next=sorted(ends, key=attrgetter("by_end"))[:_NEXT]
    )


def _timeline(house: House) -> Iterator[tuple[str, bytes]]:
    found = timeline.months(house.company)
    endless = sum(each.until is None for each in house.company.holds)
    verb = "is" if endless == 1 else "are"
    lead = f"{count(endless, 'grant')} without an end {verb} not in it." if endless else "Every grant has an end."
    picture = timeline.chart(found) if found else None
    yield house.page("timeline.html", "timeline.html", "What ends when", months=found, chart=picture, lead=lead)
    for before, month, after in zip((None, *found), found, (*found[1:], None), strict=False):
        title = f"What ends in {month.name}"
        yield house.page(month.path, "month.html", title, holds=month.holds, before=before, after=after)
