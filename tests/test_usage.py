"""Who calls: asked of the gateway's log or of reports, kept in a file; and what is unused, new, or not known."""

import asyncio
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgi import AsgiTransport, Credential
from checked import checked
from cloud import Cloud
from commanded import Said, in_process
from gateway_truth.company import Step
from gateway_truth.gated import AUDIENCE
from gateway_truth.oracle import Call
from gateway_truth.rules import Token
from gateway_truth.table import Stage
from organisations import SERVICE, TODAY, environment, organisation

from reconciler.azure.calling import Place, called, tried
from reconciler.azure.gateway_log import log_analytics_of
from reconciler.emulator import Azure, Certificates, Running, serve
from reconciler.errors import AccessDenied, AzureError, NotFound, Throttled, Unavailable
from reconciler.permissions import role
from reconciler.resource import Address
from reconciler.usage import Seen, Usage, Used, seen, together
from reconciler.usage.kept import NoUsage, document, read

ROOT = Path(__file__).parents[1]
WORKSPACE = "3a3a0000-0000-0000-0000-000000000001"
AUTHORITY = "https://login.microsoftonline.com"
APP = "1a2b0000-0000-0000-0000-000000000000"
BEGIN, OLD = TODAY - timedelta(days=90), date(2026, 1, 1)
KEY, CLIENT = Address("subscription", ("checkout--Orders",)), Address("client", ("gold", APP))
CALLED = [{"source": "access", "message": "called", "metadata": {"client": APP.upper(), "product": "gold"}}]


def usage(**more: Any) -> Usage:
    known = {"source": "log", "since": BEGIN, "clients_since": BEGIN, "made": {"checkout--orders": OLD}}
    return Usage("apim-test", TODAY, **{**known, **more})


WHOLE, ONE = Used(7, 2, date(2026, 11, 20)), Used(1, 0, date(2026, 11, 1), exact=False)


@pytest.mark.parametrize(
    ("by", "told", "given", "expected"),
    [
        (KEY, usage(keys={"checkout--orders": WHOLE}), None, "2026-11-20, 7 calls, 28.6% errors"),
        (KEY, usage(keys={"checkout--orders": ONE}), None, "since 2026-11-01, 1 call"),
        (KEY, usage(), None, "unused for 90 days"),
        (KEY, usage(), BEGIN, "unused for 90 days"),
        (KEY, usage(), BEGIN + timedelta(days=1), f"new, given {BEGIN + timedelta(days=1)}"),
        (KEY, usage(made={"checkout--orders": TODAY}), OLD, f"new, given {TODAY}"),
        (KEY, usage(made={}), None, f"not known; no call since {BEGIN}"),
        (KEY, usage(since=BEGIN + timedelta(days=60)), None, f"not known; no call since {BEGIN + timedelta(days=60)}"),
        (KEY, usage(since=None), None, "not known"),
        (KEY, usage(since=None), TODAY, f"new, given {TODAY}"),
        (KEY, None, OLD, "not known"),
        (CLIENT, usage(clients={("gold", APP): WHOLE}), None, "2026-11-20, 7 calls, 28.6% errors"),
        (CLIENT, usage(clients={("", APP): ONE}), None, "since 2026-11-01, 1 call"),
        (CLIENT, usage(clients={("other", APP): ONE}), OLD, "unused for 90 days"),
        (CLIENT, usage(clients_since=None), OLD, "not known"),
        (CLIENT, usage(), OLD, "unused for 90 days"),
        (CLIENT, usage(), None, f"not known; no call since {BEGIN}"),
        (Address("product-group", ("orders", "checkout")), usage(), OLD, "None"),
    ],
)
def test_what_is_not_known_and_what_is_new_is_never_unused(
    by: Address, told: Usage | None, given: date | None, expected: str
) -> None:
    assert str(seen(told, by, given)) == expected


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        (("used", "unused"), "used"),
        (("unused", "new"), "new"),
        (("unused", "not known"), "not known"),
        (("unused", "unused"), "unused"),
        ((), "not known"),
    ],
)
def test_a_grant_is_unused_where_all_that_it_gives_is(several: tuple[Any, ...], expected: str) -> None:
    assert together(Seen(each) for each in several).standing == expected


def test_calls_add_up_and_the_later_day_is_the_last() -> None:
    assert WHOLE + ONE == ONE + WHOLE == Used(8, 2, date(2026, 11, 20))
    assert WHOLE + Used() == WHOLE
    assert Used(1, 0, TODAY, exact=False) + Used(1, 0, TODAY) == Used(2, 0, TODAY, exact=False)


def asked(cloud: Cloud, workspace: str | None = WORKSPACE, *, days: int = 90, ask: Any = called) -> Usage:
    """Ask as somebody who may only read."""
    cloud.azure.grant("reader", "Reader")

    async def go() -> Usage:
        options: dict[str, Any] = {}
        if workspace:
            token = cloud.azure.token("reader", audience="https://api.loganalytics.io")
            options = {"credential": Credential(token), "transport": AsgiTransport(checked(cloud.azure)), "backoff": 0}
        async with cloud.session("reader") as session:
            return await ask(session, Place(workspace, AUTHORITY), TODAY, days=days, **options)  # type: ignore[no-any-return]

    return asyncio.run(go())


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud().seed(
        {
            "apis/orders": {"displayName": "Orders", "path": "orders"},
            "products/gold": {"displayName": "Gold"},
            "products/gold/apis/orders": {},
            "subscriptions/Busy": {
                "scope": "/products/gold",
                "displayName": "B",
                "createdDate": "2026-01-01T00:00:00Z",
            },
            "subscriptions/idle": {
                "scope": "/products/gold",
                "displayName": "I",
                "createdDate": "2026-01-01T00:00:00Z",
            },
        }
    )
    cloud.azure.log_to(SERVICE, WORKSPACE)
    used = cloud.azure.used
    used(SERVICE, subscription="idle", api="orders", calls=9, when="2026-06-01")  # before the period
    used(SERVICE, subscription="Busy", api="orders", calls=4, failed=1, when="2026-11-01T09:00:00")
    used(SERVICE, subscription="Busy", api="orders", calls=1, blocked=2, when="2026-11-20T09:00:00")
    return cloud


def test_the_log_tells_calls_errors_and_the_day_of_the_last(cloud: Cloud) -> None:
    found = asked(cloud)
    assert (found.source, found.why, found.since, found.clients_since) == ("log", "", date(2026, 6, 1), None)
    assert found.keys == {"busy": Used(8, 3, date(2026, 11, 20))}
    assert found.products == {"gold": Used(8, 3, date(2026, 11, 20))}
    assert {name: found.made[name] for name in ("busy", "idle")} == {"busy": OLD, "idle": OLD}
    assert str(seen(found, Address("subscription", ("idle",)))) == "unused for 90 days"
    assert cloud.azure.log.at("analytics")
    assert cloud.writes() == 0


def test_a_log_that_keeps_thirty_days_does_not_say_that_a_key_is_unused(cloud: Cloud) -> None:
    cloud.azure.service(SERVICE).usage.calls[:1] = []
    found = asked(cloud)
    assert found.since == date(2026, 11, 1)
    assert str(seen(found, Address("subscription", ("idle",)))) == "not known; no call since 2026-11-01"
    assert str(seen(asked(cloud, days=20), Address("subscription", ("idle",)))) == "unused for 20 days"


def test_a_log_without_this_service_says_so(cloud: Cloud) -> None:
    other = SERVICE.replace("apim-test", "apim-other")
    cloud.azure.service(SERVICE).usage.calls.clear()
    cloud.azure.log_to(other, WORKSPACE)
    cloud.azure.used(other, calls=3, when="2026-11-01")
    found = asked(cloud)
    assert (found.keys, found.since, "does it send its gateway log" in found.why) == ({}, None, True)


def test_an_application_is_known_where_a_policy_tells_of_it(cloud: Cloud) -> None:
    more: dict[str, Any] = {"api": "orders", "product": "gold"}
    cloud.azure.used(SERVICE, **more, calls=2, when="2026-06-02", traces=CALLED)
    cloud.azure.used(SERVICE, **more, calls=3, failed=1, when="2026-11-02", traces=CALLED)
    refused = [{**CALLED[0], "message": "would be refused"}]
    cloud.azure.used(SERVICE, **more, calls=5, when="2026-11-03", traces=refused)
    found = asked(cloud)
    assert found.clients == {("gold", APP): Used(4, 1, date(2026, 11, 2))}
    assert found.clients_since == date(2026, 6, 2)
    assert seen(found, CLIENT) == Seen("used", Used(4, 1, date(2026, 11, 2)), 90)


def test_the_policy_of_the_documents_tells_of_applications_and_of_nobody_refused() -> None:
    (outbound,) = re.findall(r"```xml\n(.*?)```", (ROOT / "docs" / "usage.md").read_text(), re.DOTALL)
    whole = f"<policies><inbound/><backend><forward-request/></backend>{outbound}<on-error/></policies>"
    gold = {"manage": "product", "display_name": "Gold", "environments": ["prod"], "apis": ["refunds"]}
    token = {"credentials": "key or token", "oauth": {"audience": AUDIENCE}}
    given = {"environments": ["prod"], "clients": [APP], "reason": "r", "expires": "2027-06-30"}
    contents = organisation(**{"commerce/products/gold.yaml": {**gold, **token}, "checkout/grants/gold.yaml": given})
    living: dict[str, Any] = {
        f"apis/{api}": {"displayName": api, "path": api, "subscriptionRequired": True} for api in ("orders", "refunds")
    }
    stage = Stage().begin({**living, "policies/policy": {"value": whole, "format": "rawxml"}})
    stage.cloud.azure.log_to(SERVICE, WORKSPACE)
    stage.now = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
    stage.go(Step(TODAY, contents))
    own, other = (Call("refunds", token=Token(client)) for client in (APP, "9e9e0000-0000-0000-0000-000000000000"))
    ((one,), (two,), _) = stage.ask([(own,), (other,), (Call("orders", header=("checkout--orders", 1, 0)),)])
    assert (one.status, two.status) == (200, 403)
    assert stage.cloud.azure.journal.unknown == {}
    found = asked(stage.cloud)
    assert found.clients == {("gold", APP): Used(1, 0, date(2026, 11, 20))}
    assert found.products == {"gold": Used(2, 1, date(2026, 11, 20)), "orders": Used(1, 0, date(2026, 11, 20))}


def test_reports_narrow_the_last_call_down(cloud: Cloud) -> None:
    found = asked(cloud, None)
    assert (found.source, found.since, found.clients_since) == ("reports", BEGIN, None)
    assert found.keys == {"busy": Used(8, 3, TODAY - timedelta(days=7), exact=False)}
    assert found.products == {"gold": Used(8, 3, TODAY - timedelta(days=7), exact=False)}
    assert str(seen(found, Address("subscription", ("idle",)))) == "unused for 90 days"
    assert asked(cloud, None, days=1).keys == {}


def test_where_there_is_neither_log_nor_report_nothing_is_known(cloud: Cloud) -> None:
    cloud.azure.fault(path="/reports/", times=None, status=404, code="ResourceNotFound")
    found = asked(cloud, None)
    assert (found.source, found.keys, found.since) == ("nothing", {}, None)
    assert found.why == "this service gives no reports (ResourceNotFound); name a workspace: `log_analytics`"
    assert str(seen(found, Address("subscription", ("idle",)))) == "not known"


PARTIAL = {
    "tables": [{"name": "PrimaryResult", "columns": [{"name": "first", "type": "datetime"}], "rows": []}],
    "error": {"code": "PartialError", "message": "Some errors", "details": [{"code": "EngineError", "message": "x"}]},
}
MISSHAPEN = {"tables": [{"name": "PrimaryResult", "columns": [{"name": "x", "type": "long"}], "rows": [[1]]}]}


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        ({"status": 403, "code": "InsufficientAccessError", "message": "no"}, AccessDenied, "Log Analytics Reader"),
        ({"status": 404, "code": "WorkspaceNotFoundError", "message": "no"}, NotFound, "Workspace ID on its overview"),
        ({"status": 429, "code": "ThrottledError", "message": "no"}, Throttled, "run again in a few minutes"),
        ({"status": 400, "code": "BadArgumentError", "message": "no"}, AzureError, "BadArgumentError"),
        ({"status": 503, "message": "no"}, Unavailable, "503"),
        ({"status": 200, "body": PARTIAL}, Unavailable, "the answer is not whole: Some errors"),
        ({"status": 200, "body": MISSHAPEN}, Unavailable, "it did not answer as one"),
        ({"status": 200, "body": "no"}, Unavailable, "it did not answer as one"),
        ({"status": 200, "body": b"<html>"}, Unavailable, "not whole"),
        ({"cut": "before"}, Unavailable, "Connection"),
        ({"status": 307, "headers": {"Location": "https://elsewhere.example/x"}}, AzureError, "no token goes there"),
    ],
)
def test_an_answer_that_is_none_is_no_usage(cloud: Cloud, fault: dict[str, Any], kind: type, says: str) -> None:
    cloud.azure.fault(method="POST", path="/v1/workspaces/", times=None, **fault)
    with pytest.raises(kind, match=says):
        asked(cloud)
    found = asked(cloud, ask=tried)
    assert (found.source, found.keys, found.why != "") == ("nothing", {}, True)


def test_what_passes_by_itself_is_asked_again(cloud: Cloud) -> None:
    cloud.azure.fault(method="POST", path="/v1/workspaces/", times=1, status=429, headers={"Retry-After": "0"})
    assert asked(cloud).keys == {"busy": Used(8, 3, date(2026, 11, 20))}


def test_who_may_not_ask_the_log_is_told_which_role_is_missing(cloud: Cloud) -> None:
    cloud.azure.grant("tests", {"actions": ["Microsoft.ApiManagement/*"]})
    cloud.azure.log_to(SERVICE, "3a3a0000-0000-0000-0000-000000000002")
    with pytest.raises(NotFound):
        asked(cloud)


@pytest.mark.parametrize(
    ("endpoint", "authority", "expected"),
    [
        ("https://management.azure.com", AUTHORITY, "https://api.loganalytics.io"),
        ("https://management.usgovcloudapi.net", "https://login.microsoftonline.us", "https://api.loganalytics.us"),
        ("https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn", "https://api.loganalytics.azure.cn"),
        ("https://localhost:8443/", AUTHORITY, "https://localhost:8443"),
        ("https://management.example", "https://login.example", None),
    ],
)
def test_each_cloud_has_its_own_address_and_an_unknown_one_is_not_asked(
    endpoint: str, authority: str, expected: str | None
) -> None:
    assert log_analytics_of(endpoint, authority) == expected


def test_the_role_that_is_printed_is_enough_for_reports(cloud: Cloud) -> None:
    cloud.azure.grant("reader", {"actions": role("usage", [SERVICE], marks=[])["Actions"]})

    async def go() -> Usage:
        async with cloud.session("reader") as session:
            return await called(session, Place(None, AUTHORITY), TODAY)

    assert asyncio.run(go()).source == "reports"
    cloud.azure.grant("reader", {"actions": role("plan", [SERVICE], marks=[])["Actions"]})
    assert asyncio.run(go()).why.startswith("this service gives no reports (AuthorizationFailed)")


def test_a_file_keeps_all_of_it(tmp_path: Path) -> None:
    told = usage(
        keys={"checkout--orders": WHOLE, "other": ONE}, clients={("gold", APP): ONE, ("", "x"): WHOLE}, why="why"
    )
    (tmp_path / "usage.json").write_text(document({"prod": told}, TODAY, 90))
    assert read(tmp_path / "usage.json") == {"prod": told}


@pytest.mark.parametrize("text", ["", "[]", '{"day": "2026-01-01"}', '{"format": 2, "day": "2026-01-01"}'])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(NoUsage, match="reconciler usage --output"):
        read(tmp_path / "x.json")


Run = Callable[..., Said]


def git(folder: Path, *arguments: str, day: str = "2026-11-20") -> None:
    when = {"GIT_COMMITTER_DATE": f"{day}T12:00:00Z", "GIT_AUTHOR_DATE": f"{day}T12:00:00Z", "PATH": "/usr/bin:/bin"}
    names = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *arguments], cwd=folder, env={**when, **names}, check=True, capture_output=True, timeout=60)  # noqa: S603, S607


@pytest.fixture
def running(certified: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    azure = Azure()
    with serve(azure, app=checked(azure), certified=certified) as served:
        for name, value in served.environment.items():
            monkeypatch.setenv(name, value)
        yield served


@pytest.fixture
def run(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give the command line: a grant of checkout that is called, and a key that nobody declared and nobody uses."""
    gold = {"manage": "product", "display_name": "Gold", "environments": ["prod"], "apis": ["refunds"]}
    token = {"credentials": "key or token", "oauth": {"audience": "api://gold"}}
    given = {"environments": ["prod"], "clients": [APP], "reason": "r", "expires": "2027-06-30"}
    contents = organisation(
        **{
            "environments.yaml": {"prod": environment(endpoint=running.url, log_analytics=WORKSPACE)},
            "commerce/products/gold.yaml": {**gold, **token},
            "checkout/grants/gold.yaml": given,
        }
    )
    for path, value in contents.items():
        file = tmp_path / "access" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECONCILER_AS_OF", str(TODAY))
    monkeypatch.setenv("COLUMNS", "250")
    old = {"displayName": "x", "scope": "/products/orders", "createdDate": "2026-01-01T00:00:00Z", "state": "active"}
    azure = running.azure
    apis = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
    azure.seed(SERVICE, {**apis, "products/orders": {"displayName": "Orders"}, "products/orders/apis/orders": {}})
    azure.seed(SERVICE, {f"subscriptions/{name}": old for name in ("checkout--orders", "stray")})
    azure.seed(SERVICE, {"subscriptions/asleep": {**old, "state": "suspended"}})
    azure.log_to(SERVICE, WORKSPACE)
    azure.used(SERVICE, subscription="checkout--orders", api="orders", calls=40, failed=2, when="2026-11-20T10:00:00")
    azure.used(SERVICE, api="orders", product="gold", calls=1, when="2026-05-01", traces=CALLED)
    call = in_process(monkeypatch)

    def running_it(*arguments: str) -> Said:
        return Said(call(*arguments), *capsys.readouterr())

    return running_it


def test_the_command_tells_and_keeps_who_calls_and_others_read_that_without_azure(run: Run, running: Running) -> None:
    said = run("usage", "--output", "usage.json")
    assert said.code == 0, said.err
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert lines[0] == "prod: apim-test, 90 days up to 2026-11-23, by its gateway log"
    assert "checkout subscription checkout--orders 2026-11-20 42 2 4.8%" in lines
    assert "nobody declared subscription stray unused for 90 days" in lines
    assert f"checkout application {APP} at gold not known; no call since {BEGIN}" in lines
    assert "Written: usage.json" in said.err
    assert "stray" not in run("usage", "--team", "checkout").out
    assert run("usage", "--team", "nobody").code == 2
    assert run("usage", "--format", "json").json == json.loads(Path("usage.json").read_text())
    running.azure.log.clear()
    said = run("who-can", "orders", "--usage", "usage.json")
    assert "2026-11-20, 42 calls, 4.8% errors" in said.out
    answers = run("who-can", "orders", "--usage", "usage.json", "--format", "json").json["answers"]
    assert [each["used"] for each in answers] == [
        {"standing": "used", "last": "2026-11-20", "exact": True, "calls": 42, "errors": 2}
    ]
    assert len(running.azure.log) == 0
    assert run("who-can", "orders", "--usage", "environments.yaml").code == 2


def test_an_application_is_unused_where_git_tells_that_its_grant_is_old_enough(run: Run, tmp_path: Path) -> None:
    assert f"not known; no call since {BEGIN}" in run("what-can", APP, "--live").out
    git(tmp_path, "init", "-q", ".")
    git(tmp_path, "add", "access/commerce", "access/environments.yaml", "access/checkout/team.yaml")
    git(tmp_path, "commit", "-qm", "one", day="2026-01-01")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "two", day="2026-08-25")
    assert "unused for 90 days" in run("what-can", APP, "--live").out
    git(tmp_path, "commit", "-q", "--amend", "-m", "a day later", day="2026-08-26")
    assert "new, given 2026-08-26" in run("what-can", APP, "--live").out


def test_live_answers_and_the_audit_say_what_is_unused(run: Run, running: Running) -> None:
    said = run("who-can", "orders", "--live")
    assert (said.code, "unused for 90 days" in said.out, "42 calls" in said.out) == (0, True, True)
    found = run("audit", "-e", "prod", "--format", "json").json["findings"]
    assert [each["what"] for each in found if each["rule"] == "unused-key"] == ["subscription stray"]
    running.azure.fault(method="POST", path="/v1/workspaces/", times=None, status=403, code="InsufficientAccessError")
    said = run("who-can", "orders", "--live")
    assert (said.code, "How it is used is not known: asking the gateway log" in said.err) == (0, True)
    found = run("audit", "-e", "prod", "--format", "json").json["findings"]
    assert [each for each in found if each["rule"] in ("unused-key", "unused-product")] == []
    assert "Which keys are used is not known" in run("audit", "-e", "prod").out
    said = run("usage")
    assert (said.code, "Log Analytics Reader" in said.err) == (5, True)
