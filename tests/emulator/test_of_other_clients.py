"""What Terraform's providers and azure-cli decide about a server: the answers on which their next request turns."""

import pytest
from caller import SERVICE, Arm

SUBSCRIPTION = "/".join(SERVICE.split("/")[:3])
POLICY = '<policies><inbound><set-header name="x"><value>@(1 < 2 ? "a" : "b")</value></set-header></inbound></policies>'


@pytest.mark.parametrize(
    "link",
    ["products/starter/groups/developers", "products/starter/apis/echo-api", "groups/administrators/users/1"],
)
def test_head_of_a_link_is_204_or_404_and_of_an_entity_200_with_its_etag(arm: Arm, link: str) -> None:
    assert arm("HEAD", link).status == 204
    arm("DELETE", link)
    assert arm("HEAD", link).status == 404
    entity = arm("HEAD", "products/starter")
    assert (entity.status, entity.body) == (200, b"")
    assert entity.headers["etag"] == arm("GET", "products/starter").headers["etag"]


@pytest.mark.parametrize("name", ["orders;rev=2", "orders%3Brev%3D2", "orders%3brev%3d2"])
def test_a_revision_resolves_however_it_is_spelled(arm: Arm, name: str) -> None:
    arm("PUT", "apis/orders", {"displayName": "Orders", "path": "orders"})
    arm("PUT", "apis/orders;rev=2", {"path": "orders", "sourceApiId": "/apis/orders"})
    assert arm("GET", f"apis/{name}").json["name"] == "orders;rev=2"
    assert arm("GET", "apis/orders%3Brev%3D1").json["name"] == "orders"


@pytest.mark.parametrize(
    ("path", "properties"),
    [
        ("namedValues/n", {"displayName": "n", "value": "1"}),
        ("policyFragments/f", {"value": "<fragment />", "format": "rawxml"}),
    ],
)
def test_what_is_polled_says_where_and_when(arm: Arm, path: str, properties: dict[str, str]) -> None:
    made = arm("PUT", path, properties)
    assert {"location", "azure-asyncoperation", "retry-after"} <= made.headers.keys()
    assert arm.follow(made.headers["azure-asyncoperation"]).json["status"] == "Succeeded"
    assert arm.follow(made.headers["location"]).status == 201


@pytest.mark.parametrize(
    ("path", "properties"),
    [
        ("products/p", {"displayName": "P"}),
        ("groups/g", {"displayName": "G"}),
        ("namedValues/n", {"displayName": "n", "value": "1"}),
        ("policyFragments/f", {"value": "<fragment />", "format": "rawxml"}),
        ("products/starter/policies/policy", {"value": POLICY, "format": "rawxml"}),
    ],
)
def test_an_update_is_a_whole_put_and_needs_no_if_match(arm: Arm, path: str, properties: dict[str, str]) -> None:
    assert [arm("PUT", path, properties).status for _ in range(2)] == [201, 200]


def test_a_client_is_told_where_everything_is(arm: Arm) -> None:
    told = arm("GET", "/metadata/endpoints", version="2022-09-01", headers={"authorization": ""}).json
    assert {"name", "resourceManager", "microsoftGraphResourceId", "suffixes"} <= told.keys()
    assert told["authentication"]["loginEndpoint"] == "https://localhost:8443"
    assert "https://management.azure.com" in told["authentication"]["audiences"]
    assert {"keyVaultDns"} <= told["suffixes"].keys()


def test_throttling_says_how_long_to_wait_and_the_wait_is_enough(arm: Arm) -> None:
    now = 1_000_000.0
    arm.azure.settings.throttle, arm.azure.settings.clock = True, lambda: now
    refused = next(reply for reply in (arm("GET", "groups/guests") for _ in range(300)) if reply.status == 429)
    now += int(refused.headers["retry-after"])
    assert arm("GET", "groups/guests").status == 200


def test_a_subscription_is_written_back_with_both_keys_and_nothing_changes(arm: Arm) -> None:
    given = {"displayName": "Key", "scope": "/products/starter", "state": "active"}
    first = arm("PUT", "subscriptions/key", given)
    keys = arm("POST", "subscriptions/key/listSecrets").json
    again = arm("PUT", "subscriptions/key", {**given, **keys})
    assert (again.status, again.headers["etag"]) == (200, first.headers["etag"])
    assert arm("POST", "subscriptions/key/listSecrets").json == keys


def test_a_policy_goes_in_as_it_is_and_comes_out_escaped_and_the_reverse(arm: Arm) -> None:
    path = "products/starter/policies/policy"
    assert arm("PUT", path, {"format": "rawxml", "value": POLICY}).status == 201
    escaped = arm("GET", path, query="format=xml").properties["value"]
    assert "@(1 &lt; 2 ?" in escaped
    assert "@(1 < 2 ?" in arm("GET", path, query="format=rawxml").properties["value"]
    assert arm("PUT", path, {"format": "xml", "value": escaped}).status == 200
    assert arm("GET", path, query="format=xml").properties["value"] == escaped


def test_the_provider_is_registered_and_the_resource_group_is_there(arm: Arm) -> None:
    (provider,) = arm("GET", f"{SUBSCRIPTION}/providers", version="2022-09-01").json["value"]
    assert (provider["namespace"], provider["registrationState"]) == ("Microsoft.ApiManagement", "Registered")
    one = arm("GET", f"{SUBSCRIPTION}/providers/Microsoft.ApiManagement", version="2022-09-01").json
    assert one == provider
    group = arm("GET", f"{SUBSCRIPTION}/resourceGroups/rg", version="2021-04-01").json
    assert (group["name"], group["properties"]["provisioningState"]) == ("rg", "Succeeded")
    assert arm("HEAD", f"{SUBSCRIPTION}/resourceGroups/rg", version="2021-04-01").status == 204
