"""A house and its past in; the page of what became of access over time, and one of each team's grants, out."""

from collections.abc import Iterator
from typing import Final

from reconciler.site.page import House
from reconciler.site.past import Past
from reconciler.words import count

_MOST_SAID: Final = 20


def histories(house: House, past: Past | None, why: str) -> Iterator[tuple[str, bytes]]:
    """Make the pages; without a past, the one that says why there is none."""
    lives = past.lives if past else {}
    teams = [
        (house.company.team(team), house.at.history(team), count(len({each.life.grant for each in lived}), "grant"))
        for team, lived in lives.items()
    ]
    incomplete = past.incomplete[:_MOST_SAID] if past else ()
    values = {"past": past, "why": why, "teams": teams, "incomplete": incomplete}
    yield house.page("over-time.html", "over-time.html", "Over time", **values)
    for team, lived in lives.items():
        title = f"What became of the grants of {house.company.team(team)}"
        yield house.page(house.at.history(team), "history.html", title, team=team, lives=lived)
