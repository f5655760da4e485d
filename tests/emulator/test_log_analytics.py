"""Log Analytics: the gateway's log of a service, asked in a part of Kusto; what is not known of it is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from caller import SERVICE, Arm, Reply
from gatekeeper import Gate, answering, policy

from reconciler.emulator import Azure, SeedError
from reconciler.emulator.seed_file import plant_values
from reconciler.emulator.state_file import load, save

WORKSPACE = "3a3a0000-0000-0000-0000-000000000001"
ENTITIES: dict[str, dict[str, Any]] = {
    "apis/orders": {"displayName": "Orders", "path": "orders"},
    "products/gold": {"displayName": "Gold"},
    "products/gold/apis/orders": {},
    "subscriptions/s": {"displayName": "S", "scope": "/products/gold"},
    "subscriptions/t": {"displayName": "T", "scope": "/apis"},
}
CALLS: list[dict[str, Any]] = [
    {"subscription": "s", "api": "orders", "calls": 3, "when": "2026-01-31T12:00:00"},
    {"subscription": "s", "api": "orders", "calls": 1, "blocked": 2, "when": "2026-02-28T12:00:00"},
    {"subscription": "t", "api": "orders", "failed": 5, "when": "2026-02-01T00:00:00"},
    {
        "api": "orders",
        "product": "gold",
        "calls": 2,
        "when": "2026-02-03T00:00:00",
        "traces": [{"source": "access", "message": "called", "metadata": {"client": "c1"}}, {"source": "other"}],
    },
]

TOLD = "| mv-expand t = TraceRecords | where t.source == 'access'"


@pytest.fixture
def arm() -> Arm:
    arm = Arm()
    held = {"fresh": False, "entities": ENTITIES, "usage": CALLS, "workspace": WORKSPACE}
    plant_values(arm.azure, {"services": {SERVICE: held}})
    return arm


def ask(
    arm: Arm,
    query: str,
    *,
    timespan: str | None = None,
    workspace: str = WORKSPACE,
    audience: str = "https://api.loganalytics.io",
    client: str = "tests",
    **more: Any,
) -> Reply:
    token = arm.azure.token(client, audience=audience)
    body = json.dumps({"query": query, "timespan": timespan, "workspaces": None, **more}).encode()
    path = f"/v1/workspaces/{workspace}/query"
    return arm("POST", path, version="", body=body, headers={"authorization": f"Bearer {token}"})


def rows(arm: Arm, query: str, **more: Any) -> list[list[Any]]:
    reply = ask(arm, f"ApiManagementGatewayLogs\n{query}", **more)
    assert reply.status == 200, reply.json
    (table,) = reply.json["tables"]
    return list(table["rows"])


def test_an_answer_has_microsofts_shape(arm: Arm) -> None:
    query = "ApiManagementGatewayLogs | summarize calls = count(), last = max(TimeGenerated) by ApimSubscriptionId"
    assert ask(arm, query).json == {
        "tables": [
            {
                "name": "PrimaryResult",
                "columns": [
                    {"name": "ApimSubscriptionId", "type": "string"},
                    {"name": "calls", "type": "long"},
                    {"name": "last", "type": "datetime"},
                ],
                "rows": [
                    ["s", 6, "2026-02-28T12:00:00Z"],
                    ["t", 5, "2026-02-01T00:00:00Z"],
                    ["", 2, "2026-02-03T00:00:00Z"],
                ],
            }
        ]
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("| summarize n = count()", [[13]]),
        ("| where ApimSubscriptionId == 'S' | summarize n = count()", [[0]]),
        ("| where ApimSubscriptionId =~ 'S' | summarize n = count()", [[6]]),
        ("| where ApimSubscriptionId == 'nobody' | summarize n = count() by ProductId", []),
        ("| summarize bad = countif(not(IsRequestSuccess)), first = min(TimeGenerated)", [[7, "2026-01-31T12:00:00Z"]]),
        ("| where isnotempty(ApimSubscriptionId) and ProductId != '' | summarize n = count()", [[6]]),
        ("| where ApimSubscriptionId == 't' or ProductId == 'gold' | summarize n = count() by ProductId", None),
        ("| extend mine = ApimSubscriptionId == 's' | summarize n = count() by mine", [[True, 6], [False, 7]]),
        (f"{TOLD} | summarize n = count() by c = tostring(t.metadata.client)", [["c1", 2]]),
        ("| mv-expand t = TraceRecords | where isnotempty(t.metadata.client) | summarize n = count()", [[2]]),
    ],
)  # fmt: skip
def test_steps_mean_what_kusto_means_by_them(arm: Arm, query: str, expected: list[Any] | None) -> None:
    assert rows(arm, query) == (expected if expected is not None else [["gold", 8], ["", 5]])


def test_a_row_stands_for_each_call(arm: Arm) -> None:
    found = rows(arm, "| where ApimSubscriptionId == 't' | extend of = tostring(IsRequestSuccess)")
    assert len(found) == 5
    assert {each[-1] for each in found} == {"false"}


def test_a_timespan_bounds_what_is_looked_at(arm: Arm) -> None:
    span = "2026-02-01T00:00:00.000Z/2026-02-28T11:59:59Z"
    assert rows(arm, "| summarize n = count()", timespan=span) == [[7]]
    assert ask(arm, "ApiManagementGatewayLogs", timespan="P90D").status == 400


@pytest.mark.parametrize(
    "query",
    [
        "AzureDiagnostics | summarize n = count()",
        "ApiManagementGatewayLogs | take 5",
        "ApiManagementGatewayLogs | where TimeGenerated > ago(1d)",
        "ApiManagementGatewayLogs | where Nonsense == 'x'",
        "ApiManagementGatewayLogs | where ApiId.x == 'x'",
        "ApiManagementGatewayLogs | summarize n = dcount(UserId)",
        "ApiManagementGatewayLogs | summarize n = count(UserId)",
        "ApiManagementGatewayLogs | where tolower(ApiId) == 'x'",
        "ApiManagementGatewayLogs | where ApiId == ",
        "ApiManagementGatewayLogs | where (ApiId == 'x'",
        "ApiManagementGatewayLogs where ApiId == 'x'",
        "ApiManagementGatewayLogs | mv-expand x = ApiId",
        "ApiManagementGatewayLogs | summarize n = count() by tostring(TraceRecords)",
        "ApiManagementGatewayLogs | where ApiId == 'x",
        "let x = 1; ApiManagementGatewayLogs",
        "",
    ],
)
def test_what_is_not_understood_is_refused_and_not_guessed(arm: Arm, query: str) -> None:
    reply = ask(arm, query)
    assert (reply.status, reply.error["code"]) == (400, "BadArgumentError")
    assert reply.error["innererror"]["message"]


def test_who_may_not_ask_and_what_is_not_there(arm: Arm) -> None:
    query = "ApiManagementGatewayLogs"
    assert ask(arm, query, audience="https://management.azure.com").error["code"] == "InvalidTokenError"
    absent = ask(arm, query, workspace="00000000-0000-0000-0000-000000000000")
    assert (absent.status, absent.error["code"]) == (404, "WorkspaceNotFoundError")
    arm.azure.grant("stranger", {"actions": ["Microsoft.ApiManagement/*"]})
    refused = ask(arm, query, client="stranger")
    assert (refused.status, refused.error["code"]) == (403, "InsufficientAccessError")
    arm.azure.grant("stranger", "Log Analytics Reader")
    assert ask(arm, query, client="stranger").status == 200
    assert arm("POST", f"/v1/workspaces/{WORKSPACE}/query", version="", anonymous=True).status == 401
    assert ask(arm, query, workspaces=["other"]).status == 400


def test_faults_hit_it_as_any_other_door(arm: Arm) -> None:
    arm.azure.fault(method="POST", path="/v1/workspaces/", status=429, code="ThrottledError")
    assert ask(arm, "ApiManagementGatewayLogs").status == 429
    assert ask(arm, "ApiManagementGatewayLogs").status == 200
    assert [entry.status for entry in arm.azure.log.at("analytics")] == [429, 200]
    assert arm.azure.log.reads + arm.azure.log.writes == 0


def test_another_service_logs_elsewhere(arm: Arm) -> None:
    other = SERVICE.replace("apim-dev", "apim-prod")
    arm.azure.used(other, calls=4, when="2026-02-01")
    assert rows(arm, "| summarize n = count()") == [[13]]
    arm.azure.log_to(other, WORKSPACE)
    assert rows(arm, f"| where _ResourceId =~ '{other}' | summarize n = count()") == [[4]]


def test_a_state_file_keeps_what_was_told_and_where_it_is_logged(arm: Arm, tmp_path: Path) -> None:
    save(arm.azure, tmp_path / "state.json")
    azure = Azure()
    load(azure, tmp_path / "state.json")
    query = "| mv-expand t = TraceRecords | summarize n = count() by s = tostring(t.source)"
    assert rows(Arm(azure), query) == [["access", 2], ["other", 2]]


def test_a_seed_that_is_no_list_of_traces_is_refused(arm: Arm) -> None:
    held = {"fresh": False, "usage": [{"calls": 1, "traces": "x"}]}
    with pytest.raises(SeedError, match="traces"):
        plant_values(arm.azure, {"services": {SERVICE: held}})


def test_calls_through_the_gateway_are_logged_with_what_their_policies_told() -> None:
    gate = Gate()
    gate.arm.azure.log_to(SERVICE, WORKSPACE)
    trace = (
        '<trace source="access" severity="information"><message>called</message>'
        '<metadata name="client" value=\'@(context.Variables.GetValueOrDefault("who", ""))\' /></trace>'
    )
    gate.seed({"policies/policy": {"value": policy("", backend="<forward-request />", outbound=trace, on_error="")}})
    gate.put("products/gold", '<base /><set-variable name="who" value="c1" />')
    assert gate().status == 200
    gate.put("products/gold", answering(403))
    assert gate().status == 403
    query = "| summarize n = count(), bad = countif(not(IsRequestSuccess)) by ApimSubscriptionId, ProductId"
    assert rows(gate.arm, query) == [["s", "gold", 2, 1]]
    told = "| mv-expand t = TraceRecords | where t.source == 'access' and t.message == 'called'"
    assert rows(gate.arm, f"{told} | summarize n = count() by c = tostring(t.metadata.client)") == [["c1", 1]]
