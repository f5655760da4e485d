"""Why a team can use something: by what, since when, by whose request and approval; or why not, and how to ask."""

import json
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from commanded import Said, in_process
from histories import line
from organisations import organisation

from reconciler.approvals import Brought
from reconciler.compile import as_of
from reconciler.lives import lives
from reconciler.load import load
from reconciler.places import Places
from reconciler.questions import Sides
from reconciler.reasons import Scene, Why, why
from reconciler.reasons.told import lines
from reconciler.sources import Files

ORDERS = "checkout/grants/orders.yaml"
PRODUCT = "commerce/products/orders.yaml"
BEGIN: dict[str, Any] = organisation()
NOBODY = {path: each for path, each in BEGIN.items() if path != ORDERS}
GRANT = "environments: [prod]\nkey: true\nreason: Show it\nexpires: 2027-06-30\n"


def asked(*steps: tuple[str, dict[str, Any]], team: str = "checkout", thing: str = "orders", on: str = "") -> Why:
    day = date.fromisoformat(on or steps[-1][0])
    contents = {path: each if isinstance(each, str) else json.dumps(each) for path, each in steps[-1][1].items()}
    files = Files("access", {path: text.encode() for path, text in sorted(contents.items())})
    declarations = load(files).declarations
    scene = Scene(declarations, Places(files), lives(line(*steps), day), "access")
    return why(scene, "prod", Sides(*as_of(declarations, "prod", day)).answers(), team, {thing})


def test_a_grant_is_told_with_its_line_its_commits_and_who_had_to_approve() -> None:
    later = GRANT.replace("2027-06-30", "2027-09-30")
    steps = (
        ("2026-03-01", NOBODY),
        ("2026-03-05", {**NOBODY, ORDERS: GRANT}),
        ("2026-05-01", {**NOBODY, ORDERS: later}),
    )
    found = asked(*steps)
    (reason,) = found.reasons
    assert (found.calls, reason.line, found.lacks, found.ask) == (True, 2, (), ())
    assert [(step.event.kind, step.event.number, [need.teams for need in step.needs]) for step in reason.steps] == [
        ("requested", 1, [("commerce",)]),
        ("renewed", 2, [("commerce",)]),
    ]
    said = [text for _, text in lines(found, "checkout", "orders", "access", {f"{2:040}": Brought(15, ("olga",))})]
    assert said == [
        "prod",
        "checkout can use orders.",
        "by key: product orders",
        "stands in  access/checkout/grants/orders.yaml:2",
        "reason     Show it",
        "asked for  2026-03-05 by Ada in 000000000000, #1: Step 1",
        "approved   it needed commerce; who did stands in #1: --github asks there",
        "renewed    2026-05-01 by Ada in 000000000000, #2: Step 2",
        "           expires: 2027-06-30 is now 2027-09-30",
        "approved   #15 was approved by olga, says GitHub; it needed commerce",
        "since      2026-03-05",
        "until      2027-09-30",
    ]


def test_what_came_with_the_first_files_needed_nobody() -> None:
    (reason,) = asked(("2026-03-01", BEGIN)).reasons
    assert [step.first for step in reason.steps] == [True]


TOKENS = {**BEGIN[PRODUCT], "credentials": "key and token", "oauth": {"audience": "api://orders"}}
CLIENT = {"environments": ["prod"], "reason": "r", "clients": ["a", "b"]}


@pytest.mark.parametrize(
    ("contents", "calls", "said"),
    [
        ({**NOBODY, ORDERS: GRANT + "suspended: true\n"}, False, "access/checkout/grants/orders.yaml says `suspended`"),
        (
            {**NOBODY, ORDERS: GRANT + "revoked: compromised\n"},
            False,
            "access/checkout/grants/orders.yaml says `revoked`",
        ),
        ({**NOBODY, ORDERS: GRANT.replace("key", "portal")}, False, "To see it in the portal is no access"),
        ({**NOBODY, PRODUCT: TOKENS, ORDERS: GRANT}, False, "orders asks for a key and a token, and there is no token"),
        ({**NOBODY, PRODUCT: TOKENS, ORDERS: CLIENT}, False, "orders asks for a key and a token, and there is no key"),
        ({**NOBODY, PRODUCT: TOKENS, ORDERS: {**CLIENT, "key": True}}, True, ""),
        ({**NOBODY, ORDERS: {**CLIENT, "api": "*", "clients": [], "key": True}}, True, ""),
        (NOBODY, False, "Nothing on this branch asked for it since 2026-03-01"),
        ({**NOBODY, PRODUCT: {**BEGIN[PRODUCT], "subscription_required": False}}, True, ""),
    ],
)
def test_what_does_not_open_is_told_with_its_reason(contents: dict[str, Any], calls: bool, said: str) -> None:  # noqa: FBT001
    found = asked(("2026-03-01", contents))
    assert found.calls == calls
    assert "; ".join(found.lacks).startswith(said)
    assert bool(found.ask) != calls


def test_a_client_stands_in_its_own_line() -> None:
    tokens = {**TOKENS, "credentials": "token"}
    text = "environments: [prod]\nreason: r\nclients:\n- a\n- b\n"
    found = asked(("2026-03-01", {**NOBODY, PRODUCT: tokens, ORDERS: text}))
    assert [(reason.can.by.name[-1], reason.line) for reason in found.reasons] == [("a", 4), ("b", 5)]
    apart = text + "in: {prod: {clients: [a,\n b]}}\n"
    found = asked(("2026-03-01", {**NOBODY, PRODUCT: tokens, ORDERS: apart}))
    assert [(reason.can.by.name[-1], reason.line) for reason in found.reasons] == [("a", 6), ("b", 7)]


def test_what_ended_is_told_with_who_ended_it_and_when_the_last_one_first() -> None:
    grant = {**NOBODY, ORDERS: GRANT.replace("2027-06-30", "2026-03-31")}
    steps = (
        ("2026-03-01", NOBODY),
        ("2026-03-05", grant),
        ("2026-05-01", {**NOBODY, ORDERS: GRANT}),
        ("2026-06-01", NOBODY),
    )
    found = asked(*steps)
    assert found.lacks == (
        f"It ended on 2026-06-01: its file was deleted, by Ada in 000000000000, #3 (access/{ORDERS}, since 2026-05-01)",
        "It ended: its last day was 2026-03-31 (access/checkout/grants/orders.yaml, since 2026-03-05)",
    )
    request = "reconciler request --team checkout --product orders --environment prod --key"
    assert found.ask == (f"Ask by `{request}`: commerce decides",)


def test_how_to_ask_names_who_decides_and_what_holds_it() -> None:
    assert asked(("2026-03-01", NOBODY), thing="refunds").ask == (
        "No product in prod holds it: ask commerce, who owns it, to publish one",
    )
    product = {**BEGIN[PRODUCT], "approvers": ["checkout"]}
    (said,) = asked(("2026-03-01", {**NOBODY, PRODUCT: product})).ask
    assert said.endswith(": commerce or checkout decides")
    (said,) = asked(("2026-03-01", {**NOBODY, PRODUCT: {**TOKENS, "approval": "automatic"}})).ask
    assert said == "Ask for orders by `clients:` in access/checkout/grants/orders.yaml: nobody has to approve it"


Run = Callable[..., Said]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECONCILER_AS_OF", "2026-11-23")
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    write(tmp_path, BEGIN)
    call = in_process(monkeypatch)
    return lambda *arguments: Said(call("why", *arguments), *capsys.readouterr())


def write(folder: Path, contents: dict[str, Any]) -> None:
    for path, value in contents.items():
        file = folder / "access" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(value if isinstance(value, str) else json.dumps(value))


def commit(folder: Path, message: str, day: str) -> None:
    when = {f"GIT_{role}_DATE": f"{day}T12:00:00Z" for role in ("AUTHOR", "COMMITTER")}
    who = {f"GIT_{role}_{what}": "ada" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", message)):
        run = ["git", *words]
        subprocess.run(run, cwd=folder, env={"PATH": "/usr/bin:/bin", **when, **who}, check=True, timeout=60)  # noqa: S603


def test_without_git_the_files_answer_and_what_is_missing_is_said(ask: Run) -> None:
    said = ask("checkout", "orders")
    assert (said.code, "checkout can use orders." in said.out) == (0, True)
    assert "is not in a git repository" in said.err
    assert "since      not known" in said.out


def test_the_command_tells_of_today_and_of_a_day_and_ends_with_0_either_way(ask: Run, tmp_path: Path) -> None:
    commit(tmp_path, "Begin", "2026-03-01")
    (tmp_path / "access" / ORDERS).unlink()
    commit(tmp_path, "Not needed (#7)\n\nReviewed-by: Olga <olga@contoso.example>", "2026-04-01")
    (answer,) = ask("checkout", "orders", "--format", "json").json["answers"]
    assert (answer["calls"], answer["by"]) == (False, [])
    assert "2026-04-01: its file was deleted, by ada in" in answer["why_not"][0]
    said = ask("checkout", "orders", "--at", "2026-03-15", "--format", "json")
    (answer,) = said.json["answers"]
    assert (said.code, answer["calls"], answer["by"][0]["since"]) == (0, True, "2026-03-01")
    assert [event["kind"] for event in answer["by"][0]["history"]] == ["requested"]
    assert ask("checkout", "orders", "--at", "HEAD~1", "--format", "json").json["answers"] == said.json["answers"]


def test_who_approved_is_told_by_the_commits_own_words(ask: Run, tmp_path: Path) -> None:
    (tmp_path / "access" / ORDERS).unlink()
    commit(tmp_path, "Begin", "2026-03-01")
    write(tmp_path, {ORDERS: GRANT})
    commit(tmp_path, "Ask (#3)\n\nReviewed-by: Olga <olga@contoso.example>\nApproved-by: @pat", "2026-04-01")
    assert "approved   by Olga, pat, says its commit; it needed commerce" in ask("checkout", "orders").out


def test_a_day_at_which_a_grant_named_no_product_is_answered(ask: Run, tmp_path: Path) -> None:
    """Two merges that fit each other line by line leave such a grant; the next one mends it."""
    write(tmp_path, {"checkout/grants/gold.yaml": GRANT})
    commit(tmp_path, "Begin", "2026-03-01")
    said = ask("checkout", "orders", "--at", "2026-03-01", "--format", "json")
    assert (said.code, said.json["answers"][0]["calls"]) == (0, True)


def test_a_name_that_nothing_has_or_had_is_a_mistake(ask: Run, tmp_path: Path) -> None:
    commit(tmp_path, "Begin", "2026-03-01")
    for words in (("chekcout", "orders"), ("checkout", "ordres")):
        said = ask(*words)
        assert (said.code, "did you mean" in said.err) == (2, True)
    said = ask("checkout", "orders", "--github")
    assert (said.code, "set GITHUB_TOKEN" in said.err) == (2, True)
