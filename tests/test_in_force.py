"""Rules of products in force: what stands in fragments and policies, what is left alone there, and in which order."""

import asyncio
import re
from typing import Any

import pytest
from cloud import Cloud
from organisations import environment, organisation

from reconciler.azure.session import Session, path_of
from reconciler.diff import Change
from reconciler.errors import UnsafePlan
from reconciler.guard import guard
from reconciler.kinds.gate import is_generated
from reconciler.naming import gate_id
from reconciler.order import order
from reconciler.plan import Plan
from reconciler.resource import Address, Resource

PRODUCT, GRANT = "commerce/products/orders.yaml", "checkout/grants/orders.yaml"
CLIENTS = [f"{index:08x}-0000-0000-0000-000000000000" for index in range(100)]
RULES = {
    "manage": "product",
    "environments": ["prod"],
    "apis": ["orders"],
    "credentials": "key or token",
    "oauth": {"audience": "api://orders"},
    "tiers": {"standard": {"rate": "10 per minute"}, "partner": {"rate": "100 per minute"}},
    "default_tier": "standard",
}
ASKS = {"environments": ["prod"], "reason": "r", "expires": "2027-06-30", "clients": CLIENTS[:1]}
LIVING = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
FRAGMENT, POLICY = "policyFragments/access-orders", "products/orders/policies/policy"
CLOSED = {**RULES, "credentials": "key and token"}
WRITTEN = """<policies>
  <inbound>
    <base /> <!-- theirs -->
    <rewrite-uri template="@("/" + 1)"/>
  </inbound>
</policies>"""


def company(product: dict[str, Any] | None = None, **grants: Any) -> dict[str, Any]:
    files = {f"checkout/grants/{name}.yaml": asks for name, asks in grants.items()}
    return organisation(**{PRODUCT: product or RULES, GRANT: ASKS, **files})


@pytest.fixture
def cloud() -> Cloud:
    return Cloud().seed(LIVING)


def text(cloud: Cloud, path: str) -> str:
    return str(cloud.state()[path]["value"])


def told(plan: Plan) -> set[str]:
    return {str(change.address) for change in plan.written.changes}


def put(cloud: Cloud, path: str, value: str) -> None:
    """Write a document as somebody else would."""

    async def run() -> None:
        async with cloud.session() as session:
            await session.put(path, {"value": value, "format": "rawxml"}, "writing by hand")

    asyncio.run(run())


def as_written(cloud: Cloud, path: str) -> str:
    async def read(session: Session) -> str:
        found = await session.get(f"{path}?format=rawxml", "reading it")
        return str(found.row["properties"]["value"]) if found else ""

    async def run() -> str:
        async with cloud.session() as session:
            return await read(session)

    return asyncio.run(run())


def test_a_hundred_clients_cost_one_write_and_one_more_is_one_change(cloud: Cloud) -> None:
    cloud.converge(company({**RULES, "apis": []}))
    before = cloud.writes()
    many = company(
        {**RULES, "apis": []}, many={**ASKS, "product": "orders", "component": "many", "clients": CLIENTS[1:]}
    )
    plan = cloud.converge(many, company({**RULES, "apis": []}))
    assert len(plan.written.changes) == len(CLIENTS) - 1
    assert (cloud.writes() - before, plan.written.writes) == (1, 1)
    assert all(client in text(cloud, FRAGMENT) for client in CLIENTS)


def test_requests_for_one_product_do_not_make_each_others_plans_stale(cloud: Cloud) -> None:
    base = company()
    one = company(one={**ASKS, "product": "orders", "component": "one", "clients": CLIENTS[1:2]})
    two = company(two={**ASKS, "product": "orders", "component": "two", "clients": CLIENTS[2:3]})
    both = {**one, **two}
    cloud.converge(base)
    approved = cloud.plan(two, base, scoped=True).fingerprint
    cloud.converge(one, base, scoped=True)
    assert cloud.plan(both, one, scoped=True).fingerprint == approved


def test_a_request_for_tokens_takes_few_requests_on_a_service_of_any_size(cloud: Cloud) -> None:
    base = company()
    cloud.converge(base)
    cloud.seed({f"products/p{index}": {"displayName": f"p{index}"} for index in range(300)})
    one = company(one={**ASKS, "product": "orders", "component": "one", "clients": CLIENTS[1:2], "key": True})
    cloud.azure.log.clear()
    plan = cloud.plan(one, base, scoped=True)
    assert told(plan) == {f"client orders/{CLIENTS[1]}", "subscription checkout--one"}
    assert sum(cloud.spent().values()) == 4  # the service, the product, its rules, and whether the key is there


def test_an_include_moves_nothing_in_a_policy_that_is_there_and_leaves_it_as_it_was(cloud: Cloud) -> None:
    bare = {**RULES, "credentials": None, "oauth": None, "tiers": None, "default_tier": None}
    without = organisation(**{PRODUCT: {key: value for key, value in bare.items() if value}, GRANT: None})
    cloud.converge(without)
    put(cloud, POLICY, WRITTEN)
    stored = as_written(cloud, POLICY)
    cloud.converge(company(), without)
    include = '<include-fragment fragment-id="access-orders" />'
    assert include in as_written(cloud, POLICY)
    assert as_written(cloud, POLICY).replace(include, "").split() == stored.split()
    cloud.converge(without, company())
    assert as_written(cloud, POLICY) == stored
    assert FRAGMENT not in cloud.state()


def test_a_policy_that_was_made_for_rules_goes_with_them(cloud: Cloud) -> None:
    cloud.converge(company())
    assert POLICY in cloud.state()
    cloud.converge(organisation(**{PRODUCT: {"environments": ["prod"]}, GRANT: None}), company())
    assert {POLICY, FRAGMENT} & set(cloud.state()) == set()


def test_rules_changed_by_hand_are_put_back_whole_and_no_single_request_overwrites_them(cloud: Cloud) -> None:
    cloud.converge(company())
    good = as_written(cloud, FRAGMENT)
    put(cloud, FRAGMENT, good.replace("granted", "granted!"))
    one = company(one={**ASKS, "product": "orders", "component": "one", "clients": CLIENTS[1:2]})
    plan = cloud.plan(one, company(), scoped=True)
    assert (told(plan), [str(each.missing) for each in plan.waiting]) == (set(), ["gate orders"])
    assert "gate orders" in told(cloud.plan(company(), company()))
    cloud.converge(company(), company())
    assert as_written(cloud, FRAGMENT) == good


def test_a_client_added_by_hand_goes_in_enforce_and_is_left_in_add(cloud: Cloud) -> None:
    cloud.converge(company())
    put(cloud, FRAGMENT, as_written(cloud, FRAGMENT).replace(CLIENTS[0], f'{CLIENTS[0]}",\n"{CLIENTS[1]}'))
    assert told(cloud.plan(company(), company())) == set()
    enforced = company({**RULES, "mode": "enforce"})
    plan = cloud.converge(enforced, enforced)
    assert told(plan) == {f"client orders/{CLIENTS[1]}"}
    assert [each.who for each in plan.written.lost] == [f"application {CLIENTS[1]}"]
    assert CLIENTS[1] not in text(cloud, FRAGMENT)


def test_a_fragment_of_that_name_that_is_somebody_elses_is_not_overwritten(cloud: Cloud) -> None:
    put(cloud, FRAGMENT, "<fragment><trace source='theirs'>x</trace></fragment>")
    outcomes = {str(each.change.address): each for each in cloud.apply(cloud.plan(company()))}
    assert "a fragment of that name is there and not ours" in outcomes["gate orders"].because
    assert outcomes["product-rules orders"].result == "blocked"
    assert not is_generated(text(cloud, FRAGMENT))


def test_a_policy_that_somebody_writes_meanwhile_is_not_lost(cloud: Cloud) -> None:
    """The plan is made before, the policy is read and written within a moment: what was put in between stays."""
    plan = cloud.plan(company({**RULES, "manage": "access"}))
    assert told(plan) == set()
    cloud.seed({"products/orders": {"displayName": "Orders", "subscriptionRequired": False}})
    plan = cloud.plan(company({**RULES, "manage": "access"}))
    put(cloud, POLICY, WRITTEN)
    assert {each.result for each in cloud.apply(plan)} == {"done"}
    assert "rewrite-uri" in as_written(cloud, POLICY)
    assert "access-orders" in as_written(cloud, POLICY)


@pytest.mark.parametrize("status", [400, 500])
def test_no_door_opens_where_its_rules_could_not_be_put_into_force(cloud: Cloud, status: int) -> None:
    closed = {**RULES, "credentials": None, "oauth": None, "tiers": None, "default_tier": None}
    before = organisation(**{PRODUCT: {key: value for key, value in closed.items() if value}, GRANT: None})
    cloud.converge(before)
    cloud.azure.fault(method="PUT", path=f"/{POLICY}$", times=None, status=status, code="Refused", message="No.")
    outcomes = {str(each.change.address): each.result for each in cloud.apply(cloud.plan(company(), before))}
    assert outcomes["product-rules orders"] == "failed"
    assert outcomes["product orders"] == "blocked"
    assert cloud.state()["products/orders"]["subscriptionRequired"] is True
    cloud.azure.faults.clear()
    cloud.converge(company(), before)
    assert cloud.state()["products/orders"]["subscriptionRequired"] is False
    cloud.azure.fault(
        method="PATCH", path="/products/orders$", times=None, status=status, code="Refused", message="No."
    )
    outcomes = {str(each.change.address): each.result for each in cloud.apply(cloud.plan(before, company()))}
    assert outcomes["product orders"] == "failed"
    assert outcomes["product-rules orders"] == "blocked"
    assert "access-orders" in as_written(cloud, POLICY)


def test_an_api_comes_to_an_open_product_after_its_rules_and_goes_before_them() -> None:
    rules, link = Resource(Address("product-rules", ("p",))), Resource(Address("product-api", ("p", "a")))
    made = {change.unit: (change,) for change in (Change(None, rules), Change(None, link))}
    gone = {change.unit: (change,) for change in (Change(rules, None), Change(link, None))}
    of_rules, of_link = made
    assert order(made) == {of_rules: set(), of_link: {of_rules}}
    assert order(gone) == {of_rules: {of_link}, of_link: set()}


AROUND: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a key for every API": (
        RULES,
        {"subscriptions/wide": {"scope": "/apis", "displayName": "W", "state": "active"}},
        "subscription wide",
    ),
    "a key for the API": (
        RULES,
        {"subscriptions/one": {"scope": "/apis/orders", "displayName": "O", "state": "active"}},
        "subscription one",
    ),
    "an API that asks for no key, on a product that does": (
        CLOSED,
        {"apis/orders": {"displayName": "orders", "path": "orders", "subscriptionRequired": False}},
        "api orders",
    ),
    "another product that is open": (
        CLOSED,
        {
            "products/other": {"displayName": "Other", "subscriptionRequired": False},
            "products/other/apis/orders": {},
        },
        "product other",
    ),
    "another product's key, where a token is asked for": (
        CLOSED,
        {"products/other": {"displayName": "Other"}, "products/other/apis/orders": {}},
        "product other",
    ),
}
BOTH = {**ASKS, "key": True}


def enforced(product: dict[str, Any]) -> dict[str, Any]:
    return organisation(
        **{
            "environments.yaml": {"prod": environment(mode="enforce")},
            PRODUCT: product,
            GRANT: BOTH if product["credentials"] == "key and token" else ASKS,
        }
    )


@pytest.mark.parametrize("name", AROUND)
def test_a_way_around_is_named_and_refused_until_it_is_accepted_or_the_rules_stand_at_the_api(
    cloud: Cloud, name: str
) -> None:
    product, living, way = AROUND[name]
    cloud.seed(living)
    plan = cloud.plan(enforced(product))
    assert [each.name for each in plan.around if not each.accepted] == [way]
    with pytest.raises(UnsafePlan, match=rf"{way}.*accepts: \[{way}\]"):
        guard(plan, percent=100, at_least=5)
    for more in ({"accepts": [way]}, {"enforce_at": "api"}, {"enforcement": "report"}, {"mode": "add"}):
        guard(cloud.plan(enforced({**product, **more})), percent=100, at_least=5)
    assert cloud.plan(enforced({**product, "enforce_at": "api"})).around == ()
    accepted = enforced({**product, "accepts": [way]})
    assert [each.accepted for each in cloud.converge(accepted).around] == [True]
    assert cloud.plan(accepted, accepted).written.changes == ()


@pytest.mark.parametrize(
    "living",
    [
        {"subscriptions/wide": {"scope": "/apis", "displayName": "W", "state": "suspended"}},
        {"subscriptions/other": {"scope": "/apis/refunds", "displayName": "O", "state": "active"}},
        {"products/other": {"displayName": "Other"}, "products/other/apis/refunds": {}},
    ],
)
def test_what_opens_none_of_its_apis_is_no_way_around(cloud: Cloud, living: dict[str, Any]) -> None:
    cloud.seed(living)
    assert cloud.plan(enforced(CLOSED)).around == ()


def test_a_new_way_around_is_named_where_rules_are_in_force_and_stops_no_other_change(cloud: Cloud) -> None:
    cloud.converge(enforced(RULES))
    cloud.seed({"subscriptions/wide": {"scope": "/apis", "displayName": "W", "state": "active"}})
    plan = cloud.plan(enforced(RULES), enforced(RULES))
    assert [each.name for each in plan.around] == ["subscription wide"]
    guard(plan, percent=100, at_least=5)


def test_where_somebody_else_has_to_open_the_product_the_plan_says_so(cloud: Cloud) -> None:
    cloud.seed({"products/orders": {"displayName": "Orders"}})
    plan = cloud.plan(company({**RULES, "manage": "access"}))
    assert any("product orders asks for a key, so a token alone is not let in" in each for each in plan.warnings)


@pytest.mark.parametrize(
    "product", ["orders", "orders.v2", "Orders_v2", "o" * 200, "a b", "x-", "ünïcode", "a/b", "access-", "o--p"]
)
def test_the_fragment_of_a_product_has_a_name_that_azure_takes_and_no_other_product_has(product: str) -> None:
    pattern = r"(^[\w]+$)|(^[\w][\w\-]+[\w]$)"  # of policy fragments in the specification 2024-05-01
    name = gate_id(product)
    assert re.fullmatch(pattern, name, re.ASCII)
    assert len(name) <= 80
    others = [product.replace(".", "-"), product.replace(" ", "-"), f"{product}-", product + "x"]
    assert all(gate_id(other) != name for other in others if other != product)


def test_paths_of_documents_are_the_ones_of_the_specification() -> None:
    found = {
        Address("gate", ("orders",)): FRAGMENT,
        Address("client", ("orders", "c")): FRAGMENT,
        Address("product-rules", ("orders",)): POLICY,
        Address("product-include", ("orders", "cors")): POLICY,
        Address("api-rules", ("orders", "p")): "apis/orders/policies/policy",
    }
    changes = {address: Change(None, Resource(address)) for address in found}
    assert {address: path_of(each.kind.path, each.kind.place(address)) for address, each in changes.items()} == found


def test_rules_that_move_into_the_apis_policies_stand_there_first(cloud: Cloud) -> None:
    cloud.converge(company())
    at_api = company({**RULES, "subscription_required": False, "enforce_at": "api"})
    cloud.azure.fault(method="PUT", path="/apis/orders/policies/policy$", times=None, status=400, code="Refused")
    outcomes = {str(each.change.address): each.result for each in cloud.apply(cloud.plan(at_api, company()))}
    assert outcomes == {"api-rules orders/orders": "failed", "product-rules orders": "blocked"}
    assert "access-orders" in as_written(cloud, POLICY)
    cloud.azure.faults.clear()
    cloud.converge(at_api, company())
    assert POLICY not in cloud.state()
    assert "access-orders" in as_written(cloud, "apis/orders/policies/policy")


def test_what_rules_opened_closes_with_them_and_with_tokens(cloud: Cloud) -> None:
    cloud.converge(company())
    by_key = {**RULES, "credentials": "key", "oauth": None}
    grant = {**ASKS, "clients": None, "key": True}
    keys = organisation(**{PRODUCT: {key: value for key, value in by_key.items() if value}, GRANT: grant})
    cloud.converge(keys, company())
    assert cloud.state()["products/orders"]["subscriptionRequired"] is True
    assert cloud.plan(keys, keys).written.changes == ()
