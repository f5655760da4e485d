"""What only one thing may have: display names, e-mail addresses, the path of an API."""

from typing import Any

import pytest
from caller import SERVICE, Arm

from reconciler.emulator import SeedError

CLASH = "Cannot create API 'b' with the same Path 'orders' as API 'a'  unless it's a part of the same version set"


def user(email: str) -> dict[str, Any]:
    return {"firstName": "U", "lastName": "V", "email": email}


def api(path: str, version: str = "", version_set: str = "") -> dict[str, Any]:
    versioned = {"apiVersion": version, "apiVersionSetId": f"{SERVICE}/apiVersionSets/{version_set}"}
    return {"displayName": "A", "path": path, **(versioned if version_set else {})}


def test_the_display_name_of_a_named_value_is_unique_which_the_poll_says_and_not_the_put(arm: Arm) -> None:
    arm("PUT", "namedValues/a", {"displayName": "Key", "value": "1"})
    started = arm("PUT", "namedValues/b", {"displayName": "key", "value": "2"})
    assert started.status == 201
    failed = arm.follow(started.headers["location"])
    assert failed.status == 400
    assert failed.error == {
        "code": "ValidationError",
        "message": "One or more fields contain incorrect values:",
        "details": [
            {"code": "ValidationError", "target": "name", "message": "Property with the same name already exist."}
        ],
    }
    assert arm("GET", "namedValues").names == ["a"]


def test_the_other_address_to_poll_says_failed_with_the_same_error(arm: Arm) -> None:
    arm("PUT", "namedValues/a", {"displayName": "Key", "value": "1"})
    started = arm("PUT", "namedValues/b", {"displayName": "Key", "value": "2"})
    polled = arm.follow(started.headers["azure-asyncoperation"]).json
    assert polled["status"] == "Failed"
    assert polled["error"]["details"][0]["message"] == "Property with the same name already exist."


def test_a_named_value_may_not_be_renamed_to_what_another_is_called(arm: Arm) -> None:
    arm("PUT", "namedValues/a", {"displayName": "A", "value": "1"})
    arm("PUT", "namedValues/b", {"displayName": "B", "value": "2"})
    started = arm("PATCH", "namedValues/b", {"displayName": "A"})
    assert arm.follow(started.headers["location"]).status == 400
    assert arm("GET", "namedValues/b").properties["displayName"] == "B"
    arm("PATCH", "namedValues/a", {"displayName": "C"})
    again = arm("PATCH", "namedValues/b", {"displayName": "A"})
    assert arm.follow(again.headers["location"]).status == 200


def test_a_name_is_free_again_once_its_thing_is_gone(arm: Arm) -> None:
    for path, body in (("tags/{}", {"displayName": "T"}), ("users/{}", user("u@contoso.example"))):
        assert arm("PUT", path.format("a"), body).status == 201
        assert arm("PUT", path.format("b"), body).status == 400
        arm("DELETE", path.format("a"))
        assert arm("PUT", path.format("b"), body).status == 201


def test_an_email_belongs_to_one_user(arm: Arm) -> None:
    arm("PUT", "users/a", user("Ann@contoso.example"))
    refused = arm("PUT", "users/b", user("ann@contoso.example"))
    assert (refused.status, refused.error["details"][0]["target"]) == (400, "email")
    assert arm("PUT", "users/a", user("ANN@contoso.example")).status == 200
    arm.azure.settings.unique_emails = False
    assert arm("PUT", "users/b", user("ann@contoso.example")).status == 201


@pytest.mark.parametrize("path", ["orders", "/orders/", "Orders"])
def test_two_apis_do_not_share_a_path(arm: Arm, path: str) -> None:
    arm("PUT", "apis/a", api("orders"))
    refused = arm("PUT", "apis/b", api(path))
    assert refused.status == 400
    assert refused.error["details"][0]["message"] == CLASH.replace("Path 'orders'", f"Path '{path}'")
    assert arm("GET", "apis/b").status == 404
    assert arm("PUT", "apis/b", api("orders/returns")).status == 201
    assert arm("PATCH", "apis/b", {"path": path}).status == 400
    arm.azure.settings.unique_paths = False
    assert arm("PATCH", "apis/b", {"path": path}).status == 200


def test_versions_of_one_set_share_a_path_and_no_others_do(arm: Arm) -> None:
    arm.azure.seed(SERVICE, {"apiVersionSets/one": {}, "apiVersionSets/two": {}})
    assert arm("PUT", "apis/a", api("orders", "v1", "one")).status == 201
    assert arm("PUT", "apis/c", api("orders", "v2", "one")).status == 201
    assert arm("PUT", "apis/b", api("orders", "v1", "two")).error["details"][0]["message"] == CLASH
    assert arm("PUT", "apis/b", api("orders")).error["details"][0]["message"] == CLASH
    assert arm("PUT", "apis/b", api("orders", "v2", "one")).error["details"][0]["target"] == "apiVersion"


def test_revisions_share_the_path_of_their_api(arm: Arm) -> None:
    arm("PUT", "apis/a", api("orders"))
    assert arm("PUT", "apis/a;rev=2", {"sourceApiId": f"{SERVICE}/apis/a", "path": "orders"}).status == 201
    assert arm("PUT", "apis/a", {**api("orders"), "description": "x"}).status == 200
    assert arm("PATCH", "apis/a%3Brev%3D2", {"description": "y"}).status == 200


def test_a_seed_is_held_to_it_too(arm: Arm) -> None:
    seed: dict[str, dict[str, Any]] = {"namedValues/a": {"displayName": "n"}, "namedValues/b": {"displayName": "N"}}
    with pytest.raises(SeedError, match="namedValues/b: Property with the same name already exist"):
        arm.azure.seed(SERVICE, seed)


def test_the_display_name_of_a_product_is_unique(arm: Arm) -> None:
    refused = arm("PUT", "products/beginner", {"displayName": "starter"})
    assert (refused.status, refused.error["details"][0]["target"]) == (400, "name")
    assert refused.error["details"][0]["message"] == "Product with the same name already exists"
    assert arm("PUT", "products/starter", {"displayName": "STARTER"}).status == 200
    assert arm("PATCH", "products/unlimited", {"displayName": "Starter"}, etag="*").status == 400
