"""What belongs to an API: version sets, operations, schemas, revisions and the releases that exchange them."""

import pytest
from caller import Arm

API = {"displayName": "Orders", "path": "orders"}
GET_ONE = {"displayName": "Get one", "method": "GET", "urlTemplate": "/orders/{id}"}


@pytest.fixture
def orders(arm: Arm) -> Arm:
    arm("PUT", "apis/orders", API)
    return arm


def revised(arm: Arm, **more: object) -> Arm:
    arm("PUT", "apis/orders/operations/get", GET_ONE)
    arm("PUT", "apis/orders;rev=2", {"path": "orders", "sourceApiId": "/apis/orders", **more})
    return arm


def test_a_version_set_has_a_type_of_its_own_and_needs_a_scheme(arm: Arm) -> None:
    made = arm("PUT", "apiVersionSets/v", {"displayName": "V", "versioningScheme": "Segment"})
    assert (made.status, made.json["type"]) == (201, "Microsoft.ApiManagement/service/api-version-sets")
    assert arm("PUT", "apiVersionSets/w", {"displayName": "W"}).status == 400
    assert arm("PUT", "apiVersionSets/w", {"displayName": "W", "versioningScheme": "Path"}).status == 400
    assert arm("PATCH", "apiVersionSets/v", {"description": "d"}, etag="*").properties["description"] == "d"
    assert arm("GET", "apiVersionSets").names == ["v"]


def test_a_version_set_stays_while_an_api_refers_to_it(orders: Arm) -> None:
    orders("PUT", "apiVersionSets/v", {"displayName": "V", "versioningScheme": "Segment"})
    versioned = orders("PUT", "apis/orders-v1", {**API, "path": "o1", "apiVersionSetId": "/apiVersionSets/v"})
    assert versioned.properties["apiVersionSetId"].endswith("/service/apim-dev/apiVersionSets/v")
    assert orders("DELETE", "apiVersionSets/v", etag="*").status == 400
    assert orders("PUT", "apis/x", {**API, "apiVersionSetId": "/apiVersionSets/none"}).status == 400
    expanded = {row["name"]: row for row in orders("GET", "apis", query="expandApiVersionSet=true").json["value"]}
    assert expanded["orders-v1"]["properties"]["apiVersionSet"]["name"] == "V"
    assert "apiVersionSet" not in expanded["orders"]["properties"]


def test_a_version_set_goes_with_its_last_version(orders: Arm) -> None:
    orders("PUT", "apiVersionSets/v", {"displayName": "V", "versioningScheme": "Segment"})
    for number in ("1", "2"):
        versioned = {**API, "apiVersion": f"v{number}", "apiVersionSetId": "/apiVersionSets/v", "path": "versioned"}
        assert orders("PUT", f"apis/v{number}", versioned).status == 201
    orders("DELETE", "apis/v1", etag="*")
    assert orders("GET", "apiVersionSets/v").status == 200
    orders("DELETE", "apis/v2", etag="*")
    assert orders("GET", "apiVersionSets/v").status == 404


def test_a_product_holds_an_api_with_all_its_revisions(orders: Arm) -> None:
    revised(orders)
    assert orders("PUT", "products/starter/apis/orders;rev=2").status == 201
    assert orders("PUT", "products/starter/apis/orders").status == 200
    assert "orders" in orders("GET", "products/starter/apis").names
    assert orders("DELETE", "products/starter/apis/orders;rev=2").status == 200
    assert "orders" not in orders("GET", "products/starter/apis").names


def test_operations_are_stored_below_their_api_with_a_policy_and_tags(orders: Arm) -> None:
    assert orders("PUT", "apis/orders/operations/get", GET_ONE).status == 201
    assert orders("PUT", "apis/none/operations/get", GET_ONE).status == 404
    assert orders("PUT", "apis/orders/operations/bad", {"displayName": "x"}).status == 400
    policy = {"value": "<policies><inbound /></policies>"}
    assert orders("PUT", "apis/orders/operations/get/policies/policy", policy).status == 201
    assert orders("GET", "apis/orders/operations/get/policies").json["count"] == 1
    assert any(
        row["properties"]["referencePolicyId"].endswith("/operations/get/policies/policy")
        for row in orders("GET", "allPolicies").json["value"]
    )
    orders("PUT", "tags/t", {"displayName": "T"})
    assert orders("PUT", "apis/orders/operations/get/tags/t").status == 201
    assert orders("HEAD", "apis/orders/operations/get/tags/t").status == 200
    (pair,) = orders("GET", "apis/orders/operationsByTags").json["value"]
    assert pair["tag"]["name"] == "T"
    assert pair["operation"]["id"] == "/apis/orders/operations/get"
    assert pair["operation"]["apiName"] == "Orders"
    orders("PUT", "apis/orders/operations/post", {**GET_ONE, "method": "POST"})
    both = orders("GET", "apis/orders/operationsByTags", query="includeNotTaggedOperations=true").json["value"]
    assert [pair["operation"]["method"] for pair in both] == ["GET", "POST"]
    assert orders("GET", "tagResources").json["value"][0]["operation"]["method"] == "GET"


def test_a_deleted_api_takes_along_what_is_nested_in_it(orders: Arm) -> None:
    orders("PUT", "tags/t", {"displayName": "T"})
    orders("PUT", "policyFragments/f", {"value": "<fragment />"})
    orders("PUT", "apis/orders/operations/get", GET_ONE)
    orders("PUT", "apis/orders/operations/get/tags/t")
    policy = '<policies><inbound><include-fragment fragment-id="f" /></inbound></policies>'
    orders("PUT", "apis/orders/operations/get/policies/policy", {"value": policy})
    assert orders("PUT", "apis/orders/schemas/s", {"contentType": "application/json"}).status == 201
    assert orders("DELETE", "policyFragments/f", etag="*").status == 400
    assert orders("DELETE", "apis/orders", etag="*").status == 202
    orders("PUT", "apis/orders", API)
    assert orders("GET", "apis/orders/operations").json["value"] == []
    assert orders("GET", "apis/orders/schemas").json["value"] == []
    assert orders("GET", "tags/t/operationLinks").json["value"] == []
    assert orders("DELETE", "policyFragments/f", etag="*").status == 200


def test_a_revision_starts_from_its_source_with_all_that_is_nested(orders: Arm) -> None:
    revised(orders)
    assert orders("GET", "apis/orders;rev=2").properties["isCurrent"] is False
    assert orders("GET", "apis/orders%3Brev%3D2/operations").names == ["get"]
    assert "orders;rev=2" not in orders("GET", "apis").names
    rows = orders("GET", "apis/orders/revisions").json["value"]
    assert [(row["apiId"], row["isCurrent"]) for row in rows] == [
        (f"{orders.base}/apis/orders;rev=1", True),
        (f"{orders.base}/apis/orders;rev=2", False),
    ]
    orders("DELETE", "apis/orders;rev=2/operations/get", etag="*")
    assert orders("GET", "apis/orders/operations").names == ["get"]


def test_a_release_makes_its_revision_current_and_links_stay(orders: Arm) -> None:
    orders("PUT", "products/starter/apis/orders")
    revised(orders, description="Newer")
    orders("DELETE", "apis/orders;rev=2/operations/get", etag="*")
    released = orders("PUT", "apis/orders/releases/r1", {"apiId": "/apis/orders;rev=2", "notes": "Out"})
    assert released.status == 201
    assert released.properties["apiId"].endswith("/apis/orders;rev=2")
    assert orders("GET", "apis/orders").properties["description"] == "Newer"
    assert orders("GET", "apis/orders").properties["apiRevision"] == "2"
    assert orders("GET", "apis/orders/operations").names == []
    assert orders("GET", "apis/orders;rev=1/operations").names == ["get"]
    assert orders("GET", "apis/orders;rev=2").properties["isCurrent"] is True
    assert "orders" in orders("GET", "products/starter/apis").names
    assert orders("GET", "apis/orders/releases").names == ["r1"]
    orders("PUT", "apis/orders/releases/r2", {"apiId": "/apis/orders;rev=1"})
    assert orders("GET", "apis/orders/operations").names == ["get"]
    assert orders("PUT", "apis/orders/releases/r3", {"apiId": "/apis/orders;rev=9"}).status == 400
    assert orders("PUT", "apis/orders/releases/r3", {"apiId": "/apis/echo-api"}).status == 400


def test_a_release_that_is_written_again_is_the_same(orders: Arm) -> None:
    release = {"apiId": "/apis/orders", "notes": "Out"}
    first = orders("PUT", "apis/orders/releases/r1", release)
    again = orders("PUT", "apis/orders/releases/r1", release)
    assert (again.status, again.headers["etag"]) == (200, first.headers["etag"])


def test_the_policy_of_a_released_revision_still_counts_as_a_use_of_its_fragment(orders: Arm) -> None:
    orders("PUT", "policyFragments/f", {"value": "<fragment />"})
    policy = '<policies><inbound><include-fragment fragment-id="f" /></inbound></policies>'
    orders("PUT", "apis/orders/policies/policy", {"value": policy})
    revised(orders, isCurrent=True)
    uses = orders("POST", "policyFragments/f/listReferences").json["value"]
    assert sorted(row["id"].partition("/apim-dev/")[2] for row in uses) == [
        "apis/orders/policies/policy",
        "apis/orders;rev=1/policies/policy",
    ]


def test_an_api_with_revisions_goes_only_with_all_of_them(orders: Arm) -> None:
    revised(orders)
    assert orders("DELETE", "apis/orders", etag="*").status == 400
    assert orders("DELETE", "apis/orders", etag="*", query="deleteRevisions=true").status == 202
    assert orders("GET", "apis/orders;rev=2").status == 404


def test_with_all_revisions_the_delete_of_one_takes_the_api(orders: Arm) -> None:
    revised(orders)
    assert orders("DELETE", "apis/orders;rev=2", etag="*", query="deleteRevisions=true").status == 202
    assert orders("GET", "apis/orders").status == 404
    orders("PUT", "apis/orders", API)
    revised(orders)
    assert orders("DELETE", "apis/orders;rev=2", etag="*").status == 202
    assert orders("GET", "apis/orders").status == 200


def test_an_operation_can_be_asked_for_by_its_number_alone(arm: Arm) -> None:
    arm.azure.settings.slow_polls = 1
    made = arm("PUT", "policyFragments/f", {"value": "<fragment />"})
    number = made.headers["azure-asyncoperation"].partition("operationResults/")[2].partition("?")[0]
    above = "/".join(arm.base.split("/")[:3]) + "/providers/Microsoft.ApiManagement/locations/westeurope"
    assert arm("GET", f"{above}/operationStatuses/{number}").json["status"] == "InProgress"
    assert arm("GET", f"{above}/operationStatuses/{number}").json["status"] == "Succeeded"
    assert arm("GET", f"{above}/operationResults/{number}").status == 200
    assert arm("GET", f"{above}/operationStatuses/none").status == 404


def test_a_secret_is_read_anew_when_asked(arm: Arm) -> None:
    arm.azure.vault("kv-dev").set("s", "one")
    reference = {"secretIdentifier": "https://kv-dev.vault.azure.net/secrets/s"}
    arm("PUT", "namedValues/n", {"displayName": "n", "secret": True, "keyVault": reference})
    arm.azure.vault("kv-dev").set("s", "two")
    assert arm("POST", "namedValues/n/listValue").json["value"] == "one"
    assert arm("POST", "namedValues/n/refreshSecret").properties["keyVault"]["lastStatus"]["code"] == "Success"
    assert arm("POST", "namedValues/n/listValue").json["value"] == "two"
    arm("PUT", "namedValues/plain", {"displayName": "plain", "value": "1"})
    assert arm("POST", "namedValues/plain/refreshSecret").status == 400


def test_the_identities_of_a_user_are_listed(arm: Arm) -> None:
    assert arm("GET", "users/1/identities").json["value"] == [{"provider": "Azure", "id": "admin@contoso.example"}]


def test_an_api_and_its_revisions_have_one_lock(orders: Arm) -> None:
    orders.azure.settings.slow_polls = 3
    revised(orders)
    assert orders("PUT", "apis/orders/operations/get", GET_ONE).status == 409
    assert orders("PUT", "apis/orders;rev=3", {"path": "orders"}).status == 409
    assert orders("PUT", "apis/others", {"displayName": "O", "path": "others"}).status == 201


def test_a_clone_has_its_own_properties_and_the_operations_of_its_source(orders: Arm) -> None:
    orders("PUT", "apis/orders/operations/get", GET_ONE)
    cloned = orders("PUT", "apis/copy", {"displayName": "Copy", "path": "copy", "sourceApiId": "/apis/orders"})
    assert (cloned.status, cloned.properties["displayName"], cloned.properties["isCurrent"]) == (201, "Copy", True)
    assert orders("GET", "apis/copy/operations").names == ["get"]


def test_a_document_that_is_imported_is_not_shown_again(orders: Arm) -> None:
    imported = {"format": "swagger-link-json", "value": "https://contoso.example/swagger.json", "path": "pets"}
    made = orders("PUT", "apis/pets", imported)
    assert made.status == 201
    assert not {"format", "value"} & orders("GET", "apis/pets").properties.keys()


@pytest.mark.parametrize(
    ("one", "several", "key"),
    [
        ("oAuth2", "oAuth2AuthenticationSettings", "authorizationServerId"),
        ("openid", "openidAuthenticationSettings", "openidProviderId"),
    ],
)
def test_the_first_of_several_servers_is_shown_alone_too(arm: Arm, one: str, several: str, key: str) -> None:
    servers = [{key: "first"}, {key: "second"}]
    arm("PUT", "apis/a", {"displayName": "A", "path": "a", "authenticationSettings": {several: servers}})
    assert arm("GET", "apis/a").properties["authenticationSettings"] == {one: servers[0], several: servers}
