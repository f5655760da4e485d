"""A situation and the fates of grants in; the files of a company for each day, and what lives there undeclared, out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

from organisations import TODAY, environment

Fate = tuple[str, ...]
"""What becomes of a grant, a word for each step."""

WORDS = ("granted", "absent", "suspended", "ended", "cut off", "compromised")
DAYS = tuple(TODAY + timedelta(days=days) for days in (0, 1, 40, 41))  # the third is past the grace of the second
THINGS: Mapping[str, Mapping[str, str]] = {  # the names of grants, and what they are for besides the product so called
    "orders": {},
    "bundle": {},
    "refunds": {},
    "api-orders": {"api": "orders"},
    "api-refunds": {"api": "refunds"},
    "all": {"api": "*"},
}
STATES = ("active", "suspended", "submitted", "rejected", "cancelled", "expired")
PROTECTED = "monitoring"
MODES = ("add", "enforce", "observe")


@dataclass(frozen=True)
class Situation:
    """In which mode everything but the first step is applied; whether API `orders` asks for a key, and is open."""

    mode: str
    asks: bool
    opened: bool

    def __str__(self) -> str:
        """Name it for a test."""
        asks = "asks for a key" if self.asks else "asks for none"
        return f"{self.mode}, the API {asks}{', and an open product has it' if self.opened else ''}"


@dataclass(frozen=True)
class Step:
    """What is declared and cut off by hand on a day."""

    day: date
    contents: dict[str, Any]
    withheld: tuple[str, ...] = ()


SITUATIONS = tuple(Situation(*each) for each in product(MODES, (True, False), (True, False)))


def fates(*words: Iterable[str]) -> tuple[Fate, ...]:
    """Give every fate made of the words that each step allows."""
    return tuple(product(*words))


FATES = fates(WORDS[:2], WORDS[:2], WORDS, WORDS)
FEW = fates(*[WORDS[:2]] * 4)


def steps(situation: Situation, fates: Iterable[Fate]) -> Iterator[Step]:
    """Give one step after the other. Each fate is a team's, which has it for everything that can be asked for."""
    teams = {"-".join(word[:2] for word in fate): fate for fate in fates}
    for index in range(max(map(len, teams.values()))):
        words = {team: fate[index] for team, fate in teams.items()}
        last = index == len(DAYS) - 1
        contents = {**_company(situation, first=index == 0, last=last), **_teams(words, DAYS[index])}
        yield Step(DAYS[index], contents, tuple(_cut(words)))


def living(situation: Situation) -> dict[str, dict[str, Any]]:
    """Give what nobody declares: APIs, one of them on a product, and keys made by hand, in every state."""
    shown = {"orders": situation.asks, "refunds": True}
    apis = {
        f"apis/{name}": {"displayName": name, "path": name, "subscriptionRequired": asks}
        for name, asks in shown.items()
    }
    scopes = {"orders": "/products/orders", "bundle": "/products/bundle", "api": "/apis/orders", "every": "/apis"}
    products = {f"products/{name}": {"displayName": name.title()} for name in ("orders", "bundle")}
    products["products/orders/apis/refunds"] = {}
    hand = {
        f"subscriptions/{state}-{name}": {"displayName": f"{state} {name}", "scope": scope, "state": state}
        for state, (name, scope) in product(STATES, scopes.items())
    }
    guarded = {"displayName": "Monitoring", "scope": "/products/orders", "state": "active"}
    return {**apis, **products, **hand, f"subscriptions/{PROTECTED}": guarded}


def _company(situation: Situation, *, first: bool, last: bool) -> dict[str, Any]:
    mode = "add" if first else situation.mode
    made: dict[str, Any] = {"manage": "product", "environments": ["prod"]}
    contents = {
        "environments.yaml": {"prod": environment(mode=mode)},
        "guardrails.yaml": {"protect": {"subscriptions": [PROTECTED]}},
        "commerce/team.yaml": {"display_name": "Commerce"},
        "commerce/apis.yaml": [{"api": "orders"}, {"api": "refunds"}],
        "commerce/products/orders.yaml": {**made, "display_name": "Orders", "apis": ["orders"]},
        "commerce/products/refunds.yaml": {**made, "display_name": "Refunds", "apis": ["refunds"]},
        "commerce/products/bundle.yaml": {
            **made,
            "display_name": "Bundle",
            "apis": ["refunds"] if last else ["orders", "refunds"],
        },
    }
    if situation.opened:
        free = {**made, "display_name": "Free", "subscription_required": False, "apis": ["orders"]}
        contents["commerce/products/free.yaml"] = free
    return contents


def _teams(words: Mapping[str, str], day: date) -> dict[str, Any]:
    contents: dict[str, Any] = {f"{team}/team.yaml": {"display_name": team.upper()} for team in words}
    for (team, word), (name, thing) in product(words.items(), THINGS.items()):
        if word != "absent":
            contents[f"{team}/grants/{name}.yaml"] = {**_grant(word, day), **thing}
    return contents


def _grant(word: str, day: date) -> dict[str, Any]:
    ends = day + timedelta(days=-1 if word == "ended" else 0 if word == "granted" else 100)
    said = {"environments": ["prod"], "key": True, "reason": "r", "expires": ends.isoformat()}
    more = {"suspended": {"suspended": True}, "compromised": {"revoked": "compromised"}}
    return {**said, **more.get(word, {})}


def _cut(words: Mapping[str, str]) -> Iterator[str]:
    """Name what is cut off, each thing in another of the ways in which that can be said."""
    for team, word in words.items():
        if word == "cut off":
            yield from (f"grant {team}/{name}" for name in THINGS if name != "orders")
            yield f"subscription {team}--orders"
