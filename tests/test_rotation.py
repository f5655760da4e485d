"""Keys rotate in two slots by what tags say: whoever follows the vault never meets a dead key, wherever it stops."""

import asyncio
import json
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from organisations import SERVICE, environment
from rotated import ORDERS, VAULT, Killed, Wheel, product, rotating_company
from vaulted import GRANT, KEY, NAME, grant

from reconciler.delivery import turns_told
from reconciler.delivery.turns import Ask
from reconciler.permissions import role
from reconciler.rotation import Given, Next, Rule, next_move
from reconciler.withheld import withheld

T = datetime(2026, 1, 10, 15, 30, tzinfo=UTC)
WHERE = f"kv-checkout as {NAME}"
DUE = datetime(2026, 4, 10, tzinfo=UTC)
RULE = Rule(90, 7)
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
MOVES: list[tuple[Given, Rule, datetime, bool, Next]] = [
    (Given("primary", T), RULE, T, False, Next("rest", DUE)),
    (Given("primary", T), RULE, DUE - SECOND, False, Next("rest", DUE)),
    (Given("primary", T), RULE, DUE, False, Next("renew", DUE)),
    (Given("secondary", T), RULE, DUE + WEEK, False, Next("renew", DUE)),
    (Given("primary", T), Rule(None, 7), DUE, False, Next("rest", None)),
    (Given("primary", T, T + WEEK), RULE, T + WEEK - SECOND, False, Next("wait", T + WEEK)),
    (Given("primary", T, T + WEEK), RULE, T + WEEK, False, Next("end", T + WEEK)),
    (Given("primary", T, T + WEEK), RULE, DUE + WEEK, False, Next("end", T + WEEK)),
    (Given("primary", T, T + WEEK), Rule(None, 7), T + WEEK, False, Next("end", T + WEEK)),
    (Given("primary", T), Rule(None, 7), T + SECOND, True, Next("renew", T + SECOND)),
    (Given("primary", T, T + WEEK), RULE, T + SECOND, True, Next("renew", T + SECOND)),
    (Given("primary", T, T), RULE, T + SECOND, True, Next("end", T)),
    (Given("primary", T, T), RULE, T + SECOND, False, Next("end", T)),
]


@pytest.mark.parametrize(("given", "rule", "now", "at_once", "expected"), MOVES)
def test_the_next_move(given: Given, rule: Rule, now: datetime, at_once: bool, expected: Next) -> None:  # noqa: FBT001
    assert next_move(given, rule, now, at_once=at_once) == expected


@pytest.fixture
def wheel() -> Wheel:
    wheel = Wheel()
    assert wheel.deliver() == [("deliver", "")]
    return wheel


def test_a_key_goes_on_beside_the_new_one_for_the_overlap_and_then_ends(wheel: Wheel) -> None:
    first, unused = wheel.keys()
    assert wheel.later(89).moves() == ["rest"]
    before = wheel.spent()
    assert wheel.later(1).moves() == ["renew"]
    assert wheel.spent() - before == {"regenerateSecondaryKey": 1, "listSecrets": 1, "vault PUT": 1}
    second = wheel.held()
    assert wheel.keys() == (first, second)
    assert [wheel.answered(key) for key in (first, second, unused)] == [200, 200, 401]
    tags = wheel.tags()
    assert (tags["slot"], tags["key-set"]) == ("secondary", "2027-02-21T02:17:00+00:00")
    assert tags["old-key-ends"] == "2027-02-28T02:17:00+00:00"
    assert wheel.moves() == ["wait"]
    assert wheel.later(6.9).moves() == ["wait"]
    before = wheel.spent()
    assert wheel.later(0.1).moves() == ["end"]
    assert wheel.spent() - before == {"regeneratePrimaryKey": 1, "vault PATCH": 1}
    assert [wheel.answered(key) for key in (first, second)] == [401, 200]
    tags = wheel.tags()
    assert (tags["slot"], tags["key-set"]) == ("secondary", "2027-02-21T02:17:00+00:00")
    assert tags["old-key-ended"] == "2027-02-28T02:17:00+00:00"
    assert "old-key-ends" not in tags
    assert wheel.moves() == ["rest"]
    assert wheel.later(83).moves() == ["renew"]
    assert wheel.tags()["slot"] == "primary"
    assert wheel.spent() - before == {
        "regeneratePrimaryKey": 2,
        "listSecrets": 1,
        "vault PUT": 1,
        "vault PATCH": 1,
    }


@pytest.mark.story
def test_a_caller_who_looks_into_the_vault_every_six_days_is_never_refused_and_no_key_grows_old(wheel: Wheel) -> None:
    """Two years of daily runs."""
    endless = {"guardrails.yaml": {"max_duration": "unlimited"}, GRANT: grant(expires=None)}
    wheel.contents = rotating_company(**endless)
    seen: dict[str, datetime] = {}
    held = wheel.held()
    for number in range(730):
        wheel.later(1).moves()
        wheel.deliver()
        if number % 6 == 0:
            held = wheel.held()
        seen.setdefault(held, wheel.now)
        assert wheel.answered(held) == 200
        alive = [key for key in seen if wheel.answered(key) == 200]
        assert len(alive) <= 2
        assert all(wheel.now - seen[key] <= timedelta(days=90 + 7 + 1) for key in alive)
    assert len(seen) == 9


def journey(wheel: Wheel) -> list[list[str]]:
    return [wheel.later(90).moves(), wheel.later(7).moves(), wheel.moves()]


BOUNDARIES = {"renew": 5, "end": 4}  # lists of subscriptions and secrets, and then what the move asks


@pytest.mark.parametrize("effect", ["before", "after"])
@pytest.mark.parametrize(
    ("move", "number"), [(move, number + 1) for move, numbers in BOUNDARIES.items() for number in range(numbers)]
)
def test_killed_at_any_request_the_next_run_goes_on_and_the_vault_never_holds_a_dead_key(
    wheel: Wheel, move: str, number: int, effect: str
) -> None:
    """The caller polls the vault and calls at each boundary, also while nobody works."""
    polled: list[int] = []

    async def follow() -> None:
        polled.append(await wheel.call(wheel.held()))

    wheel.door.watch = follow
    wheel.later(90)
    if move == "end":
        wheel.moves()
        wheel.later(7)
    wheel.door.kill_at = (wheel.door.passed + number, effect)
    with pytest.raises(Killed):
        wheel.rotate()
    assert wheel.answered(wheel.held()) == 200
    wheel.door.kill_at = None
    again = wheel.moves()
    was_done = (number, effect) == (BOUNDARIES[move], "after")
    assert again == (["wait" if move == "renew" else "rest"] if was_done else [move])
    if move == "renew":
        wheel.later(7)
        assert wheel.moves() == ["end"]
    assert wheel.moves() == ["rest"]
    assert set(polled) == {200}
    assert wheel.keys()[1] == wheel.held()
    assert wheel.tags()["slot"] == "secondary"


def test_the_boundaries_above_are_all_there_are(wheel: Wheel) -> None:
    numbers = {}
    for days, move in ((90, "renew"), (7, "end")):
        before = wheel.later(days).door.passed
        assert wheel.moves() == [move]
        numbers[move] = wheel.door.passed - before
    assert numbers == BOUNDARIES


FAULTS = [
    {"method": "POST", "path": "/regenerate", "status": 500, "times": None},
    {"method": "POST", "path": "/regenerate", "cut": "after", "times": None},
    {"method": "POST", "path": "/listSecrets", "truncate": 60, "times": None},
    {"method": "PUT", "path": "/secrets/", "status": 403, "times": None},
    {"method": "PUT", "path": "/secrets/", "cut": "after", "times": None},
]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_fails_is_said_and_done_by_the_next_run(wheel: Wheel, fault: dict[str, Any]) -> None:
    azure = wheel.later(90).room.cloud.azure
    azure.fault(**fault)
    seen, done = wheel.rotate()
    assert [each.result for each in done] == ["failed"]
    told = [text for _, text in turns_told.lines(seen, done, Ask(wheel.now), dry=False)]
    assert told[0].startswith("! checkout: the key of orders was not made anew: ")
    assert told[1:] == ["Nothing to rotate."]
    azure.faults.clear()
    wheel.moves()
    assert (wheel.tags()["slot"], wheel.answered(wheel.held())) == ("secondary", 200)


def test_a_moment_of_weather_is_no_failure(wheel: Wheel) -> None:
    azure = wheel.later(90).room.cloud.azure
    azure.fault(method="POST", path="/regenerate", status=503)
    azure.fault(method="POST", path="/regenerate", status=429, code="TooManyRequests", headers={"Retry-After": "0"})
    assert wheel.moves() == ["renew"]


def test_deliver_leaves_what_rotation_did_at_every_step(wheel: Wheel) -> None:
    for days in (90, 7, 83, 7):
        wheel.later(days).moves()
        before = wheel.spent()
        assert wheel.deliver() == [("leave", "")]
        assert wheel.spent() == before
        assert wheel.answered(wheel.held()) == 200


def test_a_grant_that_ends_between_and_comes_back_goes_on_where_it_was(wheel: Wheel) -> None:
    first, _ = wheel.keys()
    asked = wheel.contents
    wheel.later(90).moves()
    wheel.contents = {path: each for path, each in asked.items() if path != GRANT}
    cloud = wheel.room.cloud
    cloud.converge(wheel.contents, asked)
    assert wheel.deliver() == [("disable", "withdrawn")]
    assert wheel.later(8).moves() == []
    cloud.converge(asked, wheel.contents)
    wheel.contents = asked
    assert wheel.moves() == ["hold"]
    assert wheel.deliver() == [("enable", "in force again")]
    assert wheel.moves() == ["end"]
    assert [wheel.answered(key) for key in (first, wheel.held())] == [401, 200]


@pytest.mark.parametrize(
    ("of_product", "rules", "expected"),
    [
        ({"rotation": None}, {}, []),
        ({"rotation": None}, {"rotation": "60 days"}, ["renew"]),
        ({"rotation": "90 days"}, {"rotation": "60 days"}, ["rest"]),
        ({"rotation": "90 days", "in": {"prod": {"rotation": "30 days"}}}, {}, ["renew"]),
        ({"rotation": "90 days", "in": {"prod": {"rotation": None}}}, {"rotation": "60 days"}, ["renew"]),
    ],
)
def test_the_product_says_how_often_and_guardrails_where_it_does_not(
    wheel: Wheel, of_product: dict[str, Any], rules: dict[str, Any], expected: list[str]
) -> None:
    wheel.contents = rotating_company(**{ORDERS: product(**of_product), "guardrails.yaml": rules})
    assert wheel.later(60).moves() == expected


def test_a_key_for_an_api_is_of_no_product_and_goes_by_guardrails(wheel: Wheel) -> None:
    raw = {"checkout/grants/raw.yaml": grant(api="orders")}
    for rules, expected in (({}, ["rest"]), ({"rotation": "60 days"}, ["rest", "renew"])):
        asked = wheel.contents
        wheel.contents = rotating_company(**raw, **{"guardrails.yaml": rules})
        wheel.room.cloud.converge(wheel.contents, asked)
        wheel.deliver()
        assert wheel.later(30).moves() == expected


def test_the_first_ctrl_c_finishes_what_is_begun_and_the_next_run_does_the_rest() -> None:
    many = {f"checkout/grants/g{number}.yaml": grant(product="orders", component=f"c{number}") for number in range(20)}
    wheel = Wheel(contents=rotating_company(**many))
    wheel.deliver()
    stop = asyncio.Event()
    _, done = wheel.later(90).rotate(stop=stop, tell=lambda _: stop.set())
    results = Counter(each.result for each in done)
    assert results["failed"] == 0
    assert 1 <= results["done"] <= 8
    assert results["not tried"] == 21 - results["done"]
    assert Counter(wheel.moves()) == {"wait": results["done"], "renew": results["not tried"]}


def test_how_long_the_old_one_goes_on_is_said_by_guardrails_or_for_one_run(wheel: Wheel) -> None:
    wheel.contents = rotating_company(**{"guardrails.yaml": {"rotation_overlap": "20 days"}})
    wheel.later(90).moves()
    assert wheel.later(19).moves() == ["wait"]
    assert wheel.later(1).moves() == ["end"]
    wheel.later(70).moves(overlap=2)
    assert wheel.later(2).moves() == ["end"]


def test_a_known_key_ends_at_once_and_the_vault_never_holds_a_dead_one(wheel: Wheel) -> None:
    polled: list[int] = []

    async def follow() -> None:
        polled.append(await wheel.call(wheel.held()))

    wheel.door.watch = follow
    old, before = wheel.keys(), wheel.spent()
    assert wheel.moves(at_once=True, grant="checkout/orders") == ["renew"]
    assert wheel.spent() - before == {
        "regenerateSecondaryKey": 1,
        "regeneratePrimaryKey": 1,
        "listSecrets": 1,
        "vault PUT": 1,
        "vault PATCH": 1,
    }
    assert [wheel.answered(key) for key in (*old, wheel.held())] == [401, 401, 200]
    assert set(polled) == {200}
    assert wheel.moves() == ["rest"]


@pytest.mark.parametrize("effect", ["before", "after"])
@pytest.mark.parametrize("number", range(3, 8))
@pytest.mark.parametrize("at_once", [True, False])
def test_an_emergency_that_is_killed_goes_on_by_the_same_command_or_the_next_day(
    wheel: Wheel, number: int, effect: str, *, at_once: bool
) -> None:
    """Before its new key is in the vault nothing tells of it: then it takes the same command."""
    old = wheel.keys()
    wheel.door.kill_at = (wheel.door.passed + number, effect)
    with pytest.raises(Killed):
        wheel.rotate(at_once=True, grant="checkout/orders")
    wheel.door.kill_at = None
    delivered = number > 5 or (number, effect) == (5, "after")
    assert wheel.answered(wheel.held()) == 200
    if at_once or delivered:
        wheel.moves(at_once=at_once)
        assert [wheel.answered(key) for key in (*old, wheel.held())] == [401, 401, 200]


def test_an_emergency_in_the_overlap_ends_all_three(wheel: Wheel) -> None:
    wheel.later(90).moves()
    old = wheel.keys()
    assert wheel.moves(at_once=True, team="checkout") == ["renew"]
    assert [wheel.answered(key) for key in (*old, wheel.held())] == [401, 401, 200]
    assert wheel.tags()["slot"] == "primary"


def test_an_emergency_delivers_what_was_not_there() -> None:
    wheel = Wheel()
    assert wheel.moves() == ["hold"]
    assert wheel.moves(at_once=True, grant="checkout/orders") == ["renew"]
    assert wheel.answered(wheel.held()) == 200
    assert wheel.deliver() == [("leave", "")]


BARE = {"checkout/team.yaml": {"display_name": "Checkout"}}


def test_without_a_vault_nothing_rotates_but_a_known_key_and_its_owner_reads_it(wheel: Wheel) -> None:
    wheel.contents = rotating_company(**BARE)
    old, before = wheel.keys(), wheel.spent()
    seen, done = wheel.later(100).rotate()
    assert (done, wheel.spent()) == ((), before)
    assert [text for _, text in turns_told.lines(seen, done, Ask(wheel.now), dry=False)] == [
        "! checkout: the key of orders is not rotated: it is in no vault, so that no caller could follow",
        "Nothing to rotate.",
    ]
    ask = Ask(wheel.now, at_once=True)
    seen, done = wheel.rotate(at_once=True, team="checkout")
    assert not {*old} & {*wheel.keys()}
    assert wheel.spent() - before == {"regenerateSecondaryKey": 1, "regeneratePrimaryKey": 1}
    told = [text for _, text in turns_told.lines(seen, done, ask, dry=False)]
    assert told[0] == "+ checkout: the key of orders is made anew; neither of the old ones opens anything any more"
    assert told[1] == (
        f"! checkout reads it with: az rest --method post --url {SERVICE}/subscriptions/{KEY}/listSecrets"
        "?api-version=2024-05-01"
    )


@pytest.mark.parametrize(
    ("changed", "cut", "why"),
    [
        ({GRANT: grant(suspended=True)}, [], "suspended: it opens nothing"),
        ({GRANT: grant(revoked="compromised")}, [], "compromised: it opens nothing"),
        ({GRANT: grant(expires="2027-01-01")}, [], "ended: it opens nothing"),
        ({}, ["team checkout"], "cut off: it opens nothing"),
    ],
)
def test_what_opens_nothing_is_not_rotated(wheel: Wheel, changed: dict[str, Any], cut: list[str], why: str) -> None:
    wheel.contents = rotating_company(**changed)
    wheel.later(100)
    held, before = withheld(cut), wheel.spent()
    assert wheel.moves(withheld=held) == []
    for at_once in (False, True):
        seen, done = wheel.rotate(withheld=held, at_once=at_once, grant="checkout/orders")
        assert [(each.action, each.why) for each in seen.steps] == [("hold" if at_once else "rest", why)]
        assert done == ()
    assert wheel.spent() == before


def test_observe_makes_no_key_anew(wheel: Wheel) -> None:
    wheel.contents = rotating_company(**{"environments.yaml": {"prod": environment(mode="observe")}})
    before = wheel.spent()
    seen, done = wheel.later(90).rotate()
    assert ([(each.action, each.observed) for each in seen.steps], done) == ([("renew", True)], ())
    assert wheel.rotate(at_once=True, team="checkout")[1] == ()
    assert wheel.spent() == before
    told = [text for _, text in turns_told.lines(seen, done, Ask(wheel.now), dry=False)]
    assert told == ["· checkout: the key of orders would be made anew: only observed", "Nothing to rotate."]


def test_a_secret_of_another_hand_is_never_written(wheel: Wheel) -> None:
    kept = wheel.room.cloud.azure.vault(VAULT)
    kept.set(NAME, "theirs", tags={"managed-by": "terraform"})
    before = wheel.spent()
    for at_once in (False, True):
        seen, done = wheel.later(90).rotate(at_once=at_once)
        assert [each.action for each in seen.steps] == ["refuse"]
        assert done == ()
    assert (wheel.spent(), kept.value(NAME)) == (before, "theirs")


@pytest.mark.parametrize("tag", ["slot", "key-set", "old-key-ends"])
def test_tags_that_do_not_tell_which_key_it_is_are_said_and_an_emergency_mends_them(wheel: Wheel, tag: str) -> None:
    kept = wheel.room.cloud.azure.vault(VAULT)
    kept.update(NAME, "", tags={**wheel.tags(), tag: "soon"})
    seen, done = wheel.later(90).rotate()
    assert [(each.action, each.why) for each in seen.steps] == [
        ("hold", f"the tags of kv-checkout as {NAME} do not tell which key that is: make both anew by --now")
    ]
    assert done == ()
    assert wheel.moves(at_once=True) == ["renew"]
    assert (wheel.moves(), wheel.answered(wheel.held())) == (["rest"], 200)


def test_a_subscription_that_another_hand_suspended_is_not_rotated(wheel: Wheel) -> None:
    cloud = wheel.later(90).room.cloud
    cloud.seed({f"subscriptions/{KEY}": {**cloud.state()[f"subscriptions/{KEY}"], "state": "suspended"}})
    seen, _ = wheel.rotate()
    assert [(each.action, each.why) for each in seen.steps] == [("hold", "its subscription is not active")]


def test_a_renamed_grant_waits_until_nobody_reads_its_old_secret(wheel: Wheel) -> None:
    asked, new = wheel.contents, "checkout/grants/history.yaml"
    wheel.contents = rotating_company(**{GRANT: None, new: grant(product="orders", formerly="orders")})
    cloud = wheel.room.cloud
    cloud.converge(wheel.contents, asked)
    assert wheel.deliver() == [("deliver", "")]
    seen, done = wheel.later(90).rotate()
    why = f"callers may still read kv-checkout as {NAME}: delete `formerly:` from its file"
    assert [(each.action, each.why, done) for each in seen.steps] == [("hold", why, ())]
    old = wheel.keys()
    assert wheel.moves(at_once=True) == ["renew"]
    assert wheel.room.secrets() == {NAME: False, "prod--checkout--history": True}
    assert [wheel.answered(key) for key in (*old, wheel.held("prod--checkout--history"))] == [401, 401, 200]


def test_what_comes_within_the_next_days_is_said(wheel: Wheel) -> None:
    def told(**more: Any) -> list[str]:
        seen, done = wheel.rotate(dry=True, **more)
        ask = Ask(wheel.now, named="grant" in more)
        return [text for _, text in turns_told.lines(seen, done, ask, dry=True)]

    assert told() == ["Dry run: Nothing to rotate."]
    assert told(grant="checkout/orders") == [
        "· checkout: the key of orders will be made anew on 2027-02-21",
        "Dry run: Nothing to rotate.",
    ]
    wheel.later(83)
    assert told() == [
        "· checkout: the key of orders will be made anew on 2027-02-21",
        "Dry run: 1 key to be made anew within 7 days.",
    ]
    wheel.later(7)
    before = wheel.spent()
    assert told() == [
        f"+ checkout: the key of orders would be made anew and delivered to {WHERE}; the old one goes on for 7 days",
        "Dry run: 1 key made anew.",
    ]
    assert wheel.spent() == before
    wheel.moves()
    assert told() == [
        "· checkout: the key of orders: the old one goes on until 2027-02-28 02:17 UTC",
        "Dry run: 1 old key still beside a new one.",
    ]
    wheel.later(7)
    assert told() == [
        "- checkout: the key of orders: the old one would be made anew, and opens nothing any more",
        "Dry run: 1 old key ended.",
    ]


def test_no_key_is_in_anything_that_is_told(wheel: Wheel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    keys = [*wheel.keys()]
    texts = []
    for at_once in (False, True):
        seen, done = wheel.later(90).rotate(at_once=at_once)
        keys += wheel.keys()
        texts += [text for _, text in turns_told.lines(seen, done, Ask(wheel.now), dry=False)]
        texts += [json.dumps(turns_told.record("prod", seen, done)), repr(seen), repr(done)]
    assert "listSecrets" in caplog.text
    assert not [key for key in keys for text in (*texts, caplog.text) if key in text]


def test_the_record_names_what_azure_calls_each_write(wheel: Wheel) -> None:
    seen, done = wheel.later(90).rotate()
    (row,) = turns_told.record("prod", seen, done)["keys"]
    assert (row["action"], row["makes_anew"], row["result"]) == ("renew", ["secondary"], "done")
    assert len(row["requests"]) == 1
    assert row["requests"][0]


def test_its_role_suffices(wheel: Wheel) -> None:
    azure = wheel.room.cloud.azure
    azure.grant("keys", {"actions": role("keys", [SERVICE], marks=[])["Actions"]})
    azure.grant("keys", "Key Vault Secrets Officer", scope=azure.vault_id(VAULT))
    assert journey(wheel) == [["renew"], ["end"], ["rest"]]
    assert wheel.moves(at_once=True) == ["renew"]
