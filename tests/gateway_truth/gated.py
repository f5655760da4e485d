"""Rules of a product in; the files of a company whose teams come to it by keys and tokens, for two days, out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from organisations import environment

from gateway_truth.company import DAYS, Step

CREDENTIALS = ("key", "token", "key and token", "key or token")
TIERS: Mapping[str, Mapping[str, str]] = {
    "small": {"rate": "2 per minute"},
    "monthly": {"quota": "1 per 10 minutes"},
    "wide": {},
}
AUDIENCE, ROLE = "api://orders", "Orders.Read"
FATES = ("absent", "suspended", "compromised", "ended", "cut off", "key cut off", "moved", "late")
CUTS = {"cut off": "grant {}/orders", "key cut off": "subscription {}--orders"}
WAYS: Mapping[str, Mapping[str, str]] = {"bundle": {}, "api-orders": {"api": "orders"}, "all": {"api": "*"}}


@dataclass(frozen=True)
class Gated:
    """What the rules of product `orders` are, whether API `orders` asks for a key, and what is open besides."""

    credentials: str
    at: str
    enforcement: str
    asks: bool
    opened: str  # "", "free" (another product), or "itself"

    def __str__(self) -> str:
        """Name it for a test."""
        asks = "" if self.asks else ", no key asked for"
        opened = {"": "", "free": ", an open product", "itself": ", open itself"}[self.opened]
        return f"{self.credentials} at the {self.at}, {self.enforcement}{asks}{opened}"

    @property
    def possible(self) -> bool:
        """Whether nothing contradicts: two open products cannot have one API, and a token alone opens its own."""
        alone = self.credentials in ("token", "key or token") and self.at == "product"
        return not (alone and self.opened) and not (self.opened == "itself" and self.at == "api")


GATED = tuple(
    each
    for values in product(CREDENTIALS, ("product", "api"), ("enforce", "report"), (True, False), ("", "free", "itself"))
    if (each := Gated(*values)).possible
)


@dataclass(frozen=True)
class Team:
    """A team, what becomes of its grant, its tier, and what it calls with."""

    number: int
    fate: str
    tier: str
    carries: str  # "key", "token" or "both"

    @property
    def name(self) -> str:
        return f"t{self.number}"

    @property
    def client(self) -> str:
        """Give the id of its application."""
        return f"{self.number:08x}-0000-0000-0000-000000000000"


def teams(gated: Gated) -> tuple[Team, ...]:
    """Give a team for each tier and each way to call, and one for each other fate."""
    carried = {"key": ("key",), "token": ("token",), "key and token": ("both",)}
    ways = carried.get(gated.credentials, ("key", "token", "both"))
    lasting = [("granted", tier, carries) for tier, carries in product(("", *TIERS), ways)]
    others = [(fate, ("wide", "")[n % 2], ways[n % len(ways)]) for n, fate in enumerate(FATES)]
    return tuple(Team(number, *each) for number, each in enumerate((*lasting, *others)))


def living(gated: Gated) -> dict[str, dict[str, Any]]:
    """Give the APIs."""
    shown = {"orders": gated.asks, "refunds": True}
    return {
        f"apis/{name}": {"displayName": name, "path": name, "subscriptionRequired": asks}
        for name, asks in shown.items()
    }


def steps(gated: Gated) -> Iterator[Step]:
    """Give a first day on which all but the late are granted, and a second on which each has met its fate."""
    for index, day in enumerate(DAYS[:2]):
        contents, withheld = _company(gated), []
        for team in teams(gated):
            word = team.fate if index else "absent" if team.fate == "late" else "granted"
            contents[f"{team.name}/team.yaml"] = {"display_name": team.name}
            if word != "absent":
                contents[f"{team.name}/grants/orders.yaml"] = _grant(team, word)
            if word in CUTS:
                withheld.append(CUTS[word].format(team.name))
        yield Step(day, contents, tuple(withheld))


def _grant(team: Team, word: str) -> dict[str, Any]:
    tier = "small" if word == "moved" else team.tier
    return {
        "environments": ["prod"],
        "reason": "r",
        "expires": (DAYS[0] if word == "ended" else DAYS[-1]).isoformat(),
        **({"key": True} if team.carries != "token" else {}),
        **({"clients": [team.client]} if team.carries != "key" else {}),
        **({"tier": tier} if tier else {}),
        **({"suspended": True} if word == "suspended" else {}),
        **({"revoked": "compromised"} if word == "compromised" else {}),
    }


def _company(gated: Gated) -> dict[str, Any]:
    made: dict[str, Any] = {"manage": "product", "environments": ["prod"], "apis": ["orders"]}
    orders = {**made, "credentials": gated.credentials, "tiers": TIERS, "default_tier": "monthly"}
    orders |= {"enforce_at": gated.at, "enforcement": gated.enforcement}
    if gated.credentials != "key":
        orders["oauth"] = {"audience": AUDIENCE, "roles": [ROLE]}
    if gated.opened == "itself":
        orders["subscription_required"] = False
    contents = {
        "environments.yaml": {"prod": environment()},
        "commerce/team.yaml": {"display_name": "Commerce", "email": "commerce@contoso.example"},
        "commerce/apis.yaml": [{"api": "orders"}, {"api": "refunds"}],
        "commerce/products/orders.yaml": orders,
        "commerce/products/bundle.yaml": {**made, "apis": ["orders", "refunds"]},
        "around/team.yaml": {"display_name": "Around"},
    }
    if gated.opened == "free":
        contents["commerce/products/free.yaml"] = {**made, "subscription_required": False}
    for name, thing in WAYS.items():
        way = {"environments": ["prod"], "key": True, "reason": "r", "expires": DAYS[-1].isoformat()}
        contents[f"around/grants/{name}.yaml"] = {**way, **thing}
    return contents
