"""A number of days in; what ends within them, team by team, the soonest first, out."""

from collections import defaultdict
from typing import Final

from pydantic import Field

from reconciler.assist.parts import Use, uses
from reconciler.assist.question import NoAnswer, Shown, paged
from reconciler.assist.text import Answer
from reconciler.assist.world import World
from reconciler.ends import ended

LONGEST: Final = 366
_MOST: Final = 60


class TeamsEnds(Answer):
    """What of one team ends."""

    team: str
    ends: list[Use]


class Ends(Answer):
    """What ends soon."""

    teams: list[TeamsEnds]
    shown: Shown
    over: list[str] = Field(default_factory=list, description="Files whose last day is past already.")
    to_renew: str = (
        "draft_request for the same team, product and component gives the file a later end; or the team's own "
        "`reconciler renew`. The owner decides again."
    )


def ending(world: World, days: int, team: str | None, page: int) -> Ends:
    """Find what ends from today within so many days."""
    if not 0 <= days <= LONGEST:
        raise NoAnswer(f"`days` is from 0 to {LONGEST}.")
    only = world.team(team) if team is not None else None
    found = [
        use
        for environment, each in world.access.items()
        for use in uses(world, environment, (one for one in each if only in (None, one.who)))
        if use.until is not None and 0 <= (use.until - world.day).days <= days
    ]
    found.sort(key=lambda use: (use.until, use.who, use.environment, use.product or ""))
    part, shown = paged(found, page, _MOST)
    by_team: dict[str, list[Use]] = defaultdict(list)
    for use in part:
        by_team[use.who].append(use)
    past = {end.grant.path for end in ended(world.declarations, world.day) if only in (None, end.grant.team)}
    return Ends(
        teams=[TeamsEnds(team=name, ends=ends) for name, ends in by_team.items()],
        shown=shown,
        over=[world.files.shown(path) for path in sorted(past)][:_MOST],
    )
