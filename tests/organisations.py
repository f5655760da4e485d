"""Generated organisations: plain values that become the files people would write, and the service they meet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from reconciler.check import check
from reconciler.declarations import Declarations
from reconciler.declarations.gate import asks_for_no_key
from reconciler.load import load
from reconciler.sources import Files

TODAY = date(2026, 11, 23)
SERVICE = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.ApiManagement/service/apim-test"
TENANT = "7c9e0000-0000-0000-0000-000000000000"
ENDPOINT = "https://localhost:8443"
TEAMS = ("checkout", "commerce", "a-b", "a", "b-c")
APIS = ("orders", "order-events", "refunds", "echo;v", "prices")
PRODUCTS = ("basic", "gold", "b", "b-c")
TOKENS = (
    {"audience": "api://orders"},
    {"audience": ["api://orders", "api://prices"], "roles": ["Read"], "scopes": ["read"]},
    {"audience": "api://$(env)", "issuer": "https://id.contoso.example", "claim": "cid"},
)
DAYS = (TODAY - timedelta(days=40), TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=20))


def files(contents: Mapping[str, Any]) -> Files:
    """Write values as files: JSON is YAML 1.2, and text is kept as it is."""
    return Files(
        "access",
        {
            path: (value if isinstance(value, str) else json.dumps(value)).encode()
            for path, value in sorted(contents.items())
        },
    )


def declared(contents: Mapping[str, Any], day: date = TODAY) -> Declarations:
    """Load values that are meant to be valid."""
    written = files(contents)
    loaded = load(written)
    problems = [*loaded.problems, *check(loaded, written, day)]
    assert not problems, "\n".join(map(str, problems))
    return loaded.declarations


def environment(**more: Any) -> dict[str, Any]:
    """Describe the one service of most tests."""
    return {"service": SERVICE, "tenant": TENANT, "endpoint": ENDPOINT, "mode": "add", **more}


def organisation(**more: Any) -> dict[str, Any]:
    """Give a small company: commerce owns orders and refunds, checkout asks. `more` adds files or takes them (None)."""
    contents: dict[str, Any] = {
        "environments.yaml": {"prod": environment()},
        "commerce/team.yaml": {"display_name": "Commerce", "email": "commerce@contoso.example"},
        "commerce/apis.yaml": [{"api": "orders"}, {"api": "refunds"}],
        "commerce/products/orders.yaml": {
            "manage": "product",
            "display_name": "Orders",
            "environments": ["prod"],
            "apis": ["orders"],
        },
        "checkout/team.yaml": {"display_name": "Checkout"},
        "checkout/grants/orders.yaml": {
            "environments": ["prod"],
            "key": True,
            "reason": "Show the order history",
            "expires": "2027-06-30",
        },
    }
    contents |= {path.replace("__", "/"): value for path, value in more.items()}
    return {path: value for path, value in contents.items() if value is not None}


@dataclass(frozen=True)
class World:
    """What is declared, and what lives in the service that nobody declared."""

    contents: dict[str, Any]
    living: dict[str, dict[str, Any]] = field(default_factory=dict)


@st.composite
def worlds(draw: st.DrawFn, modes: tuple[str, ...] = ("add", "enforce", "observe")) -> World:
    """Draw a company and the service it meets."""
    teams = draw(st.lists(st.sampled_from(TEAMS), min_size=1, max_size=4, unique=True))
    contents: dict[str, Any] = {
        "environments.yaml": {
            "prod": environment(
                mode=draw(st.sampled_from(modes)),
                marks=draw(st.sampled_from([[], ["tag"], ["contact"], ["tag", "contact"]])),
                limits={"removals": {"percent": 100}},
            )
        },
        "guardrails.yaml": {"max_duration": "unlimited"},
    }
    owned = draw(_owners(teams, APIS))
    made = draw(_owners(teams, PRODUCTS))
    for index, team in enumerate(teams):
        entra = {"entra_group": f"5f0c0000-0000-0000-0000-00000000000{index}"} if draw(st.booleans()) else {}
        contents[f"{team}/team.yaml"] = {"display_name": team.title(), **entra}
        if apis := [api.replace(";", "-") for api, owner in owned.items() if owner == team]:
            alone = apis[:1] if draw(st.booleans()) else []
            contents |= {f"{team}/apis/{api}.yaml": {"api": api} for api in alone}
            contents |= (
                {f"{team}/apis.yaml": [{"api": api} for api in apis[len(alone) :]]} if apis[len(alone) :] else {}
            )
        if draw(st.integers(0, 3)) == 0:
            contents[f"{team}/fragments/f-{team}.xml"] = (
                f'<fragment><set-variable name="{team}" value="1" /></fragment>'
            )
    for product, owner in made.items():
        contents[f"{owner}/products/{product}.yaml"] = draw(_product([api.replace(";", "-") for api in owned], modes))
    fragments = [path.rpartition("/")[2].removesuffix(".xml") for path in contents if path.endswith(".xml")]
    ruled: set[str] = set()
    opened: set[str] = set()
    for product in made:
        settings = contents[f"{made[product]}/products/{product}.yaml"]
        settings |= draw(_rules(settings, fragments, ruled))
        _once_open(settings, opened)
        if "display_name" in settings:
            settings["display_name"] += f" {product}"  # Azure takes each once
        for team in draw(st.lists(st.sampled_from(teams), max_size=3, unique=True)):
            contents[f"{team}/grants/{product}.yaml"] = draw(_grant(settings))
    return World(contents, draw(_living([api.replace(";", "-") for api in owned], made, contents)))


@st.composite
def _owners(draw: st.DrawFn, teams: list[str], names: tuple[str, ...]) -> dict[str, str]:
    chosen = draw(st.lists(st.sampled_from(names), max_size=4, unique=True))
    return {name: draw(st.sampled_from(teams)) for name in chosen}


@st.composite
def _product(draw: st.DrawFn, apis: list[str], modes: tuple[str, ...]) -> dict[str, Any]:
    settings: dict[str, Any] = {"environments": ["prod"], "manage": draw(st.sampled_from(["product", "access"]))}
    if apis and draw(st.booleans()):
        settings["apis"] = draw(st.lists(st.sampled_from(apis), max_size=3, unique=True))
    if draw(st.booleans()):
        settings["mode"] = draw(st.sampled_from(modes))
    if draw(st.integers(0, 3)) == 0:
        settings |= {"visible_to": ["developers"], "self_service": True}
    if settings["manage"] == "product":
        optional = {
            "display_name": st.sampled_from(["Basic", "Gold & Co", "Ünïcode"]),
            "description": st.just("What it is for"),
            "published": st.booleans(),
            "subscriptions_limit": st.integers(1, 5),
        }
        settings |= {key: draw(values) for key, values in optional.items() if draw(st.booleans())}
        if "self_service" not in settings and "subscriptions_limit" not in settings and draw(st.integers(0, 4)) == 0:
            settings["subscription_required"] = False
    return settings


@st.composite
def _rules(draw: st.DrawFn, settings: dict[str, Any], fragments: list[str], ruled: set[str]) -> dict[str, Any]:
    """Draw what a call must carry, tiers and includes; `ruled` are APIs whose policies hold rules already."""
    rules: dict[str, Any] = {}
    if fragments and draw(st.booleans()):
        rules["include"] = draw(st.lists(st.sampled_from(fragments), max_size=2, unique=True))
    closed = {"self_service", "subscriptions_limit"} & settings.keys()  # Azure drops these from an open product
    by_key = ["key", "key and token"]
    credentials = draw(st.sampled_from(by_key if closed else [*by_key, "token", "key or token"]))
    if draw(st.integers(0, 2)) == 0:
        rules["tiers"] = {"standard": {"rate": "10 per minute"}, "partner": {"quota": "1000 per 30 days"}}
        rules["default_tier"] = draw(st.sampled_from(["standard", "partner"]))
    if credentials != "key" and settings.get("subscription_required") is None:
        rules |= {"credentials": credentials, "oauth": draw(st.sampled_from(TOKENS))}
    if "tiers" in rules or "oauth" in rules:
        rules["accepts"] = ["subscription everything"]
        rules["enforcement"] = draw(st.sampled_from(["enforce", "enforce", "report"]))
        apis = set(settings.get("apis") or ())
        if apis and not apis & ruled and draw(st.booleans()):
            rules["enforce_at"] = "api"
            ruled |= apis
    return rules


def _once_open(settings: dict[str, Any], opened: set[str]) -> None:
    """Leave to a product that asks for no key what is on no other such product: Azure takes an API once."""
    if opens(settings) and "apis" in settings:
        settings["apis"] = [api for api in settings["apis"] if api not in opened]
        opened |= set(settings["apis"])


def opens(settings: Mapping[str, Any]) -> bool:
    return settings["manage"] == "product" and asks_for_no_key(settings) is True


@st.composite
def _grant(draw: st.DrawFn, product: dict[str, Any]) -> dict[str, Any]:
    """Draw a grant that asks for what its product looks at."""
    credentials = product.get("credentials", "key")
    has_rules = "tiers" in product or "oauth" in product
    takes_keys = credentials != "token" and (has_rules or product.get("subscription_required") is not False)
    key = takes_keys and draw(st.booleans())
    token = key if credentials == "key and token" else credentials != "key" and draw(st.booleans())
    grant: dict[str, Any] = {"environments": ["prod"], "reason": "Because", "key": key}
    if token:
        grant["clients"] = [f"{draw(st.uuids())}"]
    if "tiers" in product and draw(st.booleans()):
        grant["tier"] = draw(st.sampled_from(["standard", "partner"]))
    if not (key or token) or draw(st.booleans()):
        grant["portal"] = True
    if draw(st.booleans()):
        grant["expires"] = draw(st.sampled_from(DAYS)).isoformat()
    return grant


@st.composite
def _living(
    draw: st.DrawFn, apis: list[str], made: dict[str, str], contents: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Draw what the service holds: every API, foreign things, and undeclared links on what is declared."""
    living: dict[str, dict[str, Any]] = {f"apis/{api}": {"displayName": api, "path": api} for api in apis}
    living |= {"apis/foreign": {"displayName": "Foreign", "path": "foreign"}, "groups/partners": {"displayName": "P"}}
    living["products/foreign"] = {"displayName": "Foreign"}
    living["products/foreign/apis/foreign"] = {}
    living["products/foreign/groups/partners"] = {}
    living["subscriptions/foreign"] = {"scope": "/products/foreign", "displayName": "F", "state": "active"}
    living["subscriptions/everything"] = {"scope": "/apis", "displayName": "E", "state": "active"}
    links_foreign = True
    for product, owner in made.items():
        settings = contents[f"{owner}/products/{product}.yaml"]
        if settings["manage"] == "product" and draw(st.booleans()):
            continue
        living[f"products/{product}"] = {"displayName": f"Old {product}"}
        if draw(st.booleans()):
            living[f"products/{product}/groups/partners"] = {}
        if (links_foreign or not opens(settings)) and draw(st.booleans()):
            living[f"apis/foreign-{product}"] = {"displayName": f"Foreign {product}", "path": f"foreign-{product}"}
            living[f"products/{product}/apis/foreign-{product}"] = {}  # its own: of two open products Azure takes one
            links_foreign = links_foreign and not opens(settings)  # which is on one open product, too
        if draw(st.booleans()):
            name = f"old-{product}"
            living[f"subscriptions/{name}"] = {"scope": f"/products/{product}", "displayName": name, "state": "active"}
    return living
