"""Groups, users, tags and APIs: what is built in, what is unique, what a delete takes along."""

import pytest
from caller import SERVICE, Arm


@pytest.mark.parametrize("name", ["administrators", "developers", "guests"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_groups_of_the_system_cannot_be_modified(arm: Arm, name: str, method: str) -> None:
    before = arm.azure.snapshot(SERVICE)
    refused = arm(method, f"groups/{name}", {"displayName": "Mine"})
    assert refused.status == 405
    assert (refused.error["code"], refused.error["message"]) == ("MethodNotAllowed", "System entity cannot be modified")
    assert arm.azure.snapshot(SERVICE) == before


def test_a_group_is_custom_and_not_built_in_unless_it_is_external(arm: Arm) -> None:
    arm("PUT", "groups/g", {"displayName": "G", "builtIn": True})
    assert arm("GET", "groups/g").properties == {"displayName": "G", "builtIn": False, "type": "custom"}
    external = {"displayName": "E", "type": "external", "externalId": "aad://t/groups/g"}
    assert arm("PUT", "groups/e", external).properties == {**external, "builtIn": False}
    assert arm("PUT", "groups/s", {"displayName": "S", "type": "system"}).status == 400


def test_a_deleted_group_leaves_products_and_users(arm: Arm) -> None:
    arm("PUT", "groups/g", {"displayName": "G"})
    arm("PUT", "products/starter/groups/g")
    arm("PUT", "groups/g/users/1")
    assert arm("DELETE", "groups/g").status == 200
    assert [path for path in arm.azure.snapshot(SERVICE) if path.endswith("/g") or "/g/" in path] == []


def test_a_new_user_is_in_developers_and_expanding_shows_it(arm: Arm) -> None:
    arm("PUT", "users/u", {"firstName": "U", "lastName": "V", "email": "u@contoso.example", "password": "secret"})
    assert arm("GET", "users/u/groups").names == ["developers"]
    rows = {row["name"]: row["properties"] for row in arm("GET", "users", query="expandGroups=true").json["value"]}
    assert [group["name"] for group in rows["u"]["groups"]] == ["Developers"]
    assert "password" not in arm("GET", "users/u").body.decode()


def test_group_membership_is_put_found_and_removed(arm: Arm) -> None:
    arm("PUT", "groups/g", {"displayName": "G"})
    assert arm("HEAD", "groups/g/users/1").status == 404
    assert arm("PUT", "groups/g/users/1").status == 201
    assert arm("PUT", "groups/g/users/1").status == 200
    assert arm("HEAD", "groups/g/users/1").status == 204
    assert arm("GET", "groups/g/users").names == ["1"]
    assert arm("DELETE", "groups/g/users/1").status == 200
    assert arm("DELETE", "groups/g/users/1").status == 204
    assert arm("PUT", "groups/g/users/none").error["message"] == "User not found."


def test_the_administrator_stays(arm: Arm) -> None:
    assert arm("DELETE", "users/1", query="deleteSubscriptions=true").status == 405
    assert arm("GET", "users/1").status == 200


def test_a_deleted_user_takes_the_subscriptions_along_when_told_so(arm: Arm) -> None:
    arm("PUT", "users/u", {"firstName": "U", "lastName": "V", "email": "u@contoso.example"})
    arm("PUT", "subscriptions/s", {"displayName": "S", "scope": "/apis", "ownerId": "/users/u"})
    assert arm("GET", "users/u/subscriptions").names == ["s"]
    assert arm("GET", "users/u/subscriptions/s").status == 200
    assert arm("DELETE", "users/u").status == 400
    assert arm("DELETE", "users/u", query="deleteSubscriptions=true").status == 202
    assert arm("GET", "subscriptions/s").status == 404
    assert arm("GET", "groups/developers/users").names == ["1"]


def test_the_display_name_of_a_tag_is_unique(arm: Arm) -> None:
    arm("PUT", "tags/a", {"displayName": "Team"})
    refused = arm("PUT", "tags/b", {"displayName": "team"})
    assert refused.status == 400
    assert refused.error["details"][0] == {
        "code": "ValidationError",
        "target": "name",
        "message": "Tag with the same name already exists.",
    }
    assert arm("PUT", "tags/a", {"displayName": "TEAM"}).status == 200


@pytest.mark.parametrize("owner", ["apis/echo-api", "products/starter"])
def test_a_tag_association_answers_with_the_tag(arm: Arm, owner: str) -> None:
    etag = arm("PUT", "tags/t", {"displayName": "T"}).headers["etag"]
    assert arm("HEAD", f"{owner}/tags/t").status == 404
    created = arm("PUT", f"{owner}/tags/t")
    assert (created.status, created.json["id"]) == (201, f"{SERVICE}/tags/t")
    assert created.headers.get("etag") == (etag if owner.startswith("apis") else None)  # the spec's difference
    assert arm("HEAD", f"{owner}/tags/t").headers["etag"] == etag
    assert arm("GET", f"{owner}/tags/t").json["name"] == "t"
    assert arm("GET", f"{owner}/tags").names == ["t"]
    assert arm("GET", "tags", query=f"scope=/{owner}").names == ["t"]
    assert arm("DELETE", f"{owner}/tags/t").status == 200
    assert arm("GET", "tags", query=f"scope=/{owner}").names == []


def test_tag_resources_list_all_pairs_by_short_id_and_display_name(arm: Arm) -> None:
    arm("PUT", "tags/t", {"displayName": "The tag"})
    for owner in ("apis/echo-api", "products/starter"):
        arm("PUT", f"{owner}/tags/t")
    api, product = arm("GET", "tagResources").json["value"]
    assert api["tag"] == product["tag"] == {"id": "/tags/t", "name": "The tag"}
    assert (api["api"]["id"], api["api"]["name"]) == ("/apis/echo-api", "Echo API")
    assert (product["product"]["id"], product["product"]["name"]) == ("/products/starter", "Starter")
    assert len(arm("GET", "apisByTags").json["value"]) == len(arm("GET", "productsByTags").json["value"]) == 1
    assert arm("GET", "products", query="tags=t").names == ["starter"]


def test_a_deleted_tag_leaves_what_it_was_on(arm: Arm) -> None:
    arm("PUT", "tags/t", {"displayName": "T"})
    arm("PUT", "apis/echo-api/tags/t")
    arm("DELETE", "tags/t")
    assert arm("GET", "apis/echo-api/tags").names == []
    assert arm("GET", "tagResources").json["value"] == []


def test_a_list_of_apis_has_current_revisions_only(arm: Arm) -> None:
    made = arm("PUT", "apis/echo-api;rev=2", {"sourceApiId": f"{SERVICE}/apis/echo-api", "path": "echo"})
    assert made.status == 201
    assert arm("GET", "apis").names == ["echo-api"]
    second = arm("GET", "apis/echo-api%3Brev%3D2")
    assert second.json["name"] == "echo-api;rev=2"
    assert second.properties["isCurrent"] is False
    assert arm("GET", "apis/echo-api%3Brev%3D1").json["name"] == "echo-api"


def test_the_contact_of_an_api_is_patched_alone(arm: Arm) -> None:
    before = arm("GET", "apis/echo-api").properties
    contact = {"name": "Commerce", "email": "commerce@contoso.example"}
    assert arm("PATCH", "apis/echo-api", {"contact": contact}).status == 200
    assert arm("GET", "apis/echo-api").properties == {**before, "contact": contact}
    arm("PATCH", "apis/echo-api", {"contact": None})
    assert arm("GET", "apis/echo-api").properties == before


def test_a_deleted_api_leaves_products_and_tags(arm: Arm) -> None:
    arm("PUT", "tags/t", {"displayName": "T"})
    arm("PUT", "apis/echo-api/tags/t")
    arm("PUT", "subscriptions/s", {"displayName": "S", "scope": "/apis/echo-api"})
    assert arm("DELETE", "apis/echo-api").status == 202
    assert [path for path in arm.azure.snapshot(SERVICE) if "echo-api" in path] == []
    assert arm("GET", "subscriptions/s").status == 404


def test_a_secret_named_value_shows_in_list_value_only(arm: Arm) -> None:
    arm("PUT", "namedValues/n", {"displayName": "N", "value": "hush", "secret": True})
    assert "value" not in arm("GET", "namedValues/n").properties
    shown = arm("POST", "namedValues/n/listValue")
    assert (shown.json, shown.headers["etag"]) == ({"value": "hush"}, arm("GET", "namedValues/n").headers["etag"])
    arm("PATCH", "namedValues/n", {"secret": False})
    assert arm("GET", "namedValues/n").properties["value"] == "hush"
