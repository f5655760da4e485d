"""Declarations and a day in; a campaign that asks about everything in force, and who has to answer for what, out."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date

from reconciler.declarations import UNOWNED, Declarations, Declared, Grant, Review, own_end
from reconciler.draft import Draft
from reconciler.ends import product_of
from reconciler.lasting import Lasting, names_of
from reconciler.load import REVIEWS

_HEAD = "Which access its owners look at: `reconciler review --status` says who has. What is newer is in the next one."


@dataclass(frozen=True, slots=True)
class Item:
    """One grant of a campaign. `grant` is None where its file is gone; `answered` where that is an answer, too."""

    owner: str
    name: str
    grant: Declared[Grant] | None
    answered: bool


def begun(declarations: Declarations, day: date, due: date) -> tuple[Review | None, tuple[str, ...]]:
    """Begin a campaign, of whatever is in force on a day; None where nothing is. Besides: grants that nobody owns.

    Emergencies are reviewed when they are over, and are not asked about. What no team owns is the platform team's.
    """
    found: dict[str, list[str]] = defaultdict(list)
    nobodys = []
    for grant in declarations.grants:
        if grant.value.emergency or not _in_force(grant, day):
            continue
        name = f"{grant.team}/{grant.name}"
        owner = owner_of(declarations, grant)
        if owner is None:
            nobodys.append(name)
        else:
            found[owner].append(name)
    grants = {owner: sorted(names) for owner, names in sorted(found.items())}
    if not grants:
        return None, tuple(sorted(nobodys))
    written = {"opened": str(day), "due": str(due), "grants": grants}
    return Review.model_validate(written), tuple(sorted(nobodys))


def file_of(review: Review) -> dict[str, bytes | None]:
    """Write the campaign's file."""
    draft = Draft({})
    value = {"opened": review.opened, "due": review.due, "grants": review.grants}
    draft.new(REVIEWS, value, comment=_HEAD)
    return draft.changed()


def items(declarations: Declarations, review: Review) -> tuple[Item, ...]:
    """Say of each grant of a campaign whether it is answered: it was reviewed since, or is gone."""
    lasting = Lasting(replace(declarations, review=review))
    named = {name: grant for grant in declarations.grants for name in names_of(grant)}
    return tuple(
        Item(owner, name, found, answered=found is None or not lasting.unanswered(found))
        for owner, names in review.grants.items()
        for name in names
        for found in (named.get(name),)
    )


def forgotten(declarations: Declarations, review: Review, day: date) -> tuple[str, ...]:
    """Name what has ended because nobody answered: another campaign in its place would give it back."""
    lasting = Lasting(replace(declarations, review=review))
    return tuple(
        item.name
        for item in items(declarations, review)
        if item.grant is not None
        and any(
            lasting.ends_by_review(item.grant, name) and (lasting.end(item.grant, name) or day) < day
            for name in item.grant.value.environments
        )
    )


def over(declarations: Declarations, review: Review) -> bool:
    """Whether everybody has answered."""
    return all(each.answered for each in items(declarations, review))


def owner_of(declarations: Declarations, grant: Declared[Grant]) -> str | None:
    """Name the team that answers for what a grant asks for; the platform team, where no team does."""
    product = product_of(grant)
    if product is None:
        owners = (api.team for api in declarations.apis if api.value.api == grant.value.api)
    else:
        owners = (each.team for each in declarations.products if each.name == product)
    platform = declarations.guardrails.platform_team
    known = (team for team in (*owners, platform) if team is not None and team != UNOWNED)
    return next((team for team in known if team in declarations.teams), None)


def _in_force(grant: Declared[Grant], day: date) -> bool:
    ends = (own_end(grant.value, name) for name in grant.value.environments)
    return any(end is None or end >= day for end in ends)
