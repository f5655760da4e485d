"""Pricing tiers: how much a service may hold, and what Consumption does not offer."""

import json
from pathlib import Path
from typing import Any

import pytest
from caller import SERVICE, Arm

from reconciler.emulator import Azure, SeedError, Settings
from reconciler.emulator.seed_file import plant_values
from reconciler.emulator.state_file import load, save

BODIES: dict[str, dict[str, Any]] = {
    "products": {"displayName": "P"},
    "namedValues": {"displayName": "one-more", "value": "1"},
    "tags": {"displayName": "one more"},
    "users": {"firstName": "U", "lastName": "V", "email": "one-more@contoso.example"},
    "subscriptions": {"displayName": "S", "scope": "/apis"},
}


def filled(collection: str, number: int, tier: str) -> Arm:
    """Give a service that holds so many of a kind, and nothing else."""
    arm = Arm()
    extra: dict[str, dict[str, Any]] = {"subscriptions": {"scope": "/apis"}}
    rows = {f"{collection}/x{index}": extra.get(collection, {}) for index in range(number)}
    arm.azure.seed(SERVICE, rows, fresh=False, tier=tier)
    return arm


@pytest.mark.parametrize(
    ("collection", "tier", "limit"),
    [
        ("products", "Consumption", 100),
        ("products", "Developer", 100),
        ("products", "BasicV2", 200),
        ("products", "Standard", 500),
        ("products", "Premium", 2000),
        ("tags", "Developer", 1500),
        ("tags", "StandardV2", 2500),
        ("namedValues", "Consumption", 5000),
        ("namedValues", "Standard", 10000),
        ("subscriptions", "Developer", 10000),
        ("users", "Basic", 20000),
    ],
)
def test_one_more_than_the_tier_holds_is_refused(collection: str, tier: str, limit: int) -> None:
    arm = filled(collection, limit, tier)
    refused = arm("PUT", f"{collection}/more", BODIES[collection])
    assert (refused.status, refused.error["code"]) == (400, "ValidationError")
    assert f"{limit} {collection}" in refused.error["message"]
    assert arm("PUT", f"{collection}/x0", {**BODIES[collection]}).status == 200
    assert arm("DELETE", f"{collection}/x1", query="deleteSubscriptions=true").status in {200, 202}
    assert arm("PUT", f"{collection}/more", BODIES[collection] | _other(collection)).status == 201


def _other(collection: str) -> dict[str, Any]:
    """What must differ from the row that was just renamed."""
    return {
        "namedValues": {"displayName": "another"},
        "products": {"displayName": "another"},
        "tags": {"displayName": "another"},
        "users": {"email": "another@contoso.example"},
    }.get(collection, {})


def test_a_seed_may_go_above_the_limit_as_older_services_do() -> None:
    arm = filled("products", 101, "Developer")
    assert arm("GET", "products").json["count"] == 101
    assert arm("PUT", "products/more", {"displayName": "P"}).status == 400


def test_subscriptions_of_consumption_have_no_limit() -> None:
    assert filled("subscriptions", 100, "Consumption")("PUT", "subscriptions/s", BODIES["subscriptions"]).status == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "groups"),
        ("PUT", "groups/g"),
        ("GET", "users"),
        ("DELETE", "users/1"),
        ("GET", "users/1/subscriptions"),
        ("PUT", "products/starter/groups/guests"),
        ("GET", "products/starter/groups"),
    ],
)
def test_consumption_has_no_groups_and_no_users(arm: Arm, method: str, path: str) -> None:
    before = arm.azure.snapshot(SERVICE)
    arm.azure.seed(SERVICE, {}, tier="Consumption")
    refused = arm(method, path, {"displayName": "G"})
    assert refused.status == 400
    assert refused.error == {
        "code": "MethodNotAllowedInPricingTier",
        "message": "Method not allowed in Consumption pricing tier",
        "details": None,
    }
    assert arm("GET", "products").status == arm("GET", "subscriptions").status == 200
    assert arm.azure.snapshot(SERVICE) == before


def test_the_service_says_its_tier_and_keeps_it(arm: Arm, tmp_path: Path) -> None:
    assert arm("GET", SERVICE).json["sku"] == {"name": "Premium", "capacity": 1}
    plant_values(arm.azure, json.loads(json.dumps({"services": {SERVICE: {"tier": "StandardV2"}}})))
    assert arm("GET", SERVICE).json["sku"]["name"] == "StandardV2"
    save(arm.azure, tmp_path / "state.json")
    again = Arm()
    load(again.azure, tmp_path / "state.json")
    assert again("GET", SERVICE).json["sku"]["name"] == "StandardV2"
    assert Arm(Azure(Settings(tier="Basic")))("GET", SERVICE).json["sku"]["name"] == "Basic"


@pytest.mark.parametrize("tier", ["Gold", 1])
def test_an_unknown_tier_is_a_mistake_in_a_seed(tier: Any) -> None:
    with pytest.raises(SeedError, match="unknown tier"):
        plant_values(Azure(), {"services": {SERVICE: {"tier": tier}}})
