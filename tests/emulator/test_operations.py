"""Long-running operations: how they start, how they are polled, how they fail late."""

import pytest
from caller import Arm

SLOW = {
    "policyFragments/f": {"value": "<fragment />"},
    "namedValues/n": {"displayName": "N", "value": "1"},
    "apis/a": {"displayName": "A", "path": "a"},
}


@pytest.mark.parametrize("path", SLOW)
def test_a_put_says_in_progress_and_is_done_by_the_first_poll(arm: Arm, path: str) -> None:
    put = arm("PUT", path, SLOW[path])
    assert put.status == 201
    assert put.properties["provisioningState"] == "InProgress"
    assert put.headers["retry-after"] == "0"
    assert arm.follow(put.headers["azure-asyncoperation"]).json["status"] == "Succeeded"
    final = arm.follow(put.headers["location"])
    assert final.status == 201
    assert "provisioningState" not in final.properties
    assert final.headers["etag"] == put.headers["etag"]


def test_a_delete_that_is_an_operation_ends_in_204(arm: Arm) -> None:
    gone = arm("DELETE", "apis/echo-api")
    assert (gone.status, gone.body) == (202, b"")
    assert arm.follow(gone.headers["location"]).status == 204


def test_a_slow_operation_is_polled_as_often_as_told(arm: Arm) -> None:
    arm.azure.settings.slow_polls = 2
    put = arm("PUT", "namedValues/n", SLOW["namedValues/n"])
    assert put.headers["retry-after"] == "1"
    waiting = arm.follow(put.headers["location"])
    assert (waiting.status, waiting.body) == (202, b"")
    assert waiting.headers["location"] == put.headers["location"]
    assert arm.follow(put.headers["azure-asyncoperation"]).json["status"] == "InProgress"
    assert arm.follow(put.headers["location"]).status == 201


def test_an_entity_says_in_progress_until_its_operation_is_done(arm: Arm) -> None:
    arm.azure.settings.slow_polls = 1
    arm("PUT", "namedValues/n", SLOW["namedValues/n"])
    assert arm("GET", "namedValues/n").properties["provisioningState"] == "InProgress"
    assert "provisioningState" not in arm("GET", "namedValues/n").properties


def test_a_slow_delete_takes_effect_when_it_is_done(arm: Arm) -> None:
    arm.azure.settings.slow_polls = 1
    gone = arm("DELETE", "apis/echo-api")
    assert arm("GET", "products/starter/apis/").names == ["echo-api"]
    for _ in range(2):
        status = arm.follow(gone.headers["location"]).status
    assert status == 204
    assert arm("GET", "apis/echo-api").status == 404


def test_a_write_to_an_api_that_is_busy_conflicts(arm: Arm) -> None:
    arm.azure.settings.slow_polls = 1
    put = arm("PUT", "apis/a", SLOW["apis/a"])
    arm("PUT", "tags/t", {"displayName": "T"})
    for path in ("apis/a", "apis/a/tags/t"):
        refused = arm("PUT", path, SLOW["apis/a"])
        assert (refused.status, refused.error["code"]) == (409, "PessimisticConcurrencyConflict")
        assert refused.error["message"] == "Operation on the API is in progress"
    for _ in range(2):
        arm.follow(put.headers["location"])
    assert arm("PUT", "apis/a/tags/t").status == 201


@pytest.mark.parametrize("polls", [0, 1])
def test_a_late_failure_reverts(arm: Arm, polls: int) -> None:
    arm("PUT", "namedValues/n", SLOW["namedValues/n"])
    etag = arm("GET", "namedValues/n").headers["etag"]
    arm.azure.settings.slow_polls = polls
    arm.azure.fail_late("namedValues/")
    for name, status in (("n", 200), ("new", 201)):
        put = arm("PUT", f"namedValues/{name}", {"displayName": name.upper(), "value": "2"})
        assert put.status == status
        for _ in range(polls):
            arm.follow(put.headers["location"])
        failed = arm.follow(put.headers["azure-asyncoperation"]).json
        assert failed["status"] == "Failed"
        assert failed["error"]["code"] == "ValidationError"
        assert arm.follow(put.headers["location"]).status == 400
    arm.azure.settings.slow_polls = 0
    assert arm("GET", "namedValues/n").headers["etag"] == etag
    assert arm("GET", "namedValues/n").properties["value"] == "1"
    assert arm("GET", "namedValues/new").status == 404


def test_an_unknown_operation_is_404(arm: Arm) -> None:
    assert arm("GET", "tenant/operationResults/none").error["message"] == "Operation not found."


def test_in_the_older_version_a_deletion_is_done_at_once(arm: Arm) -> None:
    arm.azure.settings.slow_polls = 2
    deleted = arm("DELETE", "apis/echo-api", etag="*", version="2022-08-01")
    assert (deleted.status, deleted.headers.get("location")) == (200, None)
    assert arm("GET", "apis/echo-api").status == 404
    assert arm("DELETE", "apis/echo-api", etag="*", version="2022-08-01").status == 204
