"""What is asked: published paths only, two versions, any service, ids as they were encoded."""

import ast
from pathlib import Path

import pytest
from caller import SERVICE, Arm

import reconciler.emulator


@pytest.mark.parametrize("version", ["2022-08-01", "2024-05-01"])
def test_two_versions_are_served(arm: Arm, version: str) -> None:
    assert arm("GET", "groups", version=version).status == 200


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("", "MissingApiVersionParameter"),
        ("latest", "InvalidApiVersionParameter"),
        ("2016-07-07", "NoRegisteredProviderFound"),
    ],
)
def test_any_other_version_is_refused(arm: Arm, version: str, code: str) -> None:
    refused = arm("GET", "groups", version=version)
    assert (refused.status, refused.error["code"]) == (400, code)


@pytest.mark.parametrize(
    "path",
    [
        "nonsense",
        "products/p/nonsense",
        "products/starter/groups/guests/more",
        "groups/guests/products",
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Other/service/apim",
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/-bad-",
        f"/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/{'x' * 51}",
        "/nonsense",
    ],
)
def test_an_unpublished_path_is_404(arm: Arm, path: str) -> None:
    assert arm("GET", path).status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "products"),
        ("GET", "products/starter/groups/guests"),
        ("PATCH", "policies/policy"),
        ("GET", "subscriptions/master/listSecrets"),
        ("DELETE", ""),
    ],
)
def test_a_verb_that_is_not_published_is_405(arm: Arm, method: str, path: str) -> None:
    assert arm(method, path, {}).status == 405


def test_fixed_segments_are_read_without_regard_to_case(arm: Arm) -> None:
    shouted = SERVICE.replace("resourceGroups/rg", "RESOURCEGROUPS/RG").replace("service/apim", "SERVICE/APIM")
    assert arm("PUT", f"{shouted}/Products/p", {"displayName": "P"}).json["id"].lower().endswith("/products/p")
    assert arm("GET", "products/p").status == 200


def test_an_encoded_slash_belongs_to_its_id(arm: Arm) -> None:
    assert arm("PUT", "products/a%2Fb", {"displayName": "P"}).json["name"] == "a/b"
    assert arm("GET", "products/a%2fb").status == 200
    assert arm("GET", "products/a/b").status == 404


def test_any_service_is_a_new_instance_of_its_own(arm: Arm) -> None:
    other = Arm(arm.azure, base=SERVICE.replace("apim-dev", "apim-prod"))
    arm("PUT", "groups/g", {"displayName": "G"})
    assert other("GET", "").json["name"] == "apim-prod"
    assert other("GET", "groups").names == ["administrators", "developers", "guests"]
    assert other("GET", "products").names == ["starter", "unlimited"]
    assert other("GET", "subscriptions").json["count"] == 3
    assert other("GET", "users/1/groups").names == ["administrators", "developers"]
    assert other("GET", "apis").names == ["echo-api"]
    assert other("GET", "policies").names == ["policy"]


def test_every_answer_has_ids_of_its_own(arm: Arm) -> None:
    replies = [arm("GET", "groups"), arm("GET", "groups/none"), arm("PUT", "tags/t", {"displayName": "T"})]
    assert len({reply.headers["x-ms-request-id"] for reply in replies}) == 3
    assert all("x-ms-correlation-request-id" in reply.headers for reply in replies)


def test_the_emulator_imports_nothing_else_of_ours() -> None:
    for file in Path(reconciler.emulator.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert all(not name.startswith("reconciler") or name.startswith("reconciler.emulator") for name in names)
