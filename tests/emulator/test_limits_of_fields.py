"""Ids and fields: the longest that is taken, the shortest, and the signs that are not; sizes of policies."""

from typing import Any

import pytest
from caller import SERVICE, Arm

BODIES: dict[str, dict[str, Any]] = {
    "groups": {"displayName": "G"},
    "users": {"firstName": "U", "lastName": "V", "email": "u@contoso.example"},
    "products": {"displayName": "P"},
    "tags": {"displayName": "T"},
    "apis": {"displayName": "A", "path": "a"},
    "backends": {"url": "https://b.contoso.example", "protocol": "http"},
    "namedValues": {"displayName": "N", "value": "1"},
    "policyFragments": {"value": "<fragment />"},
    "subscriptions": {"displayName": "S", "scope": "/products/unlimited"},
}
LONGEST_ID = {
    "groups": 256,
    "users": 80,
    "products": 256,
    "tags": 80,
    "apis": 256,
    "backends": 80,
    "namedValues": 256,
    "policyFragments": 80,
    "subscriptions": 256,
}
SIGNS = {"tags", "apis", "namedValues", "subscriptions"}  # whose ids have the pattern ^[^*#&+:<>?]+$
LENGTHS = [  # collection, field, shortest, longest; 0: no such limit
    ("groups", "displayName", 1, 300),
    ("groups", "description", 0, 1000),
    ("users", "firstName", 1, 100),
    ("users", "lastName", 1, 100),
    ("users", "email", 1, 254),
    ("products", "displayName", 1, 300),
    ("products", "description", 0, 1000),
    ("tags", "displayName", 1, 160),
    ("apis", "displayName", 1, 300),
    ("apis", "path", 0, 400),
    ("backends", "title", 1, 300),
    ("backends", "description", 1, 2000),
    ("backends", "url", 1, 2000),
    ("namedValues", "displayName", 1, 256),
    ("namedValues", "value", 0, 4096),
    ("policyFragments", "description", 0, 1000),
    ("subscriptions", "displayName", 1, 100),
    ("subscriptions", "primaryKey", 1, 256),
    ("subscriptions", "secondaryKey", 1, 256),
]
REQUIRED = [
    ("groups", "displayName"),
    ("users", "firstName"),
    ("users", "lastName"),
    ("users", "email"),
    ("products", "displayName"),
    ("tags", "displayName"),
    ("apis", "path"),
    ("backends", "url"),
    ("backends", "protocol"),
    ("namedValues", "displayName"),
    ("policyFragments", "value"),
    ("subscriptions", "displayName"),
    ("subscriptions", "scope"),
]


@pytest.mark.parametrize("collection", BODIES)
def test_an_id_has_a_longest_length(arm: Arm, collection: str) -> None:
    longest = "x" * LONGEST_ID[collection]
    refused = arm("PUT", f"{collection}/{longest}x", BODIES[collection])
    assert (refused.status, refused.error["code"]) == (400, "ValidationError")
    assert arm("PUT", f"{collection}/{longest}", BODIES[collection]).status == 201


@pytest.mark.parametrize("sign", ["%2A", "%23", "%26", "%2B", ":", "%3C", "%3E", "%3F"])
@pytest.mark.parametrize("collection", BODIES)
def test_some_signs_have_no_place_in_some_ids(arm: Arm, collection: str, sign: str) -> None:
    refuses = collection in SIGNS or collection == "policyFragments"
    assert arm("PUT", f"{collection}/a{sign}b", BODIES[collection]).status == (400 if refuses else 201)


@pytest.mark.parametrize(("name", "status"), [("a-b_c", 201), ("a", 201), ("-a", 400), ("a-", 400), ("a.b", 400)])
def test_the_id_of_a_fragment_is_words_with_hyphens_inside(arm: Arm, name: str, status: int) -> None:
    assert arm("PUT", f"policyFragments/{name}", BODIES["policyFragments"]).status == status


@pytest.mark.parametrize(("collection", "field", "shortest", "longest"), LENGTHS)
def test_a_field_has_a_shortest_and_a_longest_length(
    arm: Arm, collection: str, field: str, shortest: int, longest: int
) -> None:
    for length, status in ((longest + 1, 400), (longest, 201), (shortest - 1, 400), (shortest, 200)):
        if length >= 0 and (length or field != "value"):
            answer = arm("PUT", f"{collection}/x", {**BODIES[collection], field: "x" * length})
            assert answer.status == status, (length, answer.body)


@pytest.mark.parametrize(("collection", "field"), REQUIRED)
def test_a_required_field_is_missed(arm: Arm, collection: str, field: str) -> None:
    body = {name: value for name, value in BODIES[collection].items() if name != field}
    refused = arm("PUT", f"{collection}/x", body)
    assert refused.status == 400
    assert refused.error["details"][0]["target"] == ("name" if field == "displayName" else field)


def test_the_administrator_has_no_last_name_and_can_still_be_changed(arm: Arm) -> None:
    assert arm("GET", "users/1").properties["lastName"] == ""
    assert arm("PATCH", "users/1", {"note": "x"}).status == 200


def test_a_pool_of_backends_has_no_address_of_its_own(arm: Arm) -> None:
    pool = {"type": "Pool", "pool": {"services": [{"id": f"{SERVICE}/backends/b"}]}}
    assert arm("PUT", "backends/p", pool).status == 201
    assert arm("PUT", "backends/p", {**pool, "type": "Ring"}).status == 400


@pytest.mark.parametrize(
    ("path", "root", "tier", "kib"),
    [
        ("policies/policy", "policies", "Premium", 256),
        ("apis/echo-api/policies/policy", "policies", "Consumption", 16),
        ("policyFragments/f", "fragment", "Premium", 512),
    ],
)
def test_a_policy_has_a_largest_size(arm: Arm, path: str, root: str, tier: str, kib: int) -> None:
    arm.azure.seed(SERVICE, {}, tier=tier)
    frame = f"<{root}><!----></{root}>"
    room = kib * 1024 - len(frame)
    for size, accepted in ((room + 1, False), (room, True)):
        value = frame.replace("<!---->", f"<!--{'x' * size}-->")
        assert (arm("PUT", path, {"value": value}).status in {200, 201}) is accepted
