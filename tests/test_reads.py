"""What a plan reads, how often, and that reading is all it may do."""

from collections import Counter
from typing import Any

import pytest
from cloud import Cloud
from organisations import SERVICE, environment, organisation

from reconciler.errors import AccessDenied
from reconciler.permissions import role

APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
ALL = organisation(
    **{
        "environments.yaml": {"prod": environment(marks=["tag", "contact"], mode="enforce")},
        "checkout/grants/orders.yaml": {
            "environments": ["prod"],
            "key": True,
            "portal": True,
            "reason": "r",
            "expires": "2027-06-30",
        },
        "commerce/fragments/cors.xml": "<fragment><trace /></fragment>",
    }
)


def asked(cloud: Cloud) -> Counter[str]:
    """Each request with what it skips, below the service."""
    entries = cloud.azure.log.entries
    return Counter(
        f"{entry.method} {entry.path.removeprefix(cloud.service + '/')}"
        + (f" {entry.query['$skip']}" if "$skip" in entry.query else "")
        for entry in entries
    )


def crowd(products: int, apis: int, subscriptions: int) -> dict[str, Any]:
    return {
        **{f"apis/a{index}": {"displayName": f"a{index}", "path": f"a{index}"} for index in range(apis)},
        **{f"products/p{index}": {"displayName": f"p{index}"} for index in range(products)},
        **{
            f"subscriptions/s{index}": {"scope": "/products/p0", "displayName": f"s{index}", "state": "active"}
            for index in range(subscriptions)
        },
    }


def test_a_plan_reads_each_page_once_and_the_links_of_the_smaller_side() -> None:
    few_apis = Cloud()
    few_apis.azure.seed(SERVICE, crowd(products=130, apis=3, subscriptions=250), fresh=False)
    few_apis.azure.log.clear()
    few_apis.plan(organisation())
    lists = ["apis", "groups", "policyFragments", "products", "products 100"]
    pages = ["subscriptions", "subscriptions 100", "subscriptions 200"]
    links = [f"apis/a{index}/products" for index in range(3)]
    assert asked(few_apis) == Counter(f"GET {path}" for path in [*lists, *pages, *links])


def test_with_fewer_products_the_links_are_read_from_them() -> None:
    few_products = Cloud()
    few_products.azure.seed(SERVICE, crowd(products=2, apis=130, subscriptions=1), fresh=False)
    few_products.azure.log.clear()
    few_products.plan(organisation())
    lists = ["apis", "apis 100", "groups", "policyFragments", "products", "subscriptions"]
    assert asked(few_products) == Counter(f"GET {path}" for path in [*lists, "products/p0/apis", "products/p1/apis"])


def test_every_row_of_every_page_is_there() -> None:
    cloud = Cloud()
    cloud.azure.seed(SERVICE, crowd(products=130, apis=3, subscriptions=250), fresh=False)
    assert cloud.plan(organisation()).unmanaged["subscription"] == 250


def test_tags_and_users_are_read_where_a_declaration_can_turn_on_them() -> None:
    cloud = Cloud().seed(APIS)
    cloud.plan(ALL)
    assert {"GET tags", "GET tagResources", "GET users"} <= set(asked(cloud))


def test_a_reader_can_plan_and_a_plan_never_writes() -> None:
    cloud = Cloud().seed(APIS)
    cloud.azure.grant("reader", "Reader")
    before = cloud.state()
    cloud.azure.log.clear()
    plan = cloud.plan(ALL, client="reader")
    assert plan.written.changes
    assert {entry.method for entry in cloud.azure.log.entries} == {"GET"}
    outcomes = cloud.apply(plan, client="reader")
    assert {outcome.result for outcome in outcomes} <= {"failed", "blocked"}
    assert any("403 AuthorizationFailed" in outcome.because for outcome in outcomes)
    assert cloud.state() == before


@pytest.mark.parametrize("action", role("plan", [SERVICE], marks=["tag", "contact"])["Actions"])
def test_the_role_for_plan_is_the_least(action: str) -> None:
    cloud = Cloud().seed(APIS)
    actions = role("plan", [SERVICE], marks=["tag", "contact"])["Actions"]
    cloud.azure.grant("plan", {"actions": actions})
    cloud.plan(ALL, client="plan")
    cloud.azure.grant("plan", {"actions": [each for each in actions if each != action]})
    if action in (
        "Microsoft.ApiManagement/service/apis/products/read",
        "Microsoft.ApiManagement/service/products/apis/read",
    ):
        more = {f"apis/m{index}": {"displayName": f"m{index}", "path": f"m{index}"} for index in range(9)}
        cloud.seed(
            more if "products/apis" in action else {f"products/m{index}": {"displayName": "m"} for index in range(9)}
        )
    with pytest.raises(AccessDenied, match="AuthorizationFailed"):
        cloud.plan(ALL, client="plan")


def test_the_role_for_apply_suffices_for_the_whole_life_of_everything() -> None:
    cloud = Cloud(client="apply").seed(APIS)
    cloud.azure.grant("apply", {"actions": role("apply", [SERVICE], marks=["tag", "contact"])["Actions"]})
    cloud.converge(ALL)
    assert cloud.plan(ALL, ALL).written.changes == ()
    kept = ("environments.yaml", "checkout/team.yaml", "commerce/team.yaml")
    cloud.converge({path: value for path, value in ALL.items() if path in kept}, ALL)
    assert "products/orders" not in cloud.state()


def test_ids_with_odd_characters_survive() -> None:
    odd = "sub (1) ü%2F"
    cloud = Cloud().seed({**APIS, "products/orders": {"displayName": "Orders"}})
    cloud.seed({f"subscriptions/{odd}": {"scope": "/products/orders", "displayName": "x", "state": "active"}})
    cloud.converge(organisation(**{"environments.yaml": {"prod": environment(mode="enforce")}}))
    assert cloud.state()[f"subscriptions/{odd}"]["state"] == "suspended"
