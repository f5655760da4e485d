"""Products: defaults, what a new one brings, what a deleted one takes along, groups and APIs."""

from typing import Any

import pytest
from caller import SERVICE, Arm

from reconciler.emulator.seed import SeedError


def test_the_server_fills_in_defaults(arm: Arm) -> None:
    arm("PUT", "products/p", {"displayName": "P"})
    assert arm("GET", "products/p").properties == {
        "displayName": "P",
        "subscriptionRequired": True,
        "approvalRequired": False,
        "subscriptionsLimit": None,
        "state": "notPublished",
    }


def test_an_open_product_drops_limit_and_approval(arm: Arm) -> None:
    sent = {"displayName": "P", "subscriptionRequired": False, "approvalRequired": True, "subscriptionsLimit": 3}
    for method in ("PUT", "PATCH"):
        shown = arm(method, "products/p", sent).properties
        assert not {"approvalRequired", "subscriptionsLimit"} & set(shown)


def test_the_answer_to_a_create_has_the_administrators_and_to_an_update_none(arm: Arm) -> None:
    created = arm("PUT", "products/p", {"displayName": "P"}).properties["groups"]
    assert [group["name"] for group in created] == ["Administrators"]
    assert set(created[0]) == {"id", "name", "description", "builtIn", "type", "externalId"}
    assert created[0]["id"] == f"{SERVICE}/groups/administrators"
    assert arm("PUT", "products/p", {"displayName": "Q"}).properties["groups"] == []
    assert "groups" not in arm("GET", "products/p").properties


def test_a_new_product_brings_a_subscription_of_user_1(arm: Arm) -> None:
    arm("PUT", "products/p", {"displayName": "P"})
    (row,) = arm("GET", "products/p/subscriptions").json["value"]
    assert len(row["name"]) == 24
    assert row["properties"]["ownerId"] == f"{SERVICE}/users/1"
    arm("PUT", "products/open", {"displayName": "O", "subscriptionRequired": False})
    assert arm("GET", "products/open/subscriptions").json["count"] == 0


def test_expand_groups_gives_the_groups_of_each_product(arm: Arm) -> None:
    arm("PUT", "groups/g", {"displayName": "The G"})
    arm("PUT", "products/starter/groups/g")
    rows = {row["name"]: row["properties"] for row in arm("GET", "products", query="expandGroups=true").json["value"]}
    assert [group["name"] for group in rows["starter"]["groups"]][-1] == "The G"
    assert rows["starter"]["groups"][-1]["id"] == f"{SERVICE}/groups/g"
    assert "groups" not in arm("GET", "products").json["value"][0]["properties"]


def test_a_product_with_subscriptions_is_deleted_only_when_told_to_take_them_along(arm: Arm) -> None:
    refused = arm("DELETE", "products/starter")
    assert refused.status == 400
    assert refused.error["code"] == "ValidationError"
    assert refused.error["message"] == (
        "Product cannot be deleted since it has existing subscriptions. Delete subscriptions before deleting the"
        " product or pass in deleteSubscriptions=true as query param"
    )
    arm("PUT", "products/starter/policies/policy", {"value": "<policies />"})
    assert arm("DELETE", "products/starter", query="deleteSubscriptions=true").status == 200
    left = arm.azure.snapshot(SERVICE)
    assert [path for path in left if "starter" in path] == []
    assert [path for path, row in left.items() if str(row.get("scope", "")).endswith("/starter")] == []


def test_a_product_made_anew_does_not_remember_its_links(arm: Arm) -> None:
    arm("DELETE", "products/starter", query="deleteSubscriptions=true")
    arm("PUT", "products/starter", {"displayName": "Starter"})
    assert arm("GET", "products/starter/groups").names == ["administrators"]
    assert arm("GET", "products/starter/apis").names == []


def test_a_group_link_is_created_found_and_removed(arm: Arm) -> None:
    arm("PUT", "groups/g", {"displayName": "G"})
    group = arm("GET", "groups/g").headers["etag"]
    assert arm("HEAD", "products/starter/groups/g").status == 404
    created = arm("PUT", "products/starter/groups/g")
    assert (created.status, created.headers["etag"]) == (201, group)
    assert created.json["type"] == "Microsoft.ApiManagement/service/products/groups"
    assert created.json["id"] == f"{SERVICE}/groups/g"  # a list has it below the product: so in the spec's examples
    assert arm("PUT", "products/starter/groups/g").status == 200
    head = arm("HEAD", "products/starter/groups/g")
    assert (head.status, head.body) == (204, b"")
    assert arm("DELETE", "products/starter/groups/g").status == 200
    assert arm("DELETE", "products/starter/groups/g").status == 204


def test_an_api_link_shows_from_both_sides(arm: Arm) -> None:
    arm("PUT", "apis/a", {"displayName": "A", "path": "a"})
    assert arm("PUT", "products/starter/apis/a").status == 201
    assert arm("GET", "products/starter/apis").names == ["echo-api", "a"]
    (row,) = arm("GET", "apis/a/products").json["value"]
    assert row["id"] == f"{SERVICE}/products/starter"
    assert row["type"] == "Microsoft.ApiManagement/service/apis/products"


def test_a_missing_group_is_a_wrong_field_and_a_missing_api_is_404(arm: Arm) -> None:
    refused = arm("PUT", "products/starter/groups/none")
    assert refused.status == 400
    assert refused.error["details"] == [{"code": "ValidationError", "target": "gid", "message": "Group not found"}]
    assert arm("PUT", "products/starter/apis/none").error["message"] == "API not found."
    assert arm("PUT", "products/none/groups/guests").error["message"] == "Product not found."


@pytest.mark.parametrize("path", ["products/none/groups", "products/none/apis", "products/none/policies/policy"])
def test_what_is_nested_in_a_missing_product_is_404(arm: Arm, path: str) -> None:
    assert arm("GET", path).error["message"] == "Product not found."


def _two_products(arm: Arm, **second: Any) -> None:
    """Make an open product with an API, and another one."""
    arm("PUT", "apis/a", {"displayName": "A", "path": "a"})
    for name, more in (("first", {"subscriptionRequired": False}), ("second", second)):
        assert arm("PUT", f"products/{name}", {"displayName": name, **more}).status == 201
    assert arm("PUT", "products/first/apis/a").status == 201


@pytest.mark.parametrize(
    ("path", "body"), [("products/second/apis/a", None), ("products/second/apiLinks/l", {"apiId": "/apis/a"})]
)
def test_an_api_is_on_one_open_product_at_most(arm: Arm, path: str, body: Any) -> None:
    _two_products(arm, subscriptionRequired=False)
    refused = arm("PUT", path, body)
    assert (refused.status, refused.error["code"]) == (400, "ValidationError")
    assert refused.error["message"] == "One or more fields contain incorrect values:"
    words = "API cannot be added to more than one open products."
    assert refused.error["details"] == [{"code": "ValidationError", "target": "aid", "message": words}]
    assert arm("GET", "products/second/apis").json["count"] == 0
    assert arm("PUT", "products/first/apis/a").status == 200
    arm("DELETE", "products/first/apis/a")
    assert arm("PUT", path, body).status == 201


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_product_is_not_opened_while_its_api_is_on_another_open_one(arm: Arm, method: str) -> None:
    _two_products(arm)
    assert arm("PUT", "products/second/apis/a").status == 201
    opened = {"displayName": "second", "subscriptionRequired": False}
    assert arm(method, "products/second", opened).status == 400
    assert arm("GET", "products/second").properties["subscriptionRequired"] is True
    arm("PATCH", "products/first", {"subscriptionRequired": True})
    assert arm(method, "products/second", opened).status == 200


def test_that_an_api_is_on_one_open_product_can_be_turned_off(arm: Arm) -> None:
    _two_products(arm)
    arm("PUT", "products/second/apis/a")
    arm.azure.settings.one_open_product = False
    assert arm("PATCH", "products/second", {"subscriptionRequired": False}).status == 200


def test_a_seed_puts_no_api_on_two_open_products(arm: Arm) -> None:
    products = {f"products/{name}": {"displayName": name, "subscriptionRequired": False} for name in ("x", "y")}
    links = {f"products/{name}/apis/echo-api": {} for name in ("x", "y")}
    with pytest.raises(SeedError, match="products/y/apis/echo-api: API cannot be added"):
        arm.azure.seed(SERVICE, {**products, **links})
