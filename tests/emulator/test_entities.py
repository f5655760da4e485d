"""What every entity has: status codes, ETags, If-Match, ids, error bodies."""

import base64

import pytest
from caller import SERVICE, Arm

BODIES = {
    "groups/g": {"displayName": "G"},
    "users/u": {"firstName": "U", "lastName": "U", "email": "u@contoso.example"},
    "products/p": {"displayName": "P"},
    "tags/t": {"displayName": "T"},
    "apis/a": {"displayName": "A", "path": "a"},
    "backends/b": {"url": "https://b.contoso.example", "protocol": "http"},
    "namedValues/n": {"displayName": "N", "value": "1"},
    "policyFragments/f": {"value": "<fragment />"},
    "subscriptions/s": {"displayName": "S", "scope": "/products/unlimited"},
}
SLOW = {"users/u", "apis/a"}


@pytest.mark.parametrize("path", BODIES)
def test_a_put_creates_with_201_updates_with_200_and_a_get_finds_it(arm: Arm, path: str) -> None:
    assert arm("GET", path).status == 404
    created, updated = arm("PUT", path, BODIES[path]), arm("PUT", path, BODIES[path])
    assert (created.status, updated.status) == (201, 200)
    found = arm("GET", path)
    collection, name = path.split("/")
    assert found.json["id"] == f"{SERVICE}/{path}"
    assert found.json["type"] == f"Microsoft.ApiManagement/service/{collection}"
    assert found.json["name"] == name
    assert name in arm("GET", collection).names


@pytest.mark.parametrize("path", BODIES)
def test_a_delete_answers_200_or_202_and_then_204(arm: Arm, path: str) -> None:
    arm("PUT", path, BODIES[path])
    gone = arm("DELETE", path, query="deleteSubscriptions=true")
    assert gone.status == (202 if path in SLOW else 200)
    assert gone.body == b""
    assert arm("DELETE", path).status == 204
    assert arm("GET", path).status == 404


@pytest.mark.parametrize("path", sorted(set(BODIES) - {"policyFragments/f"}))
def test_a_patch_changes_what_it_names_and_nothing_else(arm: Arm, path: str) -> None:
    arm("PUT", path, BODIES[path])
    before = arm("GET", path).properties
    key = next(iter(BODIES[path]))
    patched = arm("PATCH", path, {key: "other"})
    assert patched.status == 200
    assert arm("GET", path).properties == {**before, key: "other"}


def test_a_patch_of_what_is_not_there_is_404(arm: Arm) -> None:
    assert arm("PATCH", "products/none", {"description": "x"}).status == 404


def test_an_etag_is_the_quoted_base64_of_an_eight_byte_counter_that_grows(arm: Arm) -> None:
    first = arm("PUT", "tags/a", {"displayName": "A"}).headers["etag"]
    second = arm("PUT", "tags/b", {"displayName": "B"}).headers["etag"]
    numbers = [int.from_bytes(base64.b64decode(etag.strip('"')), "big") for etag in (first, second)]
    assert first[0] == first[-1] == '"'
    assert len(base64.b64decode(first.strip('"'))) == 8
    assert numbers[1] > numbers[0] + 1


def test_a_no_op_write_keeps_the_etag(arm: Arm) -> None:
    first = arm("PUT", "products/p", {"displayName": "P"}).headers["etag"]
    assert arm("PUT", "products/p", {"displayName": "P"}).headers["etag"] == first
    assert arm("PATCH", "products/p", {"displayName": "P"}).headers["etag"] == first
    assert arm("PATCH", "products/p", {"displayName": "Q"}).headers["etag"] != first


def test_get_and_head_carry_the_etag_and_a_list_does_not(arm: Arm) -> None:
    etag = arm("PUT", "products/p", {"displayName": "P"}).headers["etag"]
    head = arm("HEAD", "products/p")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", etag)
    assert arm("GET", "products/p").headers["etag"] == etag
    assert "etag" not in arm("GET", "products").headers
    assert arm("HEAD", "products/none").status == 404


def test_a_stale_if_match_is_412_and_changes_nothing(arm: Arm) -> None:
    old = arm("PUT", "products/p", {"displayName": "P"}).headers["etag"]
    new = arm("PUT", "products/p", {"displayName": "Q"}, etag=old).headers["etag"]
    for method in ("PUT", "PATCH", "DELETE"):
        assert arm(method, "products/p", {"displayName": "R"}, etag=old).status == 412
    assert arm("GET", "products/p").properties["displayName"] == "Q"
    assert arm("DELETE", "products/p", etag=new, query="deleteSubscriptions=true").status == 200


def test_an_etag_of_what_is_not_there_is_stale(arm: Arm) -> None:
    assert arm("PUT", "tags/t", {"displayName": "T"}, etag='"AAAAAAAAAAE="').status == 412
    assert arm("GET", "tags/t").status == 404


def test_a_missing_if_match_is_tolerated(arm: Arm) -> None:
    arm("PUT", "tags/t", {"displayName": "T"})
    assert arm("PUT", "tags/t", {"displayName": "U"}).status == 200
    assert arm("DELETE", "tags/t").status == 200


def test_a_star_creates_what_is_missing(arm: Arm) -> None:
    assert arm("PUT", "products/p", {"displayName": "P"}, etag="*").status == 201


def test_strict_demands_if_match_on_update_and_delete_as_the_spec_does(arm: Arm) -> None:
    arm.azure.settings.strict = True
    assert arm("PUT", "tags/t", {"displayName": "T"}).status == 201
    assert arm("PUT", "tags/t", {"displayName": "U"}).status == 400
    assert arm("PATCH", "tags/t", {"displayName": "U"}).status == 400
    assert arm("DELETE", "tags/t").status == 400
    assert arm("PUT", "tags/t", {"displayName": "U"}, etag="*").status == 200
    assert arm("DELETE", "tags/t", etag="*").status == 200
    assert arm("PUT", "products/starter/groups/guests").status == 200


def test_an_error_has_code_message_and_details_that_are_null_when_empty(arm: Arm) -> None:
    expected = {"error": {"code": "ResourceNotFound", "message": "Product not found.", "details": None}}
    assert arm("GET", "products/none").json == expected
    assert arm("GET", "subscriptions/none").error["message"] == "Subscription not found."
    assert arm("GET", "policyFragments/none").error["message"] == "PolicyFragment not found."
    assert arm("GET", "products/starter/policies/policy").error["message"] == "PoliciesConfiguration not found."


@pytest.mark.parametrize("body", [b"null", b"[]", b"{", b"", b'{"properties": 1}'])
def test_a_body_that_is_no_object_is_refused(arm: Arm, body: bytes) -> None:
    refused = arm("PUT", "tags/t", body=body)
    assert refused.status == 400
    assert arm("GET", "tags/t").status == 404


@pytest.mark.parametrize(
    ("path", "properties"),
    [
        ("tags/a:b", {"displayName": "T"}),
        ("tags/" + "x" * 81, {"displayName": "T"}),
        ("policyFragments/-f", {"value": "<fragment />"}),
        ("subscriptions/a%23b", {"displayName": "S", "scope": "/apis"}),
        ("products/" + "x" * 257, {"displayName": "P"}),
        ("products/p", {"displayName": "x" * 301}),
        ("products/p", {"displayName": ""}),
        ("products/p", {}),
        ("products/p", {"displayName": "P", "state": "open"}),
        ("products/p", {"displayName": "P", "subscriptionsLimit": "1"}),
        ("products/p", {"displayName": "P", "description": "x" * 1001}),
        ("subscriptions/s", {"displayName": "x" * 101, "scope": "/apis"}),
        ("namedValues/n", {"displayName": "a b", "value": "1"}),
        ("namedValues/n", {"displayName": "N", "value": "x" * 4097}),
        ("namedValues/n", {"displayName": "N", "value": "1", "tags": ["x"] * 33}),
        ("tags/t", {"displayName": "x" * 161}),
    ],
)
def test_ids_and_values_beyond_the_limits_are_a_validation_error(
    arm: Arm, path: str, properties: dict[str, str]
) -> None:
    refused = arm("PUT", path, properties)
    assert refused.status == 400
    assert refused.error["code"] == "ValidationError"
    assert refused.error["message"] == "One or more fields contain incorrect values:"
    assert {"code", "target", "message"} == set(refused.error["details"][0])


def test_what_a_type_does_not_have_is_dropped_without_a_word(arm: Arm) -> None:
    arm("PUT", "groups/g", {"displayName": "G", "nonsense": 1})
    assert "nonsense" not in arm("GET", "groups/g").properties
