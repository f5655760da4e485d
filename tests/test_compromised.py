"""`revoked: compromised`: in one apply both keys are made anew and open nothing, and no run brings them back."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from cloud import Cloud
from organisations import SERVICE, TODAY, environment, organisation

from reconciler.budget import budget
from reconciler.permissions import role
from reconciler.plan import Plan
from reconciler.report.story import tell

APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
GRANT = "checkout/grants/orders.yaml"
KEY = "subscriptions/checkout--orders"
MARK = "Compromised on 2026-11-23 by reconciler: both keys were made anew, and open nothing (keys made anew: 1)"


def grant(**more: Any) -> dict[str, Any]:
    return {"environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30", **more}


def company(**more: Any) -> dict[str, Any]:
    return organisation(**{GRANT: grant(**more)})


ASKED, REVOKED, SUSPENDED, GONE = (
    company(),
    company(revoked="compromised"),
    company(suspended=True),
    organisation(**{GRANT: None}),
)


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud().seed(APIS)
    cloud.converge(ASKED)
    return cloud


def keys(cloud: Cloud) -> tuple[str, ...]:
    return tuple(cloud.azure.secrets(SERVICE, KEY).values())


def state(cloud: Cloud) -> tuple[str, str]:
    return cloud.state()[KEY]["state"], cloud.state()[KEY].get("stateComment", "")


def posts(cloud: Cloud) -> int:
    return sum(entry.method == "POST" for entry in cloud.azure.log.entries)


def changes(plan: Plan) -> list[tuple[str, int]]:
    return [(str(change.address), change.writes) for change in plan.written.changes]


def test_both_keys_are_made_anew_and_suspended_in_one_apply_and_a_second_has_nothing_to_do(cloud: Cloud) -> None:
    before = keys(cloud)
    plan = cloud.converge(REVOKED, ASKED)
    assert changes(plan) == [("subscription checkout--orders", 3)]
    assert not {*before} & {*keys(cloud)}
    assert state(cloud) == ("suspended", MARK)
    assert cloud.plan(REVOKED, REVOKED, day=TODAY + timedelta(days=99)).written.changes == ()


def test_the_plan_says_so_in_words_and_counts_three_writes(cloud: Cloud) -> None:
    plan = cloud.plan(REVOKED, ASKED)
    told = tell(plan)
    assert [line.text for line in told.access] == [
        "checkout loses orders in prod: COMPROMISED, both keys are made anew and open nothing while the file says so"
    ]
    assert [row.detail for row in told.resources] == ["COMPROMISED: both keys are made anew, and suspended"]
    said = budget(plan.written.changes)
    assert (said.writes, said.deletes, said.reads) == (3, 0, 3)
    assert told.budget.startswith("It takes 3 writes, 3 reads")
    assert plan.fingerprint != cloud.plan(SUSPENDED, ASKED).fingerprint


@pytest.mark.parametrize("before", [SUSPENDED, GONE])
def test_a_key_that_opens_nothing_already_is_made_anew_too(cloud: Cloud, before: dict[str, Any]) -> None:
    cloud.converge(before, ASKED)
    old = keys(cloud)
    cloud.converge(REVOKED, before)
    assert not {*old} & {*keys(cloud)}
    assert state(cloud) == ("suspended", MARK)


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "POST", "path": "regeneratePrimaryKey", "cut": "before", "times": None},
        {"method": "POST", "path": "regeneratePrimaryKey", "cut": "after", "times": None},
        {"method": "POST", "path": "regenerateSecondaryKey", "cut": "before", "times": None},
        {"method": "POST", "path": "regenerateSecondaryKey", "cut": "after", "times": None},
        {"method": "PATCH", "path": "/subscriptions/", "cut": "before", "times": None},
        {"method": "PATCH", "path": "/subscriptions/", "cut": "after", "times": None},
    ],
    ids=lambda fault: f"{fault['path']}-{fault['cut']}",
)
def test_an_interrupted_run_is_done_again_by_the_next(cloud: Cloud, fault: dict[str, Any]) -> None:
    old = keys(cloud)
    plan = cloud.plan(REVOKED, ASKED)
    cloud.azure.fault(**fault)
    cloud.apply(plan)
    cloud.azure.faults.clear()
    cloud.converge(REVOKED, ASKED)
    assert not {*old} & {*keys(cloud)}
    assert state(cloud) == ("suspended", MARK)


def test_when_the_line_goes_it_comes_back_with_its_new_keys(cloud: Cloud) -> None:
    old = keys(cloud)
    cloud.converge(REVOKED, ASKED)
    new = keys(cloud)
    plan = cloud.plan(ASKED, REVOKED)
    (line,) = tell(plan).keys
    assert line.text.startswith("checkout reads the key with: az rest --method post")
    assert changes(cloud.converge(ASKED, REVOKED)) == [("subscription checkout--orders", 1)]
    assert keys(cloud) == new
    assert not {*old} & {*new}
    assert state(cloud) == ("active", "(keys made anew: 1)")
    assert cloud.plan(ASKED, ASKED).written.changes == ()


def test_what_comes_after_it_keeps_in_mind_that_keys_were_made_anew(cloud: Cloud) -> None:
    """However often: a vault that slept through all of it must not enable a dead key."""
    cloud.converge(REVOKED, ASKED)
    cloud.converge(ASKED, REVOKED)
    cloud.converge(GONE, ASKED)
    assert state(cloud)[1].endswith("deleted after a grace (keys made anew: 1)")
    assert cloud.plan(GONE, GONE, day=TODAY + timedelta(days=5)).written.changes == ()
    cloud.converge(ASKED, GONE)
    assert state(cloud) == ("active", "(keys made anew: 1)")
    cloud.converge(REVOKED, ASKED)
    assert state(cloud) == ("suspended", MARK.replace("anew: 1", "anew: 2"))


def test_neither_its_end_nor_its_withdrawal_brings_it_back(cloud: Cloud) -> None:
    cloud.converge(REVOKED, ASKED)
    cloud.converge(REVOKED, REVOKED, day=date(2027, 7, 1))
    assert state(cloud)[0] == "suspended"
    cloud.converge(GONE, REVOKED, day=date(2027, 7, 2))
    assert state(cloud)[0] == "suspended"
    cloud.converge(GONE, GONE, day=date(2027, 8, 2))
    assert KEY not in cloud.state()


def test_another_hand_that_opens_it_is_undone(cloud: Cloud) -> None:
    cloud.converge(REVOKED, ASKED)
    cloud.seed({KEY: {**cloud.state()[KEY], "state": "active"}})
    assert changes(cloud.converge(REVOKED, REVOKED)) == [("subscription checkout--orders", 1)]
    assert state(cloud) == ("suspended", MARK)


def test_observe_only_shows_it(cloud: Cloud) -> None:
    watched = {**REVOKED, "environments.yaml": {"prod": environment(mode="observe")}}
    old, writes = keys(cloud), cloud.writes()
    assert cloud.converge(watched, ASKED).written.changes == ()
    assert (keys(cloud), cloud.writes()) == (old, writes)


def test_the_role_for_applying_may_make_keys_anew_and_read_none(cloud: Cloud) -> None:
    actions = role("apply", [SERVICE], marks=[])["Actions"]
    of_keys = {each.rpartition("subscriptions/")[2] for each in actions if each.endswith("/action")}
    assert of_keys == {"regeneratePrimaryKey/action", "regenerateSecondaryKey/action"}
    cloud.azure.grant("applies", {"actions": actions})
    plan = cloud.plan(REVOKED, ASKED, client="applies")
    assert [each.result for each in cloud.apply(plan, client="applies")] == ["done"]


CLIENT = "1a2b0000-0000-0000-0000-000000000000"
TOKENS = {
    "manage": "product",
    "display_name": "Orders",
    "environments": ["prod"],
    "apis": ["orders"],
    "credentials": "key and token",
    "oauth": {"audience": "api://orders"},
}


def test_its_clients_are_let_in_no_more(cloud: Cloud) -> None:
    both = {"commerce/products/orders.yaml": TOKENS}
    asked, revoked = ({**company(clients=[CLIENT], **more), **both} for more in ({}, {"revoked": "compromised"}))
    cloud.apply(cloud.plan(asked, ASKED))
    assert CLIENT in json.dumps(cloud.state())
    cloud.apply(cloud.plan(revoked, asked))
    assert CLIENT not in json.dumps(cloud.state())
    assert state(cloud) == ("suspended", MARK)
