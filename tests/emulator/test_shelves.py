"""Subscriptions of a user and of a product: found from either side, whatever became of them in between."""

import pytest
from caller import SERVICE, Arm

from reconciler.emulator.state_file import load, save


@pytest.fixture
def arm() -> Arm:
    arm = Arm()
    people = {f"users/{name}": {} for name in ("ann", "ben")}
    products = {f"products/{name}": {"displayName": name} for name in ("gold", "iron")}
    held = {f"subscriptions/s{number}": {"scope": "/products/gold", "ownerId": "/users/ann"} for number in range(4)}
    arm.azure.seed(SERVICE, {**people, **products, **held})
    return arm


def test_a_subscription_that_moves_is_found_where_it_went(arm: Arm) -> None:
    arm("PATCH", "subscriptions/s1", {"scope": "/products/iron"})
    arm("PATCH", "subscriptions/s2", {"ownerId": "/users/ben"})
    assert arm("GET", "products/gold/subscriptions").names == ["s0", "s2", "s3"]
    assert arm("GET", "products/iron/subscriptions").names == ["s1"]
    assert arm("GET", "users/ann/subscriptions").names == ["s0", "s1", "s3"]
    assert arm("GET", "users/ben/subscriptions").names == ["s2"]


def test_a_change_that_moves_nothing_keeps_the_order_and_shows(arm: Arm) -> None:
    arm("PATCH", "subscriptions/s1", {"state": "suspended"})
    rows = arm("GET", "products/gold/subscriptions").json["value"]
    assert [(row["name"], row["properties"]["state"]) for row in rows][1] == ("s1", "suspended")
    assert arm("GET", "users/ann/subscriptions").names == ["s0", "s1", "s2", "s3"]


def test_a_subscription_that_is_gone_is_found_nowhere(arm: Arm) -> None:
    arm("DELETE", "subscriptions/s0")
    assert arm("GET", "users/ann/subscriptions").json["count"] == 3
    arm("DELETE", "products/gold", query="deleteSubscriptions=true")
    assert arm("GET", "users/ann/subscriptions").json["count"] == 0
    assert arm("DELETE", "users/ann").status == 202


def test_a_subscription_without_an_owner_is_no_ones(arm: Arm) -> None:
    arm("PATCH", "subscriptions/s3", {"ownerId": None})
    assert arm("GET", "users/ann/subscriptions").names == ["s0", "s1", "s2"]
    assert arm("GET", "products/gold/subscriptions").json["count"] == 4


def test_the_limit_counts_what_a_user_has_of_a_product_now(arm: Arm) -> None:
    arm("PATCH", "products/gold", {"subscriptionsLimit": 5})
    mine = {"displayName": "S", "scope": "/products/gold", "ownerId": "/users/ann"}
    assert [arm("PUT", f"subscriptions/n{number}", mine).status for number in range(2)] == [201, 400]
    arm("DELETE", "subscriptions/s0")
    assert arm("PUT", "subscriptions/n1", mine).status == 201


def test_a_state_file_brings_both_sides_back(arm: Arm, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("state") / "state.json"
    save(arm.azure, file)
    again = Arm()
    load(again.azure, file)
    for path in ("users/ann/subscriptions", "products/gold/subscriptions"):
        assert again("GET", path).names == arm("GET", path).names == ["s0", "s1", "s2", "s3"]
