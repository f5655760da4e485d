"""Declarations and a day in; how far the journey from found to governed has come, for each team and in all, out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from reconciler.declarations import UNOWNED, Declarations, Declared, Grant, Product, at
from reconciler.lasting import Lasting


@dataclass(frozen=True, slots=True)
class Score:
    """What one team has, counted once for each environment it is in. `broad` are keys that go around products."""

    team: str
    apis: int = 0
    products: int = 0
    observed: int = 0
    governed: int = 0
    enforced: int = 0
    keys: int = 0
    expired: int = 0
    broad: int = 0


COLUMNS = tuple(each.name for each in fields(Score))[1:]
ALL = "all"


def scores(declarations: Declarations, environments: Iterable[str], day: date) -> tuple[Score, ...]:
    """Give a score for each team, by name, then what has no owner, then `all` together."""
    numbers: dict[str, Counter[str]] = {team: Counter() for team in declarations.teams}
    lasting = Lasting(declarations)
    for environment in environments:
        for api in declarations.apis:
            if api.value.environments is None or environment in api.value.environments:
                numbers[api.team]["apis"] += 1
        for product in declarations.products:
            if environment in product.value.environments:
                numbers[product.team].update(_of_product(declarations, product, environment))
        for grant in declarations.grants:
            if environment in grant.value.environments:
                numbers[grant.team].update(_of_grant(grant, environment, lasting.end(grant, environment), day))
    teams = sorted(numbers, key=lambda team: (team == UNOWNED, team))
    each = [Score(team, **numbers[team]) for team in teams]
    return (*each, Score(ALL, **sum(numbers.values(), Counter())))


def _of_product(declarations: Declarations, product: Declared[Product], environment: str) -> Iterable[str]:
    says = at(product.value, product.value.in_, environment)
    mode = says.get("mode") or declarations.environments[environment].mode
    yield "products"
    yield "observed" if mode == "observe" else "governed"
    if mode == "enforce":
        yield "enforced"


def _of_grant(grant: Declared[Grant], environment: str, end: date | None, day: date) -> Iterable[str]:
    says = at(grant.value, grant.value.in_, environment)
    if says.get("key"):
        yield "keys"
        if grant.value.api is not None:
            yield "broad"
    if end and end < day:
        yield "expired"
