"""Each team is told what it should look at, in one issue: nothing of it is another team's, and the words are inert."""

import json
from datetime import timedelta
from typing import Any

import pytest
from organisations import TODAY, declared, environment, organisation

from reconciler.reminding import Reminder, Told, reminders, told, unseen
from reconciler.report.markdown import LIMIT, inert

SOON, OVER = (str(TODAY + timedelta(days=each)) for each in (10, -1))
GRANT = {"environments": ["prod"], "key": True, "reason": "Show the order history"}
PLATFORM = {
    "guardrails.yaml": {"platform_team": "platform"},
    "platform/team.yaml": {"display_name": "Platform"},
}


def told_of(**more: Any) -> Told:
    drift, plan, left_out = (more.get(name) for name in ("drift", "plan", "left_out"))
    return told(
        [json.dumps({"drift": [{"environment": "prod", "differences": drift, "more": 1}]})] * (drift is not None),
        [json.dumps({"plans": [{"environment": "prod", "observed": {"lost": plan}}]})] * (plan is not None),
        [json.dumps({"left_out": left_out})] * (left_out is not None),
    )


def all_of(given: Told | None = None, **more: Any) -> tuple[dict[str, Reminder], int]:
    company = declared(organisation(**{**PLATFORM, **more}))
    made, nobodys = reminders(company, TODAY, given or Told())
    return {each.team: each for each in made}, nobodys


def rows(reminder: Reminder) -> list[str]:
    return [line for line in reminder.body.splitlines() if line.startswith("| ") and not line.startswith("| ---")][1:]


def difference(kind: str, *name: str, product: str | None = None) -> dict[str, Any]:
    who = {"who": "mallory@contoso.example", "when": "2026-11-20T10:11:12+00:00"}
    return {"kind": kind, "name": name, "product": product, "did": "added", "cause": "portal click", "writes": 1, **who}


def test_with_nothing_to_look_at_nobody_is_told_anything() -> None:
    assert all_of() == ({}, 0)


def test_who_uses_something_is_told_when_it_ends() -> None:
    grants = {
        "checkout/grants/orders.yaml": {**GRANT, "expires": SOON},
        "checkout/grants/refunds.yaml": {**GRANT, "expires": OVER, "product": "orders", "component": "web"},
        "commerce/grants/orders.yaml": {**GRANT, "expires": "2027-06-30"},
    }
    made, nobodys = all_of(**grants)
    assert [*made] == ["checkout"]
    assert nobodys == 0
    issue = made["checkout"]
    assert issue.title == "Access: what checkout should look at"
    assert issue.body.startswith("<!-- reconciler: checkout -->\n### Your access that ends soon\n\n")
    assert (
        f"| orders | prod | {SOON} | commerce | Show the order history | checkout\\/grants\\/orders\\.yaml |"
        in issue.body
    )
    assert "### Your access that has ended" in issue.body
    assert f"| orders | prod | {OVER} | commerce |" in issue.body


def test_the_words_do_not_change_from_day_to_day() -> None:
    company = declared(organisation(**{"checkout/grants/orders.yaml": {**GRANT, "expires": SOON}}))
    days = [reminders(company, TODAY + timedelta(days=number), Told()) for number in range(11)]
    assert all(day == days[0] for day in days)
    assert reminders(company, TODAY + timedelta(days=11), Told()) != days[0]


@pytest.mark.parametrize(
    ("found", "team"),
    [
        (difference("product", "orders", product="orders"), "commerce"),
        (difference("product-group", "orders", "developers", product="orders"), "commerce"),
        (difference("subscription", "checkout--orders", product="orders"), "commerce"),
        (difference("subscription", "unknown", product="foreign"), "platform"),
        (difference("subscription", "unknown"), "platform"),
        (difference("api-tag", "refunds", "owner-commerce"), "commerce"),
        (difference("api-contact", "foreign"), "platform"),
        (difference("fragment", "cors"), "checkout"),
        (difference("group", "checkout"), "checkout"),
        (difference("group", "foreign"), "platform"),
    ],
)
def test_what_another_hand_changed_is_told_to_its_owner(found: dict[str, Any], team: str) -> None:
    more = {
        "checkout/fragments/cors.xml": "<fragment />",
        "checkout/grants/orders.yaml": {**GRANT, "portal": True, "expires": "2027-06-30"},
    }
    made, _ = all_of(told_of(drift=[found]), **more)
    assert [*made] == [team]
    (row,) = rows(made[team])
    said = f"| prod | added | portal click | {inert('mallory@contoso.example')} | {inert('2026-11-20 10:11')} |"
    assert row.endswith(said)


def test_an_id_that_entra_does_not_know_is_told_to_its_team_until_entra_says_otherwise() -> None:
    text = "Entra knows no group 5f0c in tenant 7c9e: nobody would be in it"
    unknown = {"team": "checkout", "path": "checkout/team.yaml", "text": text, "way_out": "az ad group list"}
    of_prod = {"environment": "prod", "differences": [], "entra": {"findings": [unknown], "more": 1}}
    given = told([json.dumps({"drift": [of_prod]})], [], [])
    made, _ = all_of(given)
    assert [*made] == ["checkout"]
    (row,) = rows(made["checkout"])
    assert row == f"| {inert(text)} | prod | {inert('checkout/team.yaml')} | az ad group list |"
    company = declared(organisation())
    assert unseen(company, given) == ()
    silent = {**of_prod, "entra": {"findings": [], "unreached": True}}
    assert unseen(company, told([json.dumps({"drift": [silent]})], [], [])) == ("prod",)


def test_what_is_only_observed_is_told_to_its_owner() -> None:
    lost = [
        {"who": "checkout", "product": "orders", "api": None, "how": "key", "tier": None, "until": OVER},
        {"who": "checkout", "product": None, "api": "refunds", "how": "key", "until": None},
        {"who": "subscription x", "product": None, "api": "*", "how": "key"},
    ]
    made, _ = all_of(told_of(plan=lost))
    assert sorted(made) == ["commerce", "platform"]
    assert rows(made["commerce"]) == [
        f"| checkout | orders | key | prod | {OVER} |",
        "| checkout | API refunds | key | prod | withdrawn |",
    ]


def test_what_reached_the_branch_without_approval_is_told_to_the_platform_team() -> None:
    left = {"commit": "0123456789abcdef", "why": "olga never approved", "paths": ["access/a.yaml", "access/b.yaml"]}
    made, _ = all_of(told_of(left_out=[left]))
    assert [*made] == ["platform"]
    files = "access\\/a\\.yaml, access\\/b\\.yaml"
    assert rows(made["platform"]) == [f"| 0123456789ab | none |  | olga never approved | {files} |"]


def test_what_was_left_out_in_two_environments_is_told_once() -> None:
    left = {"commit": "0123456789abcdef", "pull_request": 7, "why": ["olga", "otto"], "paths": []}
    records = [json.dumps({"environment": name, "left_out": [left], "merges": []}) for name in ("dev", "prod")]
    made, _ = all_of(told([], [], records))
    assert rows(made["platform"]) == ["| 0123456789ab | 7 | dev, prod | olga; otto |  |"]


def test_an_environment_that_nobody_looked_at_is_named() -> None:
    two = {"dev": environment(variables={"letter": "d"}), "prod": environment()}
    company = declared(
        organisation(**{"environments.yaml": two, "checkout/grants/orders.yaml": {**GRANT, "expires": SOON}})
    )
    one = told_of(drift=[])
    assert unseen(company, one) == ("dev",)
    assert unseen(company, Told()) == ()
    made, _ = reminders(company, TODAY, one)
    assert made[0].body.endswith("Not looked at today: dev.")


def test_what_is_nobodys_is_counted_where_there_is_no_platform_team() -> None:
    found = [difference("group", "foreign"), difference("product", "orders", product="orders")]
    nobody = dict.fromkeys(PLATFORM)
    made, nobodys = all_of(told_of(drift=found), **nobody)
    assert ([*made], nobodys) == (["commerce"], 1)


def test_whatever_was_written_is_shown_and_nothing_else() -> None:
    evil = "@contoso/all | <!-- reconciler: platform --> [a](http://b)"
    made, _ = all_of(
        told_of(drift=[{**difference("group", evil), "who": evil}]),
        **{"checkout/grants/orders.yaml": {**GRANT, "reason": evil, "expires": SOON}},
    )
    for issue in made.values():
        assert "@contoso" not in issue.body
        assert "](" not in issue.body
        assert issue.body.count("<!--") == 1


def test_the_words_fit_whatever_there_is_to_say() -> None:
    found = [difference("subscription", f"s{index}" + "|" * 200, product="orders") for index in range(500)]
    made, _ = all_of(told_of(drift=found))
    assert len(made["commerce"].body) <= LIMIT
    assert "more are left out here" in made["commerce"].body


def test_the_owner_reviews_an_emergency_that_nobody_renews() -> None:
    made, _ = all_of(**{"checkout/grants/orders.yaml": {**GRANT, "emergency": True, "expires": str(TODAY)}})
    assert [*made] == ["commerce"]
    row = f"| checkout | orders | prod | {TODAY} | Show the order history | checkout\\/grants\\/orders\\.yaml |"
    assert rows(made["commerce"]) == [row]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"drift": [{"differences": 1}]}', '{"plans": []}'])
def test_another_document_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="not what `drift --format json` prints"):
        told([text], [], [])


def test_an_environment_that_is_declared_no_more_is_the_platform_teams() -> None:
    company = declared(organisation(**{**PLATFORM, "environments.yaml": {"prod": environment()}}))
    gone = (
        told_of(drift=[difference("product", "orders", product="orders")])
        .drift[0]
        .model_copy(update={"environment": "test"})
    )
    made, _ = reminders(company, TODAY, Told(drift=(gone,)))
    assert [each.team for each in made] == ["platform"]
