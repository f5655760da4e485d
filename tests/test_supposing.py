"""What an edit would change, told without Azure: the same as a plan tells of a service that is as declared before."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cloud import Cloud
from commanded import Said, in_process
from hypothesis import HealthCheck, given, settings
from organisations import SERVICE, TODAY, World, declared, organisation, worlds

from reconciler.asked import asked
from reconciler.compile import compile
from reconciler.effect import Effect
from reconciler.errors import SOME_FAILED, DeclarationError
from reconciler.plan import Plan, Target, plan_for, settings_of
from reconciler.supposing import supposed

SERVED = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
ORDERS = "checkout/grants/orders.yaml"
GRANT = {"environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30"}


def supposing(now: dict[str, Any], before: dict[str, Any]) -> Plan:
    was = declared(before)
    asks = asked(declared(now), was, "prod", day=TODAY, scoped=True)
    actual = supposed(was, asks, TODAY)
    return plan_for(asks, Target("prod", SERVICE), actual, day=TODAY, settings=settings_of(was.guardrails))


def told(effect: Effect, before: dict[str, Any]) -> tuple[Any, ...]:
    """Leave out changes of what nobody said before: it may be so already, and an API has a contact or not."""
    said = compile(declared(before), "prod", day=TODAY).state
    known = {address: each.properties.keys() for address, each in said.items()}
    changes = (each for each in effect.changes if each.address.kind != "api-contact")
    changes = (each for each in changes if each.action != "update" or known.get(each.address, set()) & {*each.differs})
    return {(str(each.address), each.action) for each in changes}, set(effect.gained), set(effect.lost)


def messages(error: DeclarationError) -> list[str]:
    return [each.message for each in error.problems]


def referred_to(world: World) -> dict[str, dict[str, Any]]:
    """Give what declarations do not make, and only refer to."""
    products = {path: each for path, each in world.contents.items() if "/products/" in path}
    others = {f"products/{Path(path).stem}" for path, each in products.items() if each["manage"] == "access"}
    groups = {f"groups/{group}" for each in products.values() for group in each.get("visible_to") or ()}
    return {path: each for path, each in world.living.items() if path.startswith("apis/") or path in others | groups}


def of_our_own(world: World) -> dict[str, Any]:
    """Give what is declared, with keys of our own instead of such as are taken over."""
    said = {path: dict(each) if "/grants/" in path else each for path, each in world.contents.items()}
    for path, each in said.items():
        if "/grants/" in path:
            each.pop("subscription", None)
    return said


@SERVED
@given(worlds(("add", "enforce")), worlds())
def test_it_tells_what_a_plan_tells_of_a_service_where_nobody_did_anything_else(one: World, other: World) -> None:
    before, now = of_our_own(one), of_our_own(other)
    cloud = Cloud().seed({**referred_to(one), **referred_to(other)})
    cloud.converge(before)
    cloud.converge(before, before)
    try:
        real = cloud.plan(now, before, scoped=True)
    except DeclarationError as refused:
        with pytest.raises(DeclarationError) as also:
            supposing(now, before)
        assert messages(also.value) == messages(refused)  # noqa: PT017  of two that have to agree
        return
    said = supposing(now, before)
    assert told(said.written, before) == told(real.written, before)
    assert told(said.observed, before) == told(real.observed, before)


def test_a_key_that_is_taken_over_is_there_and_a_new_environment_is_empty() -> None:
    before = organisation(**{ORDERS: None})
    adopting = {**before, ORDERS: {**GRANT, "subscription": "old-erp"}}
    assert told(supposing(adopting, before).written, before) == (set(), set(), set())
    (gained,) = supposing({**before, ORDERS: GRANT}, before).written.gained
    assert (gained.who, gained.thing) == ("checkout", "orders")


Run = Any


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a repository with one commit, and whoever asks there after writing a file, or removing one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECONCILER_AS_OF", str(TODAY))
    monkeypatch.setenv("COLUMNS", "200")
    call = in_process(monkeypatch)

    def write(path: str, value: object) -> None:
        file = tmp_path / "access" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))

    def asking(*arguments: str, **edits: object) -> Said:
        for path, value in edits.items():
            (tmp_path / "access" / path).unlink() if value is None else write(path, value)
        return Said(call("what-if", *arguments), *capsys.readouterr())

    for path, value in organisation().items():
        write(path, value)
    for arguments in (["init"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-m", "x"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True, timeout=60)  # noqa: S603, S607
    return asking


def test_an_edit_is_told_in_words_before_it_is_committed(edit: Run) -> None:
    said = edit()
    assert said.code == 0
    assert "Nobody gains or loses access." in said.out
    assert "taken to be as declared at HEAD: Azure was not asked." in said.err
    said = edit(**{ORDERS: None})
    assert "- checkout loses orders in prod: key suspended" in said.out
    assert json.loads(edit("--format", "json").out)["plans"][0]["written"]["lost"][0]["who"] == "checkout"


def test_what_is_wrong_is_told_with_file_and_line(edit: Run) -> None:
    said = edit(**{ORDERS: {"key": "yes, please"}})
    assert said.code == DeclarationError.exit_code
    assert "access/checkout/grants/orders.yaml:1:" in said.err + said.out
    assert "Traceback" not in said.err
    said = edit("--base", "never-was", **{ORDERS: GRANT})
    assert said.code == SOME_FAILED
    assert "git knows no such revision" in said.err
