"""Several services in one run: side by side, by the limits of each subscription, and told alike whoever is first."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from asgi import AsgiTransport, Credential
from checked import checked
from clocked import Clock
from commanded import Said
from organisations import SERVICE, declared, environment, organisation

from reconciler.azure.limiters import Limiters
from reconciler.cli.several import Here, Several, several
from reconciler.emulator import Azure, Running, Settings, serve
from reconciler.errors import FINE, SOMETHING_TO_DO, Refused, worst

NAMES = ("dev", "test", "prod")
APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
SCHEMA = json.loads((Path(__file__).parents[1] / "schemas" / "plan.json").read_text())


def service(name: str, subscription: str = "") -> str:
    return SERVICE.replace("apim-test", f"apim-{name}").replace("/s1/", f"/{subscription or f's-{name}'}/")


def company(**services: Any) -> dict[str, Any]:
    """Commerce owns orders, and checkout asks for it, in every environment."""
    there = {"environments": list(services)}
    contents = organisation(**{"environments.yaml": services})
    for path in ("commerce/products/orders.yaml", "checkout/grants/orders.yaml"):
        contents[path] = {**contents[path], **there}
    return contents


@dataclass
class Timed:
    """Three services behind Azure's buckets, on a clock that nobody waits for."""

    clock: Clock
    azure: Azure
    limiters: Limiters

    def run(self, subscriptions: Mapping[str, str], one: Any) -> Several:
        places = {name: environment(service=service(name, each)) for name, each in subscriptions.items()}

        async def all_of_them() -> Several:
            async with several(
                declared(company(**places)),
                places,
                limiters=self.limiters,
                clock=self.clock,
                credential=Credential(self.azure.token("tests")),
                transport=AsgiTransport(checked(self.azure)),
            ) as ran:
                await ran.each("Asking", one)
                return ran

        return self.clock.run(all_of_them())

    @property
    def refused(self) -> int:
        return sum(entry.status == 429 for entry in self.azure.log.entries)


@pytest.fixture
def timed() -> Timed:
    clock = Clock()
    return Timed(clock, Azure(Settings(throttle=True, clock=clock)), Limiters(clock=clock))


READS = {"dev": 300, "test": 400, "prod": 500}  # of a bucket that holds 250, and 25 more each second


async def reads(here: Here) -> None:
    import asyncio  # noqa: PLC0415

    await asyncio.gather(*(here.session.get(f"products/p{each}", "reading") for each in range(READS[here.name])))


def test_services_of_three_subscriptions_take_as_long_as_the_slowest(timed: Timed) -> None:
    ran = timed.run({"dev": "a", "test": "b", "prod": "c"}, reads)
    assert timed.refused == 0
    assert {name: round(seconds) for name, seconds in ran.seconds.items()} == {"dev": 2, "test": 6, "prod": 10}
    assert round(ran.took) == 10
    assert {name: each.limiter.sent for name, each in ran.sessions.items()} == READS


def test_services_of_one_subscription_take_what_its_bucket_takes_for_all_and_none_is_refused(timed: Timed) -> None:
    ran = timed.run(dict.fromkeys(NAMES, "One") | {"test": "one"}, reads)
    assert timed.refused == 0
    assert round(ran.took) == (sum(READS.values()) - 250) / 25
    assert {name: each.limiter.sent for name, each in ran.sessions.items()} == READS


async def writes(here: Here) -> None:
    import asyncio  # noqa: PLC0415

    put = here.session.put
    await asyncio.gather(*(put(f"groups/g{each}", {"displayName": f"g{each}"}, "writing") for each in range(100)))


def test_writes_in_one_subscription_are_shared_too(timed: Timed) -> None:
    ran = timed.run(dict.fromkeys(NAMES, "one"), writes)
    assert (timed.refused, round(ran.took)) == (0, (300 - 200) / 10)


def test_a_limiter_is_shared_by_those_of_one_subscription_behind_one_door() -> None:
    limiters = Limiters()
    first = limiters.of("https://management.azure.com", "S1")
    gates = first._gates  # noqa: SLF001
    assert limiters.of("https://Management.azure.com/", "s1")._gates is gates  # noqa: SLF001
    assert limiters.of("https://management.azure.com", "s2")._gates is not gates  # noqa: SLF001
    assert limiters.of("https://management.chinacloudapi.cn", "s1")._gates is not gates  # noqa: SLF001


def test_what_goes_wrong_in_one_is_no_others_and_is_told_in_order(
    timed: Timed, capsys: pytest.CaptureFixture[str]
) -> None:
    import asyncio  # noqa: PLC0415

    async def one(here: Here) -> None:
        await asyncio.sleep({"dev": 3, "test": 2, "prod": 1}[here.name])  # the last is first
        here.note("Something is to know.")
        if here.name == "dev":
            raise ZeroDivisionError("nothing is left")
        if here.name == "prod":
            raise Refused("Nobody said so.")

    ran = timed.run(dict.fromkeys(NAMES, ""), one)
    ran.tell_failures()
    ran.tell_failures()
    assert capsys.readouterr().err.splitlines() == [
        "! dev: Something is to know.",
        "! test: Something is to know.",
        "! prod: Something is to know.",
        "dev: A mistake in reconciler itself: ZeroDivisionError: nothing is left",
        "dev: RECONCILER_DEBUG=1 shows where.",
        "prod: Nobody said so.",
    ]
    assert ran.codes() == {"dev": 1, "prod": 4}
    assert ran.took == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], FINE),
        ([FINE, FINE], FINE),
        ([FINE, SOMETHING_TO_DO], SOMETHING_TO_DO),
        ([SOMETHING_TO_DO, 1], 1),
        ([5, SOMETHING_TO_DO, 4, FINE], 5),
        ([1, 4], 4),
    ],
)
def test_a_run_ends_as_badly_as_the_worst_of_it(codes: list[int], code: int) -> None:
    assert worst(codes) == code


# The command line: real files, the real client and its default credential, the emulator over TLS.


def timeless(said: Said) -> str:
    return re.sub(r" *\d+\.\d s", " n s", said.out)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    azure = Azure()
    with serve(azure, app=checked(azure)) as running:
        yield running


@dataclass
class Desk:
    """Three services, and a folder that declares what is in force in each."""

    running: Running
    folder: Path

    def write(self, **services: Any) -> None:
        for path, value in company(**services).items():
            file = self.folder / "access" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value), encoding="utf-8")

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "reconciler", *arguments]
        env = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | self.running.environment
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=env, stdout=pipe, stderr=pipe, text=True)  # noqa: S603

    def run(self, *arguments: str) -> Said:
        with self.begin(*arguments) as process:
            try:
                out, err = process.communicate(timeout=60)
            finally:
                process.kill()
        assert "Traceback" not in out + err
        return Said(process.returncode, out, err)

    def writes(self, name: str) -> int:
        there = [each for each in self.running.azure.log.entries if f"/service/apim-{name}/" in each.path]
        return sum(each.method not in ("GET", "HEAD") for each in there)

    def denies(self, name: str, **more: Any) -> None:
        known = {"path": f"/service/apim-{name}/", "method": "GET", "status": 403, "code": "AuthorizationFailed"}
        self.running.azure.fault(**{**known, "times": None, **more})

    def late(self, name: str, seconds: float) -> None:
        self.running.azure.fault(path=f"/service/apim-{name}/", times=None, delay=seconds)


@pytest.fixture
def desk(tmp_path: Path, running: Running) -> Iterator[Desk]:
    made = Desk(running, tmp_path)
    for name in NAMES:
        running.azure.seed(service(name), APIS, fresh=True)
    running.azure.log.clear()
    made.write(**{name: environment(service=service(name), endpoint=running.url) for name in NAMES})
    yield made
    running.azure.faults.clear()


def titles(text: str) -> list[str]:
    return [line for line in text.splitlines() if re.fullmatch(r"\w+: apim-\w+", line)]


def table(text: str) -> list[list[str]]:
    """Give the rows of the summary without times."""
    lines = text.splitlines()
    begins = next(index for index, line in enumerate(lines) if line.startswith("environment "))
    return [re.sub(r"\d+\.\d s", "", line).split() for line in lines[begins:]]


@pytest.mark.story
@pytest.mark.parametrize("format", ["text", "json", "markdown"])
def test_a_plan_says_the_same_whichever_service_answers_first(desk: Desk, format: str) -> None:  # noqa: A002
    said = []
    for late in ("dev", "prod"):
        desk.running.azure.faults.clear()
        desk.late(late, 0.05)
        said.append(desk.run("plan", "-e", "prod", "-e", "dev", "-e", "test", "-e", "dev", "--format", format))
    assert [each.code for each in said] == [FINE, FINE]
    assert timeless(said[0]) == timeless(said[1])
    if format == "text":
        assert titles(said[0].out) == ["dev: apim-dev", "test: apim-test", "prod: apim-prod"]
        assert table(said[0].out)[1:] == [[name, "3", "8"] for name in NAMES] + [["3", "together", "9", "24"]]


@pytest.mark.story
def test_what_one_service_denies_stops_no_other(desk: Desk) -> None:
    desk.denies("test")
    said = desk.run("plan", "--exit-code")
    assert said.code == 5
    assert titles(said.out) == ["dev: apim-dev", "prod: apim-prod"]
    (line,) = said.err.splitlines()
    assert line.startswith("test: reading ")
    assert "403 AuthorizationFailed" in line
    assert [row[0] for row in table(said.out)[1:]] == [*NAMES, "3"]
    assert "Azure not reached or denied" in said.out
    told = desk.run("plan", "--format", "json")
    assert told.code == 5
    jsonschema.validate(told.json, SCHEMA)
    assert [each["environment"] for each in told.json["plans"]] == ["dev", "prod"]
    ((name, code),) = [(each["environment"], each["exit_code"]) for each in told.json["failed"]]
    assert (name, code) == ("test", 5)
    drift = desk.run("drift", "--format", "json")
    assert drift.code == 5
    assert [each["environment"] for each in drift.json["drift"]] == ["dev", "prod"]
    assert [each["environment"] for each in drift.json["failed"]] == ["test"]


@pytest.mark.story
def test_who_can_use_what_is_told_of_the_others_where_one_denies(desk: Desk) -> None:
    desk.run("apply", "--all", "--yes")
    desk.denies("test")
    said = desk.run("who-can", "orders", "--live", "--format", "json")
    assert (said.code, said.err.startswith("test: reading ")) == (5, True)
    assert {each["environment"]: each["seen"] for each in said.json["answers"]} == {"dev": "both", "prod": "both"}


@pytest.mark.story
def test_drift_is_found_in_all_of_them(desk: Desk) -> None:
    desk.run("apply", "--all", "--yes")
    desk.running.azure.seed(service("test"), {"products/orders": {"displayName": "Mine"}})
    said = desk.run("drift", "--exit-code")
    assert said.code == SOMETHING_TO_DO
    assert titles(said.out) == ["dev: apim-dev", "test: apim-test", "prod: apim-prod"]
    assert [row[:2] for row in table(said.out)[1:]] == [["dev", "0"], ["test", "1"], ["prod", "0"], ["3", "together"]]


@pytest.mark.story
def test_all_are_applied_and_one_change_that_fails_is_in_the_summary(desk: Desk) -> None:
    desk.denies("test", method="PUT", path="/service/apim-test/subscriptions/", status=400, code="ValidationError")
    said = desk.run("apply", "--all", "--yes")
    assert said.code == 1
    assert titles(said.out) == ["dev: apim-dev", "test: apim-test", "prod: apim-prod"] * 2
    rows = table(said.out)
    assert rows[0] == ["environment", "changes", "done", "failed", "blocked", "requests", "time"]
    assert [row[:5] for row in rows[1:4]] == [
        ["dev", "3", "3", "0", "0"],
        ["test", "3", "2", "1", "0"],
        ["prod", "3", "3", "0", "0"],
    ]
    desk.running.azure.faults.clear()
    again = desk.run("apply", "--all", "--yes", "--format", "json")
    assert again.code == FINE
    jsonschema.validate(again.json, SCHEMA)
    assert [len(each["written"]["changes"]) for each in again.json["plans"]] == [0, 1, 0]
    assert [row[:3] for row in table(again.err)[1:4]] == [["dev", "0", "0"], ["test", "1", "1"], ["prod", "0", "0"]]


@pytest.mark.story
def test_nothing_is_applied_where_it_was_not_said(desk: Desk) -> None:
    said = desk.run("apply", "--yes")
    assert (said.code, "--environment dev or test or prod; or --all of them" in said.err) == (2, True)
    assert desk.run("apply", "--yes", "--all", "-e", "dev").code == 2
    assert desk.running.azure.log.entries == []
    assert desk.run("apply", "--yes", "-e", "test", "-e", "dev").code == FINE
    assert [desk.writes(name) > 0 for name in NAMES] == [True, True, False]


@pytest.mark.story
def test_a_service_is_not_written_by_two_environments_at_the_same_time(desk: Desk) -> None:
    url = desk.running.url
    shouting = service("dev").replace("apim-dev", "APIM-Dev")
    desk.write(
        dev=environment(service=service("dev"), endpoint=url, variables={"a": "1"}),
        test=environment(service=shouting, endpoint=url, variables={"a": "2"}),
    )
    said = desk.run("apply", "--yes", "--all")
    assert (said.code, "dev and test are one service: apply to one after the other" in said.err) == (2, True)


@pytest.mark.story
def test_each_plan_is_applied_as_it_was_reviewed_or_not_at_all(desk: Desk) -> None:
    plans = {each["environment"]: each["fingerprint"] for each in desk.run("plan", "--format", "json").json["plans"]}
    said = desk.run(
        "apply", "--all", "--expect", plans["dev"], "--expect", "0123456789abcdef", "--expect", plans["prod"]
    )
    assert said.code == 4
    assert f"test: The plan is now {plans['test']}, not" in said.err
    assert [desk.writes(name) > 0 for name in NAMES] == [True, False, True]
    assert "refused" in said.out
    assert desk.run("apply", "--all", *(f"--expect={each}" for each in plans.values())).code == 4  # dev is done now


@pytest.mark.story
def test_an_environment_that_removes_too_much_is_refused_and_the_others_are_applied(desk: Desk) -> None:
    for name in NAMES:
        key = {"displayName": "Shop", "state": "active", "scope": "/products/orders"}
        product = {"products/orders": {"displayName": "Orders", "subscriptionRequired": True}}
        keys = {f"subscriptions/s{each}": key for each in range(6 if name == "test" else 1)}
        desk.running.azure.seed(service(name), {**APIS, **product, **keys}, fresh=True)
    places = {name: environment(service=service(name), endpoint=desk.running.url, mode="enforce") for name in NAMES}
    desk.write(**places)
    desk.running.azure.log.clear()
    said = desk.run("apply", "--all", "--yes")
    assert said.code == 4
    assert [desk.writes(name) > 0 for name in NAMES] == [True, False, True]
    (line,) = said.err.splitlines()
    assert line.startswith("test: this plan would remove 6 of 6 subscriptions of ")
    fingerprint = line.rsplit("--allow ", 1)[1].split()[0]
    stale = desk.run("apply", "--all", "--yes", "--allow", "0123456789abcdef")
    assert (stale.code, desk.writes("test")) == (4, 0)
    assert desk.run("apply", "--all", "--yes", "--allow", fingerprint).code == FINE
    assert desk.writes("test") > 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_stops_all_of_them_and_says_what_was_done_in_each(desk: Desk) -> None:
    desk.running.azure.fault(method="PUT", path=".*", times=None, delay=0.5)
    process = desk.begin("apply", "--all", "--yes")
    try:
        deadline = time.monotonic() + 20
        while not all(desk.writes(name) for name in NAMES) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 1, err
    rows = {row[0]: row for row in table(out)}
    assert rows["environment"] == [
        *("environment", "changes", "done", "failed", "blocked", "not", "tried", "requests", "time")
    ]
    for name in NAMES:
        done, not_tried = int(rows[name][2]), int(rows[name][5])
        assert (done + not_tried, done >= 1, not_tried >= 1) == (3, True, True), out


@pytest.mark.story
@pytest.mark.story
def test_a_service_that_is_not_reached_stops_no_other(desk: Desk) -> None:
    places = {name: environment(service=service(name), endpoint=desk.running.url) for name in NAMES}
    desk.write(**{**places, "test": environment(service=service("test"), endpoint="https://localhost:9")})
    said = desk.run("apply", "--all", "--yes")
    assert said.code == 5
    assert said.err.startswith("test: reading ")
    assert [desk.writes(name) > 0 for name in NAMES] == [True, False, True]
