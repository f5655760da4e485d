"""Links as things of their own: they and the older paths show one truth."""

from pathlib import Path
from typing import NamedTuple

import pytest
from caller import SERVICE, Arm

from reconciler.emulator import Azure
from reconciler.emulator.state_file import load, save


class Twin(NamedTuple):
    """A collection of links, the property and the member of one, its older path, and what Azure calls the pair."""

    collection: str
    key: str
    member: str
    older: str
    words: str


TWINS = [
    Twin("products/starter/groupLinks", "groupId", "groups/g", "products/starter/groups/g", "Product and Group"),
    Twin("products/starter/apiLinks", "apiId", "apis/a", "products/starter/apis/a", "Product and Api"),
    Twin("tags/t/apiLinks", "apiId", "apis/a", "apis/a/tags/t", "Tag and Api"),
    Twin("tags/t/productLinks", "productId", "products/starter", "products/starter/tags/t", "Tag and Product"),
    Twin(
        "tags/t/operationLinks", "operationId", "apis/a/operations/o", "apis/a/operations/o/tags/t", "Tag and Operation"
    ),
]


@pytest.fixture
def linked() -> Arm:
    arm = Arm()
    arm.azure.seed(SERVICE, {"groups/g": {}, "tags/t": {}, "apis/a": {}, "apis/a/operations/o": {}})
    return arm


def mine(arm: Arm, twin: Twin) -> list[str]:
    rows = arm("GET", twin.collection).json["value"]
    return [row["name"] for row in rows if row["properties"][twin.key].endswith(f"/apim-dev/{twin.member}")]


@pytest.mark.parametrize("twin", TWINS, ids=str)
def test_a_link_made_here_is_seen_there(linked: Arm, twin: Twin) -> None:
    made = linked("PUT", f"{twin.collection}/l1", {twin.key: f"{SERVICE}/{twin.member}"})
    assert (made.status, made.properties) == (201, {twin.key: f"{SERVICE}/{twin.member}"})
    assert made.json["id"] == f"{SERVICE}/{twin.collection}/l1"
    assert linked("HEAD", twin.older).status in (200, 204)
    assert linked("PUT", f"{twin.collection}/l1", {twin.key: f"/{twin.member}"}).status == 200
    again = linked("PUT", f"{twin.collection}/l2", {twin.key: f"{SERVICE}/{twin.member}"})
    assert (again.status, again.error["code"]) == (409, "Conflict")
    assert again.error["message"] == f"Link already exists between specified {twin.words}."
    assert linked("DELETE", f"{twin.collection}/l1").status == 200
    assert linked("DELETE", f"{twin.collection}/l1").status == 204
    assert linked("HEAD", twin.older).status == 404


@pytest.mark.parametrize("twin", TWINS, ids=str)
def test_a_link_made_there_is_seen_here_and_has_a_name_that_stays(linked: Arm, twin: Twin) -> None:
    assert linked("PUT", twin.older).status == 201
    (name,) = mine(linked, twin)
    assert linked("GET", f"{twin.collection}/{name}").properties[twin.key].endswith(twin.member)
    assert mine(linked, twin) == [name]
    assert linked("DELETE", f"{twin.collection}/{name}").status == 200
    assert linked("HEAD", twin.older).status == 404
    assert linked("GET", f"{twin.collection}/{name}").status == 404


@pytest.mark.parametrize("twin", TWINS, ids=str)
def test_what_cannot_be_linked_is_refused(linked: Arm, twin: Twin) -> None:
    assert linked("PUT", f"{twin.collection}/l1", {twin.key: "/nonsense/x"}).status == 400
    assert linked("PUT", f"{twin.collection}/l1", {}).status == 400
    gone = "/".join([*twin.member.split("/")[:-1], "gone"])
    assert linked("PUT", f"{twin.collection}/l1", {twin.key: f"/{gone}"}).status == 404
    assert linked("HEAD", twin.older).status == 404


def test_a_link_cannot_become_another(linked: Arm) -> None:
    linked("PUT", "products/starter/groupLinks/l1", {"groupId": "/groups/g"})
    assert linked("PUT", "products/starter/groupLinks/l1", {"groupId": "/groups/guests"}).status == 400


def test_the_name_of_a_link_survives_in_the_state_file(linked: Arm, tmp_path: Path) -> None:
    linked("PUT", "tags/t/operationLinks/l1", {"operationId": "/apis/a/operations/o"})
    save(linked.azure, tmp_path / "state")
    again = Azure()
    load(again, tmp_path / "state")
    assert Arm(again)("GET", "tags/t/operationLinks").names == ["l1"]
    assert again.snapshot(SERVICE) == linked.azure.snapshot(SERVICE)


def test_a_snapshot_with_everything_nested_can_be_seeded(linked: Arm) -> None:
    linked("PUT", "apis/a/operations/o/tags/t")
    linked("PUT", "apis/a/operations/o/policies/policy", {"value": "<policies><inbound /></policies>"})
    linked("PUT", "apis/a/schemas/s", {"contentType": "application/json"})
    linked("PUT", "apiVersionSets/v", {"displayName": "V", "versioningScheme": "Segment"})
    linked("PUT", "apis/b", {"displayName": "B", "path": "b", "apiVersionSetId": "/apiVersionSets/v"})
    linked("PUT", "apis/b;rev=2", {"path": "b", "sourceApiId": "/apis/b"})
    linked("PUT", "apis/b/releases/r", {"apiId": "/apis/b;rev=2"})
    shown = linked.azure.snapshot(SERVICE)
    again = Azure()
    again.seed(SERVICE, shown, fresh=False)
    assert again.snapshot(SERVICE) == shown
