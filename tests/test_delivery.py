"""Keys are delivered to the vault of whoever may use them: a key is read for each secret written, and no other."""

import json
import logging
import pickle
import traceback
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from organisations import SERVICE, TODAY, declared, environment
from vaulted import CHECKOUT, GRANT, KEY, NAME, SHARED, TEAMS, Strongroom, company, grant, shared

from reconciler.delivery import telling
from reconciler.delivery.doing import Done
from reconciler.naming import secret_name
from reconciler.permissions import role
from reconciler.report.story import tell
from reconciler.withheld import withheld

NOBODY = {path: value for path, value in company().items() if path != GRANT}
SECOND = "checkout/grants/more.yaml"
OFFICER = "Key Vault Secrets Officer"


@pytest.fixture
def room() -> Strongroom:
    return Strongroom().begin(company())


def test_a_granted_key_ends_in_the_teams_vault_and_a_second_run_reads_and_writes_nothing(room: Strongroom) -> None:
    assert room.told(company()) == [("deliver", "")]
    assert room.value() == room.key()
    secret = room.cloud.azure.vault("kv-checkout").find(NAME).latest
    tags = dict(secret.tags)
    assert tags.pop("key-set")
    assert tags.pop("subscription-made")
    assert tags == {
        "managed-by": "reconciler",
        "environment": "prod",
        "team": "checkout",
        "grant": "orders",
        "service": SERVICE,
        "subscription": KEY,
        "slot": "primary",
    }
    assert secret.content_type == "application/vnd.reconciler.apim-subscription-key"
    assert secret.not_before == secret.created
    assert (room.asked(), room.written()) == (1, {"PUT": 1})
    assert room.told(company()) == [("leave", "")]
    assert (room.asked(), room.written()) == (1, {"PUT": 1})


def test_a_withdrawn_key_is_disabled_and_comes_back_in_time_with_the_same_value(room: Strongroom) -> None:
    room.told(company())
    key = room.value()
    room.cloud.converge(NOBODY, company())
    assert room.told(NOBODY) == [("disable", "withdrawn")]
    assert room.secrets() == {NAME: False}
    assert room.told(NOBODY) == []
    room.cloud.converge(company(), NOBODY)
    assert room.told(company()) == [("enable", "in force again")]
    assert (room.secrets(), room.value(), room.asked()) == ({NAME: True}, key, 1)


def test_what_comes_back_after_its_grace_has_new_keys_and_they_are_delivered(room: Strongroom) -> None:
    room.told(company())
    old = room.value()
    room.cloud.converge(NOBODY, company())
    room.told(NOBODY)
    room.cloud.converge(NOBODY, NOBODY, day=TODAY + timedelta(days=31))
    assert f"subscriptions/{KEY}" not in room.cloud.state()
    room.cloud.azure.settings.clock = lambda: 1_900_000_000.0
    room.cloud.converge(company(), NOBODY)
    assert room.told(company()) == [("deliver", "its subscription was made anew")]
    assert old != room.value() == room.key()


def test_no_version_of_a_disabled_secret_can_be_read(room: Strongroom) -> None:
    room.told(company())
    kept = room.cloud.azure.vault("kv-checkout")
    kept.set(NAME, "again", tags=dict(kept.find(NAME).latest.tags))
    room.told(NOBODY)
    assert [each.enabled for each in kept.find(NAME).versions.values()] == [False, False]


@pytest.mark.parametrize(
    ("changed", "more", "why"),
    [
        ({GRANT: grant(suspended=True)}, {}, "suspended"),
        ({GRANT: grant(expires="2026-12-01")}, {"day": date(2026, 12, 2)}, "ended"),
        ({}, {"withheld": withheld(["team checkout"])}, "cut off"),
        ({GRANT: grant(key=False, portal=True)}, {}, "withdrawn"),
        ({GRANT: None, "checkout/team.yaml": {"display_name": "Checkout"}}, {}, None),
    ],
)
def test_a_key_that_opens_nothing_any_more_is_closed(
    room: Strongroom, changed: dict[str, Any], more: dict[str, Any], why: str | None
) -> None:
    """The last one names no vault any more, so that nobody looks there: docs say so."""
    room.told(company())
    now = declared(company(**changed))
    assert room.told(now, **more) == ([("disable", why)] if why else [])
    assert room.secrets() == {NAME: why is None}
    assert room.asked() == 1


def test_without_a_vault_no_key_is_read_and_nobody_is_asked(room: Strongroom) -> None:
    before = len(room.cloud.azure.log.entries)
    assert room.told(company(**{"checkout/team.yaml": {"display_name": "Checkout"}})) == []
    assert (room.asked(), len(room.cloud.azure.log.entries)) == (0, before)


def test_the_environments_vault_serves_teams_without_one_and_a_move_closes_the_old_secret(room: Strongroom) -> None:
    plain = company(**{"environments.yaml": shared(), "checkout/team.yaml": {"display_name": "Checkout"}})
    assert room.told(plain) == [("deliver", "")]
    assert room.value(vault="kv-shared") == room.key()
    moved = company(**{"environments.yaml": shared()})
    assert room.told(moved) == [("deliver", ""), ("disable", f"it is delivered to kv-checkout as {NAME}")]
    assert (room.secrets(), room.secrets("kv-shared")) == ({NAME: True}, {NAME: False})
    assert room.told(moved) == [("leave", "")]


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"managed-by": "terraform"},
        {"managed-by": "reconciler", "environment": "prod", "team": "checkout", "grant": "orders", "service": "/other"},
        {"managed-by": "reconciler", "environment": "prod", "team": "a", "grant": "orders", "service": SERVICE},
    ],
)
def test_a_secret_of_another_hand_is_named_and_never_touched(room: Strongroom, tags: dict[str, str]) -> None:
    kept = room.cloud.azure.vault("kv-checkout")
    kept.set(NAME.upper(), "theirs", tags=tags)
    kept.set("database", "theirs")
    now = company(**{SECOND: grant(product="orders", component="more")})
    room.cloud.converge(now, company())
    assert room.told(now) == [
        ("deliver", ""),
        ("refuse", "a secret of that name is there and not of this grant"),
    ]
    assert [kept.value(each) for each in (NAME, "database")] == ["theirs", "theirs"]
    assert kept.value("prod--checkout--more") == room.key("checkout--more")
    assert room.told(NOBODY)[0] == ("disable", "withdrawn")
    assert room.secrets()[NAME.upper()]


def test_a_name_that_a_deleted_secret_keeps_is_told_with_a_way_out(room: Strongroom) -> None:
    kept = room.cloud.azure.vault("kv-checkout")
    kept.set(NAME, "old")
    kept.delete(NAME)
    (failed,) = room.run(company())[1]
    assert "a deleted secret keeps this name. Recover it (`az keyvault secret recover`)" in failed.because
    kept.purge(NAME)
    assert room.told(company()) == [("deliver", "")]


def test_a_vault_that_refuses_stops_no_other(room: Strongroom) -> None:
    azure = room.cloud.azure
    azure.grant("keys", {"actions": ["*"]})
    azure.grant("keys", OFFICER, scope=azure.vault_id("kv-shared"))
    now = company(**{"environments.yaml": shared(), "commerce/grants/orders.yaml": grant()})
    room.cloud.converge(now, company())
    looked, done = room.run(now)
    assert [(each.step.mark.team, each.result) for each in done] == [("commerce", "done")]
    assert list(looked.unread) == [TEAMS]
    text = "\n".join(line for _, line in telling.lines(looked, done, dry=False))
    assert "ForbiddenByRbac" not in room.secrets()
    assert f"nothing is known of {TEAMS}: listing the secrets of {TEAMS}: 403 Forbidden" in text
    assert "Give this identity the role Key Vault Secrets Officer on that vault" in text


def test_who_may_list_and_not_write_is_told_so(room: Strongroom) -> None:
    azure = room.cloud.azure
    azure.grant("keys", [{"actions": ["*"]}, "Key Vault Reader"])
    (failed,) = room.run(company())[1]
    assert failed.because.startswith(f"writing {NAME} to {TEAMS}: 403 Forbidden: Caller is not authorized")
    assert failed.because.endswith("let it through its firewall.")


def test_what_is_no_vault_gets_no_key(room: Strongroom) -> None:
    team = {**CHECKOUT, "key_vault": {"prod": "https://example.test"}}
    looked, done = room.run(company(**{"checkout/team.yaml": team}))
    assert (done, room.asked()) == ((), 0)
    assert "this is no Key Vault" in str(looked.unread["https://example.test"])


def test_two_environments_share_a_vault_and_neither_touches_the_others(room: Strongroom) -> None:
    other = SERVICE.replace("apim-test", "apim-dev")
    places = {**shared(), "dev": environment(service=other, key_vault=SHARED)}
    both = {"environments": ["prod", "dev"]}
    now = company(
        **{
            "environments.yaml": places,
            "checkout/team.yaml": {"display_name": "Checkout"},
            "commerce/products/orders.yaml": {
                "manage": "product",
                "display_name": "Orders",
                "apis": ["orders"],
                **both,
            },
            GRANT: grant(**both),
        }
    )
    room.told(now)
    room.cloud.service, room.cloud.environment = other, "dev"
    room.begin(now)
    assert room.told(now) == [("deliver", "")]
    assert room.secrets("kv-shared") == {NAME: True, "dev--checkout--orders": True}
    assert room.value("dev--checkout--orders", "kv-shared") == room.key() != room.value(vault="kv-shared")
    gone = {path: value for path, value in now.items() if path != GRANT}
    room.told(gone)
    assert room.secrets("kv-shared") == {NAME: True, "dev--checkout--orders": False}


def test_observe_writes_nothing(room: Strongroom) -> None:
    now = company(**{"environments.yaml": {"prod": environment(mode="observe")}})
    looked, done = room.run(now)
    assert [(each.action, each.observed) for each in looked.steps] == [("deliver", True)]
    assert (done, room.asked(), room.written()) == ((), 0, {})
    room.told(company())
    gone = {path: value for path, value in now.items() if path != GRANT}
    assert room.told(gone) == [("disable", "withdrawn")]
    assert room.secrets() == {NAME: True}


def test_a_dry_run_reads_no_key_and_writes_nothing(room: Strongroom) -> None:
    looked, done = room.run(company(), dry=True)
    assert (done, room.asked(), room.written()) == ((), 0, {})
    assert [text for _, text in telling.lines(looked, done, dry=True)] == [
        f"+ checkout: the key of orders would be delivered to kv-checkout as {NAME}",
        "Dry run: 1 key delivered.",
    ]


def test_a_key_that_is_not_applied_yet_waits(room: Strongroom) -> None:
    now = company(**{SECOND: grant(product="orders", component="more")})
    assert room.told(now) == [("wait", "its subscription is not there yet"), ("deliver", "")]


def test_a_renamed_grant_keeps_the_old_secret_while_its_file_says_so(room: Strongroom) -> None:
    room.told(company())
    new = {"checkout/grants/history.yaml": grant(product="orders", formerly="orders"), GRANT: None}
    now = company(**new)
    room.cloud.converge(now, company())
    assert room.told(now) == [("deliver", "")]
    assert room.secrets() == {NAME: True, "prod--checkout--history": True}
    assert room.value() == room.value("prod--checkout--history")


def test_one_team_and_one_grant_alone(room: Strongroom) -> None:
    now = company(
        **{
            "commerce/grants/orders.yaml": grant(),
            SECOND: grant(product="orders", component="more"),
            "environments.yaml": shared(),
        }
    )
    room.cloud.converge(now, company())
    assert room.told(now, grant="checkout/more") == [("deliver", "")]
    assert room.told(now, team="commerce") == [("deliver", "")]
    assert (room.secrets(), room.secrets("kv-shared")) == (
        {"prod--checkout--more": True},
        {"prod--commerce--orders": True},
    )


def test_many_keys_cost_one_read_of_each_and_one_write(room: Strongroom) -> None:
    many = {f"checkout/grants/g{number}.yaml": grant(product="orders", component=f"c{number}") for number in range(40)}
    now = declared(company(**many))
    room.cloud.converge(now, company())
    before = room.cloud.azure.log.reads
    room.told(now)
    pages = room.cloud.azure.log.reads - before
    assert (room.asked(), room.written()) == (41, {"PUT": 41})
    again = room.cloud.azure.log.writes
    assert {action for action, _ in room.told(now)} == {"leave"}
    assert (room.cloud.azure.log.writes, room.written()) == (again, {"PUT": 41})
    assert pages == 1


FAULTS = [
    {"method": "POST", "path": "/listSecrets", "status": 500},
    {"method": "POST", "path": "/listSecrets", "cut": "after", "times": None},
    {"method": "POST", "path": "/listSecrets", "truncate": 60, "times": None},
    {"method": "PUT", "path": "/secrets/", "status": 400, "message": "bad {key}", "times": None},
    {"method": "PUT", "path": "/secrets/", "status": 503, "times": None},
    {"method": "PUT", "path": "/secrets/", "cut": "before", "times": None},
    {"method": "PUT", "path": "/secrets/", "cut": "after", "times": None},
    {"method": "PUT", "path": "/secrets/", "truncate": 90, "times": None},
]


@dataclass
class Leaks:
    """Everything that was written or kept while a key was in hand."""

    caplog: pytest.LogCaptureFixture
    capsys: pytest.CaptureFixture[str]

    def text(self, room: Strongroom) -> str:
        looked, done = room.run(company())
        said = [json.dumps(telling.record("prod", looked, done)), repr(looked), repr(done)]
        said += [line for _, line in telling.lines(looked, done, dry=False)]
        shown = self.capsys.readouterr()
        return "\n".join([*said, self.caplog.text, shown.out, shown.err])


@pytest.mark.parametrize("fault", [{}, *FAULTS])
def test_no_key_is_in_anything_that_is_written(
    room: Strongroom, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], fault: dict[str, Any]
) -> None:
    """Also where a vault's refusal quotes it, and where an answer that holds it is cut off."""
    caplog.set_level(logging.DEBUG)
    keys = dict(room.cloud.azure.secrets(SERVICE, f"subscriptions/{KEY}"))
    if fault:
        message = fault.get("message", "").replace("{key}", keys["primaryKey"])
        room.cloud.azure.fault(**{**fault, "message": message} if message else fault)
    text = Leaks(caplog, capsys).text(room)
    assert "listSecrets" in caplog.text  # the clients' own logs were on
    assert not [key for key in keys.values() if key in text]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_exception_leads_to_a_key(room: Strongroom, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]) -> None:
    """Neither its text nor what it came from, with all that the frames on its way hold."""
    key = room.key()
    room.cloud.azure.fault(**fault)
    seen: list[str] = []
    kept = Done.__init__

    def look(self: Done, step: Any, result: Any, because: str = "", **more: Any) -> None:
        import sys  # noqa: PLC0415  what is being handled right now

        error = sys.exception()
        while error is not None:
            told = traceback.TracebackException.from_exception(error, capture_locals=True)
            seen.append("".join(told.format()) + repr(vars(error)) + str(pickle.dumps(str(error))))
            error = error.__cause__ or error.__context__
        kept(self, step, result, because, **more)

    monkeypatch.setattr(Done, "__init__", look)
    failed = [each for each in room.run(company())[1] if each.result == "failed"]
    assert bool(seen) == bool(failed)
    assert not [text for text in seen if key in text]


@pytest.mark.parametrize("fault", FAULTS)
def test_after_any_interruption_the_next_run_ends_right(room: Strongroom, fault: dict[str, Any]) -> None:
    room.cloud.azure.fault(**fault)
    room.run(company())
    room.cloud.azure.faults.clear()
    room.told(company())
    assert (room.secrets(), room.value()) == ({NAME: True}, room.key())
    assert room.told(company()) == [("leave", "")]


def test_what_fails_for_a_moment_is_tried_again(room: Strongroom) -> None:
    room.cloud.azure.fault(method="POST", path="/listSecrets", status=503)
    room.cloud.azure.fault(method="PUT", path="/secrets/", status=503)
    assert room.told(company()) == [("deliver", "")]
    assert room.secrets() == {NAME: True}


def test_its_role_suffices_and_reads_nothing_else(room: Strongroom) -> None:
    azure = room.cloud.azure
    made = role("keys", [SERVICE], marks=[])
    assert made["Actions"] == [
        f"Microsoft.ApiManagement/service/{each}"
        for each in (
            "namedValues/read",
            "subscriptions/listSecrets/action",
            "subscriptions/read",
            "subscriptions/regeneratePrimaryKey/action",
            "subscriptions/regenerateSecondaryKey/action",
        )
    ]
    azure.grant("keys", {"actions": made["Actions"]})
    azure.grant("keys", OFFICER, scope=azure.vault_id("kv-checkout"))
    assert room.told(company()) == [("deliver", "")]
    assert room.told(NOBODY) == [("disable", "withdrawn")]
    assert room.told(company()) == [("enable", "in force again")]


_PART = st.from_regex(r"[a-z0-9]{1,3}([-._][a-z0-9]{1,3}){0,2}", fullmatch=True)
_LONG = st.integers(30, 80).map("a".__mul__)
_WORD = st.one_of(_PART, _LONG)
_NAMES = st.tuples(_WORD, _WORD, _WORD)


@given(_NAMES, _NAMES)
def test_no_two_grants_share_a_secret(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    names = [secret_name(*each) for each in (one, other)]
    assert all(0 < len(name) <= 127 and name.replace("-", "").isalnum() and name.isascii() for name in names)
    assert (names[0] == names[1]) == (one == other)


def test_names_that_only_their_signs_tell_apart_have_secrets_of_their_own() -> None:
    names = {secret_name("prod", "a", each) for each in ("b-c", "b.c", "b_c", "b-c.d", "b.c-d")}
    assert len(names) == 5
    assert secret_name("prod", "a", "b-c") == "prod--a--b-c"


def test_the_plan_says_where_a_key_will_be_or_how_it_is_read() -> None:
    room = Strongroom()
    room.cloud.seed({"apis/orders": {"displayName": "orders", "path": "orders"}})
    told = [line.text for line in tell(room.cloud.plan(company())).keys]
    assert told == [f"checkout's key will be delivered to kv-checkout as {NAME}"]
    (line,) = tell(room.cloud.plan(company(**{"checkout/team.yaml": {"display_name": "Checkout"}}))).keys
    assert line.text.startswith("checkout reads the key with: az rest --method post")
