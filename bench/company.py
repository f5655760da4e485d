"""A size and random numbers in; a company's declarations as values, in the words of the YAML, out."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from bench.names import api_names, person, portal_id, product_names, team_names, title, zipf
from bench.policies import fragment
from bench.sizes import Size

T = TypeVar("T")
Values = dict[str, Any]
_TRIES = 100  # for each grant: popular pairs come up again and again
_COMPONENTS = ("web", "app", "batch", "reports", "kiosk", "worker", "import", "sync")
_REASONS = (
    "Show the figures of the last month",
    "The nightly run compares both sides",
    "Customers see it in the app",
    "Needed until the old platform is gone",
    "Support answers questions with it",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One declaration: whose, its name, its values; of a fragment, its text."""

    team: str
    name: str
    values: Values


@dataclass(frozen=True, slots=True)
class Company:
    """Everything that is declared. `teams` is by name, `apis` in the order of their owners' lists."""

    teams: dict[str, Values]
    apis: tuple[Item, ...]
    products: tuple[Item, ...]
    grants: tuple[Item, ...]
    fragments: tuple[Item, ...]


def draw(rng: Random, size: Size, day: date) -> Company:
    """Draw a company. Products stand by popularity: the first are asked for most."""
    teams = team_names(rng, size.teams)
    of_domains = _by_domain(teams, str)
    apis = _apis(rng, of_domains, size.apis)
    products = _products(rng, of_domains, apis, size.products)
    return Company(
        teams={name: _team(rng, name) for name in teams},
        apis=tuple(apis),
        products=tuple(products),
        grants=tuple(_grants(rng, teams, products, size.grants, day)),
        fragments=tuple(_fragments(rng, teams, size.fragments)),
    )


def _team(rng: Random, name: str) -> Values:
    values: Values = {"display_name": title(name), "email": f"{name}@contoso.example", "github": f"contoso/{name}"}
    if rng.random() < 0.4:
        values["entra_group"] = f"5f0c0000-0000-4000-8000-{rng.getrandbits(48):012x}"
    if rng.random() < 0.3:
        first, last = person(rng)
        values["description"] = f"Ask {first} {last}."
    return values


def _by_domain(things: Iterable[T], name: Callable[[T], str]) -> dict[str, list[T]]:
    """Group by the first word of a name: `payments-risk` is in payments."""
    found: dict[str, list[T]] = defaultdict(list)
    for thing in things:
        found[_domain(name(thing))].append(thing)
    return found


def _domain(name: str) -> str:
    return name.partition("-")[0]


def _apis(rng: Random, teams: dict[str, list[str]], count: int) -> list[Item]:
    """Most ids carry the environment's letter, some older ones do not."""
    found = []
    for name in api_names(rng, sorted(teams), count):
        letter = "" if rng.random() < 0.1 else "-$(letter)"
        values: Values = {"api": f"{name}{letter}", "lifecycle": rng.choice(("production", "production", "deprecated"))}
        if rng.random() < 0.5:
            values["system"] = _domain(name)
        found.append(Item(rng.choice(teams[_domain(name)]), values["api"], values))
    return found


def _products(rng: Random, teams: dict[str, list[str]], apis: list[Item], count: int) -> list[Item]:
    names = product_names(rng, sorted(teams), count)
    of_domains = _by_domain(apis, lambda api: api.team)
    for_everybody = iter(rng.sample(apis, len(apis)))  # an API can be on one open product at most
    found: list[Item] = []
    for index, name in enumerate(names):
        team = rng.choice(teams[_domain(name)])
        values: Values = {"environments": ["dev", "prod"] if rng.random() < 0.7 else ["prod"]}
        values |= _mode(index)
        if index % 40 == 9:
            only = [next(for_everybody).name]
            found.append(Item(team, name, values | {"manage": "product", "subscription_required": False, "apis": only}))
            continue
        if rng.random() < 0.7:
            values |= _own_properties(rng, name)
        if index % 20 == 4 or rng.random() < 0.1:
            values |= {"visible_to": ["developers"]}
            values |= {"approval_required": True} if values.get("manage") else {"self_service": True}
        if rng.random() < 0.9:
            values["apis"] = _some_apis(rng, of_domains[_domain(team)], apis)
        found.append(Item(team, name, values))
    return found


def _mode(index: int) -> Values:
    """One product in ten is enforced, one in twenty-five only observed; the others go by the environment: add."""
    if index % 10 == 4:
        return {"mode": "enforce"}
    return {"mode": "observe"} if index % 25 == 7 else {}


def _own_properties(rng: Random, name: str) -> Values:
    values: Values = {"manage": "product", "display_name": title(name), "published": rng.random() < 0.9}
    if rng.random() < 0.6:
        values["description"] = f"{title(name)}: read & write, für alle"
    if rng.random() < 0.2:
        values["terms"] = "Only for systems that are in our catalogue."
    if rng.random() < 0.1:
        values["subscriptions_limit"] = rng.randint(1, 5)
    return values


def _some_apis(rng: Random, near: list[Item], apis: list[Item]) -> list[str]:
    """Most products carry one or two APIs, some fifteen; a third of them come from elsewhere."""
    count = min(rng.choices((1, 2, 3, 5, 15), (55, 25, 10, 7, 3))[0], len(apis))
    chosen = {rng.choice(near if near and rng.random() < 0.67 else apis).name: None for _ in range(count)}
    return list(chosen)


def _grants(rng: Random, teams: list[str], products: list[Item], count: int, day: date) -> list[Item]:
    of_products = list(accumulate(zipf(len(products), flat=2, power=0.9)))
    of_teams = list(accumulate(zipf(len(teams), flat=5, power=0.6)))
    found: dict[tuple[str, str], Item] = {}
    for _ in range(count * _TRIES):
        if len(found) == count:
            return list(found.values())
        product = rng.choices(products, cum_weights=of_products)[0]
        team = rng.choices(teams, cum_weights=of_teams)[0]
        component = rng.choice(_COMPONENTS)
        name = product.name if (team, product.name) not in found else f"{product.name}-{component}"
        if product.team == team or (team, name) in found:
            continue
        values = _grant(rng, product, day)
        if name != product.name:
            values |= {"product": product.name, "component": component}
        found[team, name] = Item(team, name, values)
    raise ValueError(f"{count} different grants are not to be had of {len(teams)} teams and {len(products)} products")


def _grant(rng: Random, product: Item, day: date) -> Values:
    asks = [{"key": True}, {"key": True, "portal": True}, {"portal": True}]
    values: Values = {"environments": ["prod"], "reason": rng.choice(_REASONS)}
    if product.values.get("subscription_required") is False:
        values |= {"portal": True}
    else:
        values |= rng.choices(asks, (84, 10, 6))[0]
    values["expires"] = (day + timedelta(days=rng.randint(20, 364))).isoformat()
    if "dev" in product.values["environments"] and rng.random() < 0.6:
        values["environments"] = ["dev", "prod"]
        if rng.random() < 0.2:
            values["in"] = {"dev": {"expires": (day + timedelta(days=rng.randint(5, 90))).isoformat()}}
    if values.get("key") and not values.get("portal") and rng.random() < 0.04:
        values["in"] = {**values.get("in", {}), "prod": {"subscription": portal_id(rng)}}
    return values


def _fragments(rng: Random, teams: list[str], count: int) -> list[Item]:
    found = []
    for index in range(count):
        team = rng.choice(teams)
        name = f"{team}-{rng.choice(('limits', 'headers', 'checks', 'origins'))}-{index}"
        found.append(Item(team, name, {"text": fragment(rng, name)}))
    return found
