"""Seeds, snapshots and state files: what is planted is what is there, and it comes back."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from caller import SERVICE, Arm

from reconciler.emulator import Azure, SeedError, difference
from reconciler.emulator.seed_file import plant, plant_values
from reconciler.emulator.state_file import load, save

ENTITIES: dict[str, dict[str, Any]] = {
    "groups/partners": {},
    "users/u": {},
    "groups/partners/users/u": {},
    "apis/orders": {},
    "tags/t": {"displayName": "T"},
    "apis/orders/tags/t": {},
    "namedValues/n": {"value": "1"},
    "policyFragments/f": {"value": "<fragment />"},
    "products/p": {"displayName": "P", "state": "published"},
    "products/p/groups/partners": {},
    "products/p/apis/orders": {},
    "products/p/policies/policy": {
        "value": '<policies><inbound><include-fragment fragment-id="f" /></inbound></policies>',
    },
    "subscriptions/s": {"scope": "/products/p", "ownerId": "/users/u", "createdDate": "2017-06-02T23:34:03.1055076Z"},
}


def test_a_seed_is_there_and_brings_nothing_by_itself(arm: Arm) -> None:
    before = arm.azure.snapshot(SERVICE)
    arm.azure.seed(SERVICE, ENTITIES)
    after = arm.azure.snapshot(SERVICE)
    assert set(after) - set(before) == set(ENTITIES)
    assert after["subscriptions/s"]["createdDate"] == "2017-06-02T23:34:03.1055076Z"
    assert arm("GET", "products/p").properties["displayName"] == "P"
    assert arm.azure.log.entries[0].method == "GET"


def test_a_seed_with_auto_brings_what_the_server_makes(arm: Arm) -> None:
    arm.azure.seed(SERVICE, {"products/p": {"displayName": "P", "auto": True}})
    assert arm("GET", "products/p/groups").names == ["administrators"]
    assert arm("GET", "products/p/subscriptions").json["count"] == 1


def test_a_service_that_is_not_fresh_is_empty(arm: Arm) -> None:
    arm.azure.seed(SERVICE, {"groups/g": {}}, fresh=False)
    assert list(arm.azure.snapshot(SERVICE)) == ["groups/g"]


def test_a_snapshot_can_be_seeded_and_gives_itself(arm: Arm) -> None:
    arm.azure.seed(SERVICE, ENTITIES)
    taken = arm.azure.snapshot(SERVICE)
    again = Azure()
    again.seed(SERVICE, taken, fresh=False)
    assert again.snapshot(SERVICE) == taken


def test_a_snapshot_holds_no_key(arm: Arm) -> None:
    arm.azure.seed(SERVICE, {"subscriptions/s": {"scope": "/apis", "primaryKey": "planted-key"}})
    assert "planted-key" not in json.dumps(arm.azure.snapshot(SERVICE))
    assert arm.azure.secrets(SERVICE, "subscriptions/s")["primaryKey"] == "planted-key"


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ({"products": {}}, "products: not the path of an entity"),
        ({"nonsense/x": {}}, "nonsense/x: not the path of an entity"),
        ({"products/p/groups/g": {}}, "products/p/groups/g: Product not found."),
        ({"products/starter/groups/g": {}}, "products/starter/groups/g: Group not found."),
        ({"groups/g": {"displayname": "G"}}, "groups/g: unknown displayname; known are"),
        ({"groups/g": {"displayName": ""}}, "groups/g: name (display name) should not be empty"),
        ({"subscriptions/s": {"scope": "/products/none"}}, "subscriptions/s: Product not found"),
        ({"groups/g": "x"}, "groups/g: its properties must be an object"),
    ],
)
def test_a_wrong_seed_says_what_is_wrong(arm: Arm, entities: Any, message: str) -> None:
    with pytest.raises(SeedError) as raised:
        arm.azure.seed(SERVICE, entities)
    assert str(raised.value).startswith(message)


def test_a_seed_file_plants_principals_and_services(arm: Arm, tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    file.write_text(
        json.dumps(
            {
                "principals": {"reader": "Reader", "custom": {"actions": ["*/read", "*/write"], "notActions": []}},
                "services": {SERVICE: {"entities": ENTITIES}},
            }
        )
    )
    plant(arm.azure, file)
    assert Arm(arm.azure, client="READER")("PUT", "tags/x", {"displayName": "X"}).status == 403
    assert Arm(arm.azure, client="custom")("PUT", "tags/x", {"displayName": "X"}).status == 201
    assert "starter" in arm("GET", "products").names
    assert "p" in arm("GET", "products").names


def test_a_seed_gives_roles_at_scopes(arm: Arm) -> None:
    held = [{"role": "Contributor", "scope": f"{SERVICE}/tags"}, "Reader", {"actions": ["*/listSecrets/action"]}]
    plant_values(arm.azure, {"principals": {"tests": held}})
    assert arm("PUT", "tags/t", {"displayName": "T"}).status == 201
    assert arm("PUT", "groups/g", {"displayName": "G"}).status == 403
    assert arm("POST", "subscriptions/master/listSecrets").status == 200


def test_the_seeds_of_the_guide_can_be_planted() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text()
    seed, entities = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    azure = Azure()
    plant_values(azure, json.loads(seed))
    assert azure.vault("kv-apim-dev").value("backend-password") == "only-for-tests"
    assert [group.field("displayName") for group in azure.directory.all("group")] == ["Checkout"]
    assert len(azure.services) == 1
    azure.seed(SERVICE, json.loads(entities))
    assert azure.snapshot(SERVICE)["apis/catalog"]["type"] == "graphql"


@pytest.mark.parametrize(
    "seed",
    [
        [],
        {"nonsense": 1},
        {"principals": {"a": "Emperor"}},
        {"principals": {"a": {"actions": "*"[:0]}, "b": {"allow": []}}},
        {"services": {"/not/a/service": {"entities": {}}}},
        {"services": {SERVICE: {"entity": {}}}},
        {"services": {SERVICE: {"fresh": "yes"}}},
        {"services": {SERVICE: {"entities": []}}},
    ],
)
def test_a_wrong_seed_file_says_so(seed: Any) -> None:
    with pytest.raises(SeedError):
        plant_values(Azure(), seed)


def test_a_state_file_brings_everything_back(arm: Arm, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    arm.azure.grant("reader", "Reader")
    arm.azure.seed(SERVICE, ENTITIES)
    save(arm.azure, file)
    again = Azure()
    load(again, file)
    assert again.snapshot(SERVICE) == arm.azure.snapshot(SERVICE)
    for path in ("subscriptions/s", "namedValues/n", "products/p"):
        assert again.etag(SERVICE, path) == arm.azure.etag(SERVICE, path)
        assert again.secrets(SERVICE, path) == arm.azure.secrets(SERVICE, path)
    assert Arm(again)("PUT", "tags/x", {"displayName": "X"}).headers["etag"] > arm.azure.etag(SERVICE, "products/p")
    assert Arm(again, client="reader")("DELETE", "products/p").status == 403
    assert Arm(again)("DELETE", "policyFragments/f").status == 400
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 9}', '{"version": 1, "roles": {}, "services": [1]}'])
def test_a_file_that_is_no_state_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text)
    with pytest.raises(SeedError):
        load(Azure(), file)


def test_ten_thousand_subscriptions_are_planted_in_a_second(arm: Arm) -> None:
    rows = {f"subscriptions/s{index}": {"scope": "/products/unlimited"} for index in range(10_000)}
    began = time.process_time()
    arm.azure.seed(SERVICE, rows)
    assert time.process_time() - began < 2
    page = arm("GET", "subscriptions", query="$skip=9950&$top=100").json
    assert (len(page["value"]), page["count"]) == (53, 10_003)


def test_two_snapshots_are_compared_thing_by_thing_and_property_by_property() -> None:
    then = {"tags/a": {"displayName": "A"}, "tags/b": {"displayName": "B", "x": 1}, "tags/c": {}}
    now = {"tags/b": {"displayName": "B2", "y": None}, "tags/c": {}, "tags/d": {}}
    found = difference(then, now)
    assert (found.added, found.removed) == ({"tags/d": {}}, {"tags/a": {"displayName": "A"}})
    assert found.changed == {"tags/b": {"displayName": ("B", "B2"), "x": (1, None)}}
    assert found
    assert not difference(then, then)
