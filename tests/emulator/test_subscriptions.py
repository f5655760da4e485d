"""Subscriptions: scopes, keys, owners, the limit per user, dates."""

import re

import pytest
from caller import SERVICE, Arm

HEX = re.compile(r"[0-9a-f]{32}")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/products/starter", "/products/starter"),
        ("/apis/echo-api", "/apis/echo-api"),
        ("/apis", "/apis"),
        (f"{SERVICE}/products/starter", "/products/starter"),
        (f"{SERVICE.lower()}/apis", "/apis"),
    ],
)
def test_a_scope_comes_back_as_a_full_id(arm: Arm, asked: str, given: str) -> None:
    created = arm("PUT", "subscriptions/s", {"displayName": "S", "scope": asked})
    assert created.properties["scope"] == arm("GET", "subscriptions/s").properties["scope"] == f"{SERVICE}{given}"


@pytest.mark.parametrize(
    "asked",
    [
        "starter",
        "products/starter",
        "/",
        "/users/1",
        "/products",
        "/products/a/b",
        SERVICE.replace("dev", "prod") + "/apis",
    ],
)
def test_any_other_scope_is_refused_in_azures_words(arm: Arm, asked: str) -> None:
    refused = arm("PUT", "subscriptions/s", {"displayName": "S", "scope": asked})
    assert refused.status == 400
    assert refused.error["details"][0]["target"] == "scope"
    assert refused.error["details"][0]["message"] == (
        "Subscription scope should be one of '/apis', '/apis/{apiId}', '/products/{productId}'"
    )


def test_keys_show_in_the_answer_to_a_put_and_in_list_secrets_only(arm: Arm) -> None:
    created = arm("PUT", "subscriptions/s", {"displayName": "S", "scope": "/apis"})
    keys = {key: created.properties[key] for key in ("primaryKey", "secondaryKey")}
    assert all(HEX.fullmatch(key) for key in keys.values())
    assert "primaryKey" not in arm("GET", "subscriptions/s").properties
    assert all("primaryKey" not in row["properties"] for row in arm("GET", "subscriptions").json["value"])
    secrets = arm("POST", "subscriptions/s/listSecrets")
    assert (secrets.status, secrets.json, secrets.headers["etag"]) == (200, keys, created.headers["etag"])


def test_an_update_without_keys_keeps_them_and_with_keys_takes_them(arm: Arm) -> None:
    sent = {"displayName": "S", "scope": "/apis"}
    first = arm("PUT", "subscriptions/s", sent)
    assert arm("PUT", "subscriptions/s", sent).headers["etag"] == first.headers["etag"]
    assert arm("PATCH", "subscriptions/s", {"state": "suspended"}).status == 200
    assert arm("POST", "subscriptions/s/listSecrets").json["primaryKey"] == first.properties["primaryKey"]
    arm("PUT", "subscriptions/s", {**sent, "primaryKey": "mine"})
    assert arm.azure.secrets(SERVICE, "subscriptions/s")["primaryKey"] == "mine"


def test_regenerating_a_key_answers_204_changes_that_key_and_raises_the_etag(arm: Arm) -> None:
    before = arm("PUT", "subscriptions/s", {"displayName": "S", "scope": "/apis"})
    regenerated = arm("POST", "subscriptions/s/regeneratePrimaryKey")
    after = arm("POST", "subscriptions/s/listSecrets")
    assert (regenerated.status, regenerated.body) == (204, b"")
    assert after.json["primaryKey"] != before.properties["primaryKey"]
    assert after.json["secondaryKey"] == before.properties["secondaryKey"]
    assert after.headers["etag"] != before.headers["etag"]


def test_a_json_null_as_body_of_list_secrets_is_refused(arm: Arm) -> None:
    refused = arm("POST", "subscriptions/master/listSecrets", body=b"null")
    assert (refused.status, refused.error["message"]) == (400, "Request payload must contain JSON object.")


def test_the_answer_to_a_put_has_the_user_and_the_long_date_and_a_get_the_short_one(arm: Arm) -> None:
    sent = {"displayName": "S", "scope": "/products/unlimited", "ownerId": f"{SERVICE}/users/1"}
    arm("PUT", "products/unlimited", {"displayName": "Unlimited"})
    created = arm("PUT", "subscriptions/s", sent).properties
    assert created["user"]["id"] == f"{SERVICE}/users/1"
    assert "allowTracing" not in created
    shown = arm("GET", "subscriptions/s").properties
    assert shown["allowTracing"] is False
    assert "user" not in shown
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", created["createdDate"])
    assert shown["createdDate"] == created["createdDate"][:23] + "Z"


def test_the_limit_of_a_product_counts_for_each_user(arm: Arm) -> None:
    arm("PUT", "users/u", {"firstName": "U", "lastName": "U", "email": "u@contoso.example"})
    mine = {"displayName": "S", "scope": "/products/starter", "ownerId": "/users/u"}
    assert arm("PUT", "subscriptions/s1", mine).status == 201
    refused = arm("PUT", "subscriptions/s2", mine)
    assert (refused.status, refused.error["message"]) == (400, "Subscriptions limit reached for same user")
    assert arm("PUT", "subscriptions/s1", mine).status == 200
    assert arm("PUT", "subscriptions/s3", {"displayName": "S", "scope": "/products/starter"}).status == 201


def test_the_first_state_is_active_or_submitted_where_approval_is_required(arm: Arm) -> None:
    for scope, state in (("/apis", "active"), ("/products/starter", "active"), ("/products/unlimited", "submitted")):
        arm("PUT", f"subscriptions/s{state}", {"displayName": "S", "scope": scope})
        assert arm("GET", f"subscriptions/s{state}").properties["state"] == state


def test_master_reaches_everything_and_stays(arm: Arm) -> None:
    master = arm("GET", "subscriptions/master").properties
    assert master["scope"] == f"{SERVICE}/"
    assert "ownerId" not in master
    refused = arm("DELETE", "subscriptions/master")
    assert (refused.status, refused.error["code"]) == (405, "MethodNotAllowed")


def test_a_missing_product_or_owner_is_refused(arm: Arm) -> None:
    assert arm("PUT", "subscriptions/s", {"displayName": "S", "scope": "/products/none"}).status == 400
    assert arm("PUT", "subscriptions/s", {"displayName": "S", "scope": "/apis", "ownerId": "/users/x"}).status == 400
