"""Reports of usage: who called what, in the published rows, between two moments."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from caller import SERVICE, Arm, Reply

from reconciler.emulator import Azure, SeedError
from reconciler.emulator.seed_file import plant_values
from reconciler.emulator.state_file import load, save

SPEC = Path(__file__).parents[3] / "shared" / "apim" / "swagger" / "definitions.json"
SINCE = "timestamp ge datetime'2026-01-01T00:00:00'"
ENTITIES: dict[str, dict[str, Any]] = {
    "groups/developers": {"displayName": "Developers", "builtIn": True, "type": "system"},
    "apis/echo-api": {"displayName": "Echo API", "path": "echo"},
    "users/ann": {"firstName": "Ann", "lastName": "Lee"},
    "products/gold": {"displayName": "Gold"},
    "subscriptions/s": {"displayName": "Mine", "scope": "/products/gold", "ownerId": "/users/ann"},
    "subscriptions/t": {"displayName": "Theirs", "scope": "/apis"},
}
CALLS: list[dict[str, Any]] = [
    {"subscription": "s", "api": "echo-api", "calls": 3, "bandwidth": 100, "when": "2026-01-31T12:00:00Z"},
    {"subscription": "s", "api": "echo-api", "blocked": 2, "failed": 1, "other": 1, "when": "2026-02-28T12:00:00"},
    {"subscription": "t", "api": "echo-api", "calls": 5, "when": "2026-02-01T01:00:00+02:00"},
    {"api": "echo-api", "calls": 1, "when": "2026-02-02"},
]


@pytest.fixture
def arm() -> Arm:
    arm = Arm()
    plant_values(arm.azure, {"services": {SERVICE: {"fresh": False, "entities": ENTITIES, "usage": CALLS}}})
    return arm


def asked(arm: Arm, report: str, clause: str = SINCE, rest: str = "") -> Reply:
    return arm("GET", f"reports/{report}", query=f"$filter={quote(clause)}{rest}")


def totals(reply: Reply, key: str) -> dict[str, int]:
    return {row.get(key, ""): row["callCountTotal"] for row in reply.json["value"] if row["callCountTotal"]}


def test_what_was_not_called_has_a_row_of_zeros(arm: Arm) -> None:
    arm.azure.seed(SERVICE, {"subscriptions/unused": {"scope": "/products/gold", "ownerId": "/users/ann"}})
    rows = {row.get("subscriptionId", ""): row for row in asked(arm, "bySubscription").json["value"]}
    unused = rows["/subscriptions/unused"]
    assert (unused["callCountTotal"], unused["productId"], unused["userId"]) == (0, "/products/gold", "/users/ann")
    assert len(rows) == 4
    late = asked(arm, "bySubscription", "timestamp ge datetime'2027-01-01T00:00:00'").json["value"]
    assert [row["callCountTotal"] for row in late] == [0, 0, 0]


def test_a_row_says_who_called_how_often_and_how_it_went(arm: Arm) -> None:
    row = asked(arm, "bySubscription").json["value"][0]
    assert {name: value for name, value in row.items() if value} == {
        "name": "Mine",
        "userId": "/users/ann",
        "productId": "/products/gold",
        "subscriptionId": "/subscriptions/s",
        "callCountSuccess": 3,
        "callCountBlocked": 2,
        "callCountFailed": 1,
        "callCountOther": 1,
        "callCountTotal": 7,
        "bandwidth": 100,
    }


@pytest.mark.skipif(not SPEC.is_file(), reason="the published specification of API Management is absent")
@pytest.mark.parametrize("report", ["bySubscription", "byProduct", "byUser", "byApi"])
def test_a_row_has_published_fields_only_and_all_counters(arm: Arm, report: str) -> None:
    known = set(json.loads(SPEC.read_text())["definitions"]["ReportRecordContract"]["properties"])
    for row in asked(arm, report).json["value"]:
        assert set(row) <= known
        assert {name for name in known if name.startswith(("callCount", "cache", "apiTime", "serviceTime"))} <= set(row)


@pytest.mark.parametrize(
    ("report", "key", "expected"),
    [
        ("bySubscription", "subscriptionId", {"/subscriptions/s": 7, "/subscriptions/t": 5, "": 1}),
        ("byProduct", "productId", {"/products/gold": 7, "": 6}),
        ("byUser", "userId", {"/users/ann": 7, "": 6}),
        ("byApi", "apiId", {"/apis/echo-api": 13}),
        ("BYAPI", "name", {"Echo API": 13}),
        ("byUser", "name", {"Ann Lee": 7, "": 6}),
    ],
)
def test_calls_are_added_up_by_what_the_report_is_about(
    arm: Arm, report: str, key: str, expected: dict[str, int]
) -> None:
    assert totals(asked(arm, report), key) == expected


@pytest.mark.parametrize("clause", ["", "subscriptionId eq 's'", "timestamp le datetime'2026-01-01T00:00:00'"])
def test_a_lower_bound_in_time_is_required(arm: Arm, clause: str) -> None:
    refused = asked(arm, "bySubscription", clause)
    assert (refused.status, refused.error["code"]) == (400, "ValidationError")


@pytest.mark.parametrize(
    ("clause", "total"),
    [
        ("timestamp ge datetime'2026-02-01T00:00:00'", 5),
        ("timestamp ge datetime'2026-01-31T12:00:00Z'", 13),
        ("timestamp ge datetime'2026-01-31T12:00:01' and timestamp le datetime'2026-02-01T00:00:00.000Z'", 5),
        (f"{SINCE} and subscriptionId eq 's'", 7),
        (f"{SINCE} and subscriptionId eq '/subscriptions/t'", 5),
        (f"{SINCE} and userId eq '/users/ann' and productId eq 'gold'", 7),
        ("timestamp ge datetime'2027-01-01T00:00:00'", 0),
    ],
)
def test_a_filter_narrows_what_is_counted(arm: Arm, clause: str, total: int) -> None:
    assert sum(totals(asked(arm, "bySubscription", clause), "subscriptionId").values()) == total


@pytest.mark.parametrize(
    "part", ["apiId eq 'a'", "userId ne 'ann'", "timestamp gt datetime'2026-01-01'", "name eq 'x'"]
)
def test_what_this_report_cannot_be_filtered_by_is_refused(arm: Arm, part: str) -> None:
    assert asked(arm, "bySubscription", f"{SINCE} and {part}").status == 400


def test_rows_come_in_pages_and_in_an_order(arm: Arm) -> None:
    page = asked(arm, "bySubscription", rest="&$top=2&$orderby=callCountTotal").json
    assert ([row["callCountTotal"] for row in page["value"]], page["count"]) == ([1, 5], 3)
    assert [row["callCountTotal"] for row in arm.follow(page["nextLink"]).json["value"]] == [7]
    named = asked(arm, "bySubscription", rest="&$orderby=displayName%20desc").json["value"]
    assert [row["name"] for row in named] == ["Theirs", "Mine", ""]
    assert asked(arm, "bySubscription", rest="&$orderby=cacheHitCount").status == 400


def test_calls_outlive_the_subscription_that_made_them(arm: Arm) -> None:
    arm("DELETE", "subscriptions/s")
    assert totals(asked(arm, "bySubscription"), "subscriptionId")["/subscriptions/s"] == 7
    assert totals(asked(arm, "byUser"), "userId")["/users/ann"] == 7


def test_calls_without_a_moment_are_of_now_and_a_state_file_keeps_them(arm: Arm, tmp_path: Path) -> None:
    arm.azure.settings.clock = lambda: 1_800_000_000.0  # 2027-01-15T08:00:00Z
    arm.azure.used(SERVICE, subscription="t", calls=9)
    save(arm.azure, tmp_path / "state.json")
    again = Arm()
    load(again.azure, tmp_path / "state.json")
    late = "timestamp ge datetime'2027-01-15T08:00:00' and timestamp le datetime'2027-01-15T08:00:00'"
    assert totals(asked(again, "bySubscription", late), "subscriptionId") == {"/subscriptions/t": 9}
    assert totals(asked(again, "byApi"), "apiId")["/apis/echo-api"] == 13


def test_there_is_no_other_report_and_reading_one_takes_the_permission_for_reports(arm: Arm) -> None:
    assert asked(arm, "byMoon").status == 404
    arm.azure.grant(arm.client, {"actions": ["Microsoft.ApiManagement/service/reports/read"]})
    assert asked(arm, "bySubscription").status == 200
    assert arm("GET", "subscriptions").status == 403


@pytest.mark.parametrize(
    "calls", [{"subscription": "none"}, {"api": "none"}, {"calls": -1}, {"calls": True}, {"much": 1}, {"when": "soon"}]
)
def test_a_seed_that_counts_nonsense_is_a_mistake(calls: dict[str, Any]) -> None:
    with pytest.raises(SeedError, match=SERVICE):
        plant_values(Azure(), {"services": {SERVICE: {"usage": [calls]}}})
