"""One look at a living service: who reaches what, by which way, and what is wrong with it; nothing is written."""

import asyncio
import json
from datetime import date
from typing import Any

import pytest
from cloud import Cloud
from organisations import TODAY, declared, organisation

from reconciler.audit import Audit, audit
from reconciler.audit.page import page
from reconciler.audit.sarif import sarif
from reconciler.azure.auditing import calls, policies
from reconciler.azure.reading import read
from reconciler.declarations import Declarations
from reconciler.findings import RULES
from reconciler.reach import Reach, reach

OLD = "2026-09-01T00:00:00Z"
ASKS_BY_NAME = (
    "<policies><inbound><base />"
    '<choose><when condition="@(context.User.Groups.Any(g => g.Name == "Admins"))" /></choose>'
    "</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"
)
ACTIVE = {"state": "active"}
FOUND: dict[str, dict[str, Any]] = {
    "apis/owned": {"displayName": "O", "path": "o", "contact": {"name": "Commerce"}},
    "apis/alone": {"displayName": "A", "path": "a"},
    "apis/open": {"displayName": "P", "path": "p", "subscriptionRequired": False, "contact": {"name": "Commerce"}},
    "apis/bare": {"displayName": "B", "path": "b", "subscriptionRequired": False, "contact": {"name": "Commerce"}},
    "groups/idle": {"displayName": "Idle"},
    "products/orders": {"displayName": "Orders"},
    "products/orders/apis/owned": {},
    "products/orders/groups/idle": {},
    "products/orders/groups/guests": {},
    "products/orders/policies/policy": {"value": ASKS_BY_NAME, "format": "rawxml"},
    "products/free": {"displayName": "Free", "subscriptionRequired": False},
    "products/free/apis/open": {},
    "subscriptions/a": {"scope": "/products/orders", "displayName": "Shop", **ACTIVE},
    "subscriptions/b": {"scope": "/products/orders", "displayName": "Shop ", **ACTIVE},
    "subscriptions/c": {"scope": "/apis", "displayName": "Monitoring", **ACTIVE},
    "subscriptions/d": {"scope": "/apis/alone", "displayName": "Batch", **ACTIVE},
    "subscriptions/e": {"scope": "/products/orders", "displayName": "Late", "state": "submitted", "createdDate": OLD},
}


def looked(cloud: Cloud, declarations: Declarations | None = None) -> Audit:
    """Look as somebody who may only read."""
    cloud.azure.grant("reader", "Reader")

    async def run() -> Audit:
        async with cloud.session("reader") as session:
            state = await read(session)
            texts, called = await policies(session), await calls(session, TODAY, 90)
        return audit(
            "apim-test", state, TODAY, policies=texts, calls=called, declarations=declarations, environment="prod"
        )

    found = asyncio.run(run())
    assert cloud.writes() == 0
    return found


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud()
    cloud.azure.seed(cloud.service, FOUND, fresh=True)
    return cloud


def told(found: Audit, rule: str) -> list[str]:
    return [str(each.address) for each in found.found if each.rule.name == rule]


@pytest.mark.parametrize(
    ("rule", "things"),
    [
        ("key-for-all-apis", ["subscription c"]),
        ("key-for-one-api", ["subscription d"]),
        ("open-product", ["product free"]),
        ("guests-linked", ["product-group orders/guests", "product-group starter/guests"]),
        ("group-by-display-name", ["product orders"]),
        ("api-without-owner", ["api alone", "api echo-api"]),
        ("api-on-no-product", ["api alone", "api bare"]),
        ("keys-of-one-name", ["subscription a", "subscription b"]),
        ("key-waiting", ["subscription e"]),
        ("empty-group", ["group idle"]),
    ],
)
def test_each_rule_finds_what_it_is_for(cloud: Cloud, rule: str, things: list[str]) -> None:
    assert set(things) <= set(told(looked(cloud), rule))
    assert not [each for each in told(looked(cloud), rule) if "orders" in each and each not in things]


def test_every_rule_finds_something_here_or_has_a_test_of_its_own(cloud: Cloud) -> None:
    found = {each.rule.name for each in looked(cloud).found}
    assert {rule.name for rule in RULES} - found <= {"key-without-name", "unused-key"}


def test_a_key_without_a_name_is_one_that_azure_made_along_with_a_product(cloud: Cloud) -> None:
    cloud.seed({"products/made": {"displayName": "Made", "auto": True}})
    assert told(looked(cloud), "key-without-name")


def test_a_product_that_is_called_is_used(cloud: Cloud) -> None:
    assert "product orders" in told(looked(cloud), "unused-product")
    cloud.azure.used(cloud.service, subscription="a", api="owned", calls=3, when="2026-11-01")
    assert "product orders" not in told(looked(cloud), "unused-product")


def test_without_reports_nothing_is_said_to_be_unused(cloud: Cloud) -> None:
    cloud.azure.fault(method="GET", path="/reports/", status=404, body={"error": {"code": "X", "message": "no"}})
    found = looked(cloud)
    assert (found.calls_known, told(found, "unused-product")) == (False, [])


def test_who_declares_an_api_owns_it(cloud: Cloud) -> None:
    contents = organisation(**{"commerce/apis.yaml": [{"api": "alone"}, {"api": "orders"}]})
    assert told(looked(cloud, declared(contents)), "api-without-owner") == [
        "api bare",
        "api echo-api",
        "api open",
        "api owned",
    ]


def test_every_way_to_an_api_is_told_from_the_others(cloud: Cloud) -> None:
    ways = {
        (each.api, each.way, each.through)
        for each in looked(cloud).reaches
        if each.api in ("owned", "alone", "open", "bare")
    }
    assert ways == {
        ("owned", "product key", "orders"),
        ("owned", "all-APIs key", ""),
        ("owned", "self-subscription", "orders"),
        ("alone", "API key", ""),
        ("alone", "all-APIs key", ""),
        ("open", "open product", "free"),
        ("bare", "API without a key", ""),
        ("bare", "all-APIs key", ""),
        ("open", "all-APIs key", ""),
    }


def test_a_suspended_key_reaches_nothing(cloud: Cloud) -> None:
    cloud.seed({"subscriptions/c": {**FOUND["subscriptions/c"], "state": "suspended"}})
    assert not [each for each in looked(cloud).reaches if each.way == "all-APIs key"]


def test_the_page_shows_names_as_they_are_and_loads_nothing(cloud: Cloud) -> None:
    cloud.seed({"subscriptions/x": {"scope": "/apis", "displayName": "<script>alert(1)</script>", **ACTIVE}})
    text = page(looked(cloud))
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "://" not in text
    assert "key-for-all-apis" in text


def test_sarif_names_rules_files_and_lines_and_tells_results_apart(cloud: Cloud) -> None:
    found = looked(cloud)
    places = {each.address: ("access/commerce/apis.yaml", 3) for each in found.found if each.address.name == ("alone",)}
    elsewhere = ("access/environments.yaml", 1)
    rows = [(name, each, places.get(each.address, elsewhere)) for name in ("dev", "prod") for each in found.found]
    run = json.loads(json.dumps(sarif(rows)))["runs"][0]
    assert {result["ruleId"] for result in run["results"]} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    prints = [result["partialFingerprints"]["finding/v1"] for result in run["results"]]
    assert len(prints) == len(set(prints)) == 2 * len(found.found)
    files = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert files == {"access/commerce/apis.yaml", "access/environments.yaml"}


def test_what_is_declared_is_reached_by_whom_the_grants_name(cloud: Cloud) -> None:
    cloud.azure.seed(cloud.service, {"apis/orders": {"displayName": "x", "path": "x"}}, fresh=False)
    cloud.converge(organisation(), day=date(2026, 11, 23))

    async def run() -> tuple[Reach, ...]:
        async with cloud.session() as session:
            return reach(await read(session))

    assert [(each.api, each.way, each.through) for each in asyncio.run(run())] == [("orders", "product key", "orders")]
