"""Declarations before and after a change in; who must approve it, and why, out: a team, or one of several.

What Azure does not store counts like what it does: a later end, another reason, who reviews for a team, whom its group
stands for. Who owns something is said by the declarations before the change, never by the change itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from reconciler.approvals.apis import Owners, of_apis
from reconciler.approvals.guarded import is_emergency, of_classifications, of_rules
from reconciler.approvals.need import Need
from reconciler.approvals.reaching import Reach, of_reach, says_in
from reconciler.approvals.taking import only_reviews, only_revokes, takes_away
from reconciler.declarations import UNOWNED, Declarations, Declared, Grant, Product, Reviewed, Team, at
from reconciler.load import ADOPTION, BACKSTAGE, ENVIRONMENTS, GUARDRAILS, REVIEWS

_WHO_THEY_ARE = ("entra_group", "group")

T = TypeVar("T")
Key = TypeVar("Key")
Name = tuple[str, str]


def needed(
    base: Declarations, head: Declarations, *, created: frozenset[str] = frozenset(), day: date = date.min
) -> tuple[Need, ...]:
    """Say who must approve what makes `head` of `base`, sorted, each need once.

    `created` names the products that a plan showed to be new in every service: of any other new one nobody knows
    whether it takes over what lives, which the platform team decides. As of `day` it is measured how long a grant runs:
    without one, every grant is too long for a rule and for an emergency.
    """
    return tuple(sorted(set(_Change(base, head, created, day).needs())))


class _Change:
    def __init__(self, base: Declarations, head: Declarations, created: frozenset[str], day: date) -> None:
        self.base, self.head, self.created, self.day = base, head, created, day
        platform = base.guardrails.platform_team
        self.platform: tuple[str, ...] = (platform,) if platform in base.teams and platform is not None else ()
        self.products = {product.name: product for product in base.products}
        self.owners = Owners(base, head)
        self.reach = Reach(base, head, self.owners, self.of_api, self.platform)

    def needs(self) -> Iterator[Need]:
        yield from self.of_everybody()
        yield from self.of_teams()
        yield from of_apis(self.base, self.head, self.owners, self.judges)
        yield from self.of_products()
        yield from self.of_grants()
        yield from self.of_fragments()
        yield from of_rules(self.base, self.head, self.judges, self.day)
        yield from of_classifications(self.base, self.head, self.owners, self.platform)

    def judges(self, *teams: str) -> tuple[str, ...]:
        """Name who may decide for a team: itself, if it was there before the change, else the platform team."""
        known = tuple(dict.fromkeys(team for team in teams if team in self.base.teams and team != UNOWNED))
        return known or self.platform

    def of_everybody(self) -> Iterator[Need]:
        sides = (
            (self.base.environments, self.head.environments, ENVIRONMENTS, "the services and their limits change"),
            (self.base.guardrails, self.head.guardrails, GUARDRAILS, "the rules for everybody change"),
            (self.base.owner_map, self.head.owner_map, ADOPTION, "whose things are when they are adopted changes"),
            (self.base.backstage, self.head.backstage, BACKSTAGE, "what Backstage shows, and where it asks, changes"),
            (self.base.review, self.head.review, REVIEWS, "which access is reviewed, and by when, changes"),
        )
        for before, after, path, why in sides:
            if before != after:
                yield Need(self.platform, why, path)

    def of_teams(self) -> Iterator[Need]:
        for name, before, after in _pairs(self.base.teams, self.head.teams):
            if before is None:
                yield Need(self.platform, f"{name} is a new team", after.path)
            elif after is None:
                yield Need(self.judges(name), f"{name} is no team any more", before.path)
            elif before.value != after.value:
                yield Need(self.judges(name), f"who {name} is changes", after.path)
                if self.stands_for(before, "group") != self.stands_for(after, "group"):
                    yield Need(self.platform, f"{name} takes over a group that may live", after.path)
                if any(self.stands_for(before, part) != self.stands_for(after, part) for part in _WHO_THEY_ARE):
                    yield from self.of_members(name, after.path)

    def stands_for(self, team: Declared[Team], part: str) -> list[object]:
        """Give what it says in each environment: nothing, said there, is something else than nothing said there."""
        names = dict.fromkeys((*self.base.environments, *self.head.environments))
        return [at(team.value, team.value.in_, name).get(part) for name in names]

    def of_members(self, team: str, path: str) -> Iterator[Need]:
        """Other people stand for the team: they see what it sees, and its owners decide that."""
        for grant in (*self.base.grants, *self.head.grants):
            if grant.team == team and _anywhere(grant.value, "portal"):
                yield from (Need(judges, f"other people see it as {team}", path) for judges in self.of_product(grant))

    def of_products(self) -> Iterator[Need]:
        head = {product.name: product for product in self.head.products}
        for name, before, after in _pairs(self.products, head):
            if after is None:
                yield Need(self.judges(before.team), f"product {name} goes", before.path)
                continue
            if before is None:
                yield Need(self.judges(after.team), f"product {name} is new", after.path)
            elif before.team != after.team:
                yield Need(self.judges(before.team), f"product {name} becomes {after.team}'s", after.path)
                yield Need(self.judges(after.team), f"product {name} becomes {after.team}'s", after.path)
            elif before.value != after.value:
                yield Need(self.judges(before.team), f"product {name} changes", after.path)
            if name not in self.created and not self.is_known(before, after):
                yield Need(self.platform, f"product {name} may be one that lives", after.path)
            yield from of_reach(before, after, self.reach)

    def is_known(self, before: Declared[Product] | None, after: Declared[Product]) -> bool:
        """Whether everything that a product stands for in a service was this team's before."""
        former = self.products.get(after.value.formerly or "")
        if before is None and former is not None and former.team == after.team:
            before = former
        elif after.value.formerly and (before is None or before.value.formerly != after.value.formerly):
            return False
        if before is None:
            return False
        ids = (says_in(before, environment).get("id") for environment in after.value.environments)
        now = (says_in(after, environment).get("id") for environment in after.value.environments)
        return {*after.value.environments} <= {*before.value.environments} and [*ids] == [*now]

    def of_grants(self) -> Iterator[Need]:
        for (team, _), before, after in _pairs(_by(self.base.grants, _named), _by(self.head.grants, _named)):
            if before is not None and before.value.emergency and not self.goes_on(before, after):
                why = f"{team}'s emergency with {_what(before)} is over, and is reviewed"
                yield from (Need(judges, why, before.path) for judges in self.reviewers(before))
            elif before is not None and (after is None or _what(after) != _what(before)):
                why = f"{team} gives {_what(before)} back"
                yield from (Need(self.judges(team, *judges), why, before.path) for judges in self.of_product(before))
            if after is not None:
                yield from self.of_grant(before, after)

    def of_grant(self, before: Declared[Grant] | None, after: Declared[Grant]) -> Iterator[Need]:
        what = f"{after.team} asks for {'something else of ' * (before is not None)}{_what(after)}"
        if is_emergency(after.value, self.day):
            for judges in self.of_product(after):
                whoever = tuple(dict.fromkeys((*judges, *self.platform)))
                yield Need(whoever, f"EMERGENCY: {what}", after.path)
        elif before is not None and only_revokes(before, after):
            why = f"{after.team} says that its access to {_what(after)} is compromised"
            yield from (Need(self.judges(after.team, *judges), why, after.path) for judges in self.of_product(after))
        elif before is not None and only_reviews(before, after):
            why = f"{after.team}'s access to {_what(after)} is reviewed"
            yield from (Need(judges, why, after.path) for judges in self.of_product(after))
        elif not self.automatic(after) or _answered(before) != _answered(after):
            yield from (Need(judges, what, after.path) for judges in self.of_product(after))
        elif before is not None and takes_away(before, after):
            why = f"{after.team} gives up some of {_what(after)}"
            yield from (Need(self.judges(after.team, *judges), why, after.path) for judges in self.of_product(after))
        if after.value.api is not None:
            why = f"{after.team}'s key for {_what(after)} goes around products"
            yield Need(self.platform, why, after.path)
        yield from self.of_claims(before, after)

    def goes_on(self, before: Declared[Grant], after: Declared[Grant] | None) -> bool:
        """Whether an emergency is still one, and about the same: only then nobody has to look at it yet."""
        return after is not None and is_emergency(after.value, self.day) and _what(after) == _what(before)

    def reviewers(self, grant: Declared[Grant]) -> Iterator[tuple[str, ...]]:
        """Name who reviews an emergency: who decides about the product, and never the team that had it."""
        for judges in self.of_product(grant):
            yield tuple(team for team in judges if team != grant.team) or self.platform

    def of_claims(self, before: Declared[Grant] | None, after: Declared[Grant]) -> Iterator[Need]:
        for environment in after.value.environments:
            claimed = at(after.value, after.value.in_, environment).get("subscription")
            if claimed and claimed != says_in(before, environment).get("subscription"):
                yield Need(self.platform, f"{after.team} takes over subscription {claimed}", after.path)

    def of_product(self, grant: Declared[Grant]) -> tuple[tuple[str, ...], ...]:
        """Name who may decide about a grant: the owner before the change, and whom the owner lets decide, too.

        An API may have another owner in each environment: then each of them decides.
        """
        if grant.value.api is not None:
            return tuple({self.of_api(grant.value.api, each): None for each in grant.value.environments})
        product = self.products.get(grant.value.product or grant.name)
        if product is None:  # new in this very change: whoever publishes it decides
            named = (each for each in self.head.products if each.name == (grant.value.product or grant.name))
            return (self.judges(*(each.team for each in named)),)
        return (self.judges(product.team, *(product.value.approvers or ())),)

    def of_api(self, api: str, environment: str) -> tuple[str, ...]:
        owner = self.owners.of(api, environment)
        return self.judges(owner) if owner else self.platform

    def automatic(self, grant: Declared[Grant]) -> bool:
        product = self.products.get(grant.value.product or grant.name)
        return product is not None and grant.value.api is None and product.value.approval == "automatic"

    def of_fragments(self) -> Iterator[Need]:
        for (team, name), before, after in _pairs(_by(self.base.fragments, _named), _by(self.head.fragments, _named)):
            if before is None or after is None or before.value != after.value:
                path = (after or before).path
                others = sorted(each.team for each in self.base.fragments if each.name == name)
                for owner in others or [team]:
                    yield Need(self.judges(owner), f"fragment {name} changes", path)
                if not others:
                    yield Need(self.platform, f"fragment {name} may be one that lives", path)


def _pairs(base: Mapping[Key, T], head: Mapping[Key, T]) -> Iterator[tuple[Key, Any, Any]]:
    for key in dict.fromkeys((*base, *head)):
        if base.get(key) != head.get(key):
            yield key, base.get(key), head.get(key)


def _by(items: Iterable[Declared[T]], key: Callable[[Declared[T]], Name]) -> dict[Name, Declared[T]]:
    return {key(item): item for item in items}


def _named(item: Declared[Any]) -> Name:
    return item.team, item.name


def _answered(grant: Declared[Grant] | None) -> Reviewed | None:
    """Give the answer to a review: whose the product is says it, also where requests are let through."""
    return grant.value.reviewed if grant else None


def _anywhere(value: Any, name: str) -> bool:
    return any(at(value, value.in_, environment).get(name) for environment in value.environments)


def _what(grant: Declared[Grant]) -> str:
    if grant.value.api is not None:
        return "every API" if grant.value.api == "*" else f"API {grant.value.api}"
    return grant.value.product or grant.name
