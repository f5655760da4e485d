"""Who can use what: as it is declared, as it lives, side by side, and as it was on a day."""

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cloud import Cloud
from commanded import Said, in_process
from gateway_truth import GATED, SITUATIONS, WORDS, Gated, Situation, company, fates, gated
from gateway_truth.oracle import Call
from gateway_truth.rules import Token
from gateway_truth.table import Stage
from organisations import TODAY, declared, environment, organisation

from reconciler.access import EVERYBODY
from reconciler.azure.documents import in_policies
from reconciler.azure.reading import read
from reconciler.compile import as_of
from reconciler.questions import Can, Sides, what_can, who_can

GOLD: dict[str, Any] = {
    "commerce/products/gold.yaml": {
        "manage": "product",
        "display_name": "Gold",
        "environments": ["prod"],
        "apis": ["orders", "refunds"],
        "credentials": "key or token",
        "oauth": {"audience": "api://gold"},
    },
    "checkout/grants/gold.yaml": {
        "environments": ["prod"],
        "clients": ["1a2b0000-0000-0000-0000-000000000000"],
        "reason": "r",
        "expires": "2027-06-30",
    },
}
STRANGER = {"scope": "/products/orders", "displayName": "Ask Piet", "state": "active"}


def asked(contents: dict[str, Any]) -> tuple[Can, ...]:
    return Sides(*as_of(declared(contents), "prod", TODAY)).answers()


def told(answers: tuple[Can, ...]) -> list[tuple[str, str, str, str]]:
    return [(each.access.who, each.access.thing, each.access.how, each.seen) for each in answers]


def both(cloud: Cloud, contents: dict[str, Any], day: date = TODAY) -> tuple[Can, ...]:
    desired, undated = as_of(declared(contents, day), "prod", day)

    async def reading() -> Any:
        async with cloud.session() as session:
            return await read(session, includes=in_policies(undated.state))

    return Sides(desired, undated, asyncio.run(reading())).answers()


@pytest.fixture
def lived() -> tuple[Cloud, dict[str, Any]]:
    contents = organisation(**GOLD)
    cloud = Cloud().seed({"apis/orders": {"path": "orders"}, "apis/refunds": {"path": "refunds"}})
    cloud.converge(contents)
    return cloud, contents


def test_a_product_is_used_by_whoever_has_its_keys_or_is_a_client() -> None:
    answers = asked(organisation(**GOLD))
    assert told(who_can(answers, {"gold"})) == [("checkout", "gold", "token", "declared")]
    assert told(who_can(answers, {"orders"})) == [
        ("checkout", "gold", "token", "declared"),
        ("checkout", "orders", "key", "declared"),
    ]
    assert who_can(answers, {"nothing"}) == ()


def test_what_a_team_an_application_and_a_key_can_use_is_told_with_the_file() -> None:
    answers = asked(organisation(**GOLD))
    mine = what_can(answers, {"checkout"})
    assert [(each.access.thing, each.apis, each.path) for each in mine] == [
        ("gold", ("orders", "refunds"), "checkout/grants/gold.yaml"),
        ("orders", ("orders",), "checkout/grants/orders.yaml"),
    ]
    assert what_can(answers, {"1a2b0000-0000-0000-0000-000000000000"}) == mine[:1]
    assert what_can(answers, {"checkout--orders"}) == mine[1:]
    assert what_can(answers, {"commerce"}) == ()
    assert what_can(answers, {"nobody", "unknown"}) == ()


GRANT: dict[str, Any] = {"environments": ["prod"], "key": True, "reason": "r"}


def test_both_sides_say_what_is_missing_and_what_nobody_declared(lived: tuple[Cloud, dict[str, Any]]) -> None:
    cloud, contents = lived
    assert {each.seen for each in what_can(both(cloud, contents), {"checkout"})} == {"both"}
    cloud.seed({"subscriptions/5f0c00000000000000000001": STRANGER})
    more = {**contents, "checkout/grants/refunds.yaml": {**GRANT, "product": "gold", "component": "x"}}
    more["checkout/grants/refunds.yaml"]["expires"] = "2027-06-30"
    answers = both(cloud, more)
    assert ("checkout", "gold", "key", "declared") in told(answers)
    (stranger,) = what_can(answers, {"5f0c00000000000000000001"})
    assert (stranger.seen, stranger.apis) == ("live", ("orders",))
    assert stranger in who_can(answers, {"orders"})


def test_a_key_that_lives_past_its_end_is_told_with_whose_it_is(lived: tuple[Cloud, dict[str, Any]]) -> None:
    cloud, contents = lived
    ended = {**contents, "checkout/grants/orders.yaml": {**GRANT, "expires": str(TODAY)}}
    tomorrow = TODAY + timedelta(days=1)
    (key,) = what_can(both(cloud, ended, tomorrow), {"checkout--orders"})
    assert (key.seen, key.access.who, key.access.until) == ("live", "checkout", TODAY)
    assert what_can(Sides(*as_of(declared(ended), "prod", tomorrow)).answers(), {"checkout--orders"}) == ()


def test_a_key_for_every_api_can_use_each(lived: tuple[Cloud, dict[str, Any]]) -> None:
    cloud, contents = lived
    cloud.seed({"subscriptions/all": {"scope": "/apis", "displayName": "All", "state": "active"}})
    answers = both(cloud, contents)
    assert [each.by.name[0] for each in who_can(answers, {"refunds"}) if each.seen == "live"] == ["all"]


Run = Callable[..., Said]


def git(folder: Path, *arguments: str, day: str = "2026-11-20") -> None:
    when = {"GIT_COMMITTER_DATE": f"{day}T12:00:00Z", "GIT_AUTHOR_DATE": f"{day}T12:00:00Z", "PATH": "/usr/bin:/bin"}
    names = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *arguments], cwd=folder, env={**when, **names}, check=True, capture_output=True, timeout=60)  # noqa: S603, S607


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECONCILER_AS_OF", str(TODAY))
    monkeypatch.setenv("COLUMNS", "200")
    _write(tmp_path, organisation(**GOLD))

    call = in_process(monkeypatch)

    def asking(*arguments: str) -> Said:
        return Said(call(*arguments), *capsys.readouterr())

    return asking


def _write(folder: Path, contents: dict[str, Any]) -> None:
    for path, value in contents.items():
        file = folder / "access" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))


def test_the_command_answers_from_files_alone_and_names_each(ask: Run) -> None:
    said = ask("who-can", "gold", "--format", "json")
    assert (said.code, said.err) == (0, "")
    (only,) = said.json["answers"]
    assert (only["who"], only["how"], only["apis"], only["file"]) == (
        "checkout",
        "token",
        ["orders", "refunds"],
        "checkout/grants/gold.yaml",
    )
    said = ask("what-can", "checkout")
    assert said.code == 0
    assert "access/checkout/grants/orders.yaml" in said.out
    assert "2 answers." in said.out


def test_a_name_that_is_nowhere_is_a_mistake_and_a_team_without_access_is_none(ask: Run) -> None:
    said = ask("what-can", "chekcout")
    assert (said.code, "did you mean" in said.err) == (2, True)
    said = ask("what-can", "commerce")
    assert (said.code, "0 answers." in said.out) == (0, True)


def test_a_product_is_found_by_its_name_and_an_api_as_it_is_written(ask: Run, tmp_path: Path) -> None:
    more = {
        "environments.yaml": {"prod": environment(variables={"letter": "p"})},
        "commerce/apis.yaml": [{"api": "orders"}, {"api": "refunds"}, {"api": "prices-$(letter)"}],
        "commerce/products/orders.yaml": {"manage": "product", "display_name": "Orders", "id": "orders-v1"}
        | {"environments": ["prod"], "apis": ["prices-$(letter)"]},
    }
    _write(tmp_path, more)
    said = {name: ask("who-can", name, "--format", "json").json for name in ("orders", "prices-$(letter)")}
    assert {name: [each["to"] for each in found["answers"]] for name, found in said.items()} == {
        "orders": ["gold", "orders-v1"],
        "prices-$(letter)": ["orders-v1"],
    }
    assert ask("who-can", "prices-p").code == ask("who-can", "prices-$(letter)").code == 0
    said = ask("who-can", "prices-d")
    assert (said.code, "did you mean `prices-p`?" in said.err) == (2, True)


def test_a_day_and_a_revision_are_answered_from_git(ask: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", ".")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one", day="2026-11-20")
    (tmp_path / "access/checkout/grants/orders.yaml").unlink()
    git(tmp_path, "commit", "-qam", "two", day="2026-11-22")
    answered = {
        at: len(ask("what-can", "checkout", "--format", "json", *at).json["answers"])
        for at in ((), ("--at", "2026-11-21"), ("--at", "2026-11-22"), ("--at", "HEAD~1"))
    }
    assert list(answered.values()) == [1, 2, 1, 2]
    assert ask("what-can", "checkout", "--at", "2026-11-19").code == 4
    said = ask("what-can", "checkout", "--at", "2026-11-21", "--live")
    assert (said.code, "not both" in said.err) == (2, True)
    assert ask("what-can", "checkout", "--at", "2026-02-31").code == 2


@pytest.mark.parametrize("situation", [each for each in SITUATIONS if each.asks and not each.opened], ids=str)
def test_a_key_can_use_exactly_what_the_gateway_lets_it_call(situation: Situation) -> None:
    stage = Stage().begin(company.living(situation))
    seen = set()
    for step in company.steps(situation, fates(WORDS[:2], WORDS[:2], WORDS[:3], WORDS[:3])[::7]):
        stage.go(step)
        answers = both(stage.cloud, step.contents, step.day)
        lives = {path.partition("/")[2] for path in stage.cloud.state() if path.startswith("subscriptions/")}
        lives.discard("master")  # the service's own, which opens everything and is nobody's answer
        keys = {name: (name, len(stage.keys[name]), 0) for name in sorted(lives)}
        asked = [(name, api) for name in keys for api in ("orders", "refunds")]
        answered = stage.ask([(Call(api, header=keys[name]),) for name, api in asked])
        for (name, api), (answer,) in zip(asked, answered, strict=True):
            can = [each for each in what_can(who_can(answers, {api}), {name}) if each.calls and each.seen != "declared"]
            assert bool(can) == (answer.status == 200), f"{name} at {api}: {answer}, and {can}"
            seen.add(answer.status)
    assert seen == {200, 401}


TELLING = (
    "key or token at the api, enforce",
    "token at the api, enforce, an open product",
    "key and token at the api, enforce",
)


@pytest.mark.parametrize("rules", [each for each in GATED if str(each) in TELLING], ids=str)
def test_a_team_can_use_exactly_what_the_gateway_lets_it_call_by_any_key_or_token_it_was_given(rules: Gated) -> None:
    held_to_the_gateway(rules)


@pytest.mark.story
@pytest.mark.parametrize("rules", GATED, ids=str)
def test_so_it_is_of_every_kind_of_rules(rules: Gated) -> None:
    held_to_the_gateway(rules)


def held_to_the_gateway(rules: Gated) -> None:
    stage = Stage().begin(gated.living(rules))
    seen = set()
    for step in gated.steps(rules):
        stage.go(step)
        answers = who_can(both(stage.cloud, step.contents, step.day), {"orders"})
        for team in [*gated.teams(rules), NOBODY]:
            can = [each for each in answers if each.access.who in {team.name, EVERYBODY}]
            seen.add(agreed(stage, can, ways(f"{team.name}--orders", stage.keys, Token(team.client))))
        for name in ("around--bundle", "around--api-orders", "around--all"):
            agreed(stage, what_can(answers, {name}), ways(name, stage.keys))
    assert True in seen or rules.credentials == "token"  # nobody there has a key beside it


NOBODY = gated.Team(99, "absent", "", "both")


def agreed(stage: Stage, can: Iterable[Can], ways: Iterable[Call]) -> bool:
    """Hold an answer against what the gateway says to each way to call, and give it."""
    lets = {
        str(call): answer.status for call, (answer,) in zip(ways, stage.ask([(each,) for each in ways]), strict=True)
    }
    found = [each for each in can if each.calls and each.seen != "declared"]
    assert bool(found) == (200 in lets.values()), f"{lets}, and {found}"
    return bool(found)


def ways(key: str, keys: Mapping[str, Sequence[object]], token: Token | None = None) -> list[Call]:
    """Give each way in which somebody may call: by the key as it was made last, by a token, by both, by neither."""
    shown = (key, len(keys[key]), 0) if keys.get(key) else None
    return [Call("orders", header=header, token=each) for header in {None, shown} for each in {None, token}]
