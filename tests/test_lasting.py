"""Access whose owner misses a review is kept, warned of, or over, as the guardrail says; and all verbs say the same."""

from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from cloud import Cloud
from gateway_truth.company import Step
from gateway_truth.oracle import Call
from gateway_truth.table import Stage
from organisations import TODAY, declared, files, organisation
from test_drift import drifted

from reconciler.access import access
from reconciler.approvals import asks_for_more, needed, nobody_asks
from reconciler.backstage.estate import Estate
from reconciler.backstage.granted import granted
from reconciler.check import check, ended
from reconciler.compile import as_of
from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations
from reconciler.ends import ended as over
from reconciler.ends import ending
from reconciler.load import load
from reconciler.questions import Sides, who_can
from reconciler.renewing import renewals
from reconciler.report.story import tell
from reconciler.scoreboard import scores

OPENED, DUE = TODAY, TODAY + timedelta(days=30)
LATER = DUE + timedelta(days=1)
GRANT, ORDERS = "checkout/grants/orders.yaml", "commerce/products/orders.yaml"
CAMPAIGN = {"opened": str(OPENED), "due": str(DUE), "grants": {"commerce": ["checkout/orders"]}}
BEFORE = organisation(**{"guardrails.yaml": {"missed_review": "revoke", "platform_team": "commerce"}})
APIS = {f"apis/{api}": {"displayName": api, "path": api, "subscriptionRequired": True} for api in ("orders", "refunds")}


def company(missed: str = "revoke", reviewed: date | None = None, **more: Any) -> dict[str, Any]:
    answer = {"reviewed": {"by": "commerce", "on": str(reviewed)}} if reviewed else {}
    return {
        **BEFORE,
        "guardrails.yaml": {"missed_review": missed, "platform_team": "commerce"},
        GRANT: {**BEFORE[GRANT], **answer},
        "reviews.yaml": CAMPAIGN,
        **more,
    }


def loaded(contents: dict[str, Any]) -> Declarations:
    return load(files(contents)).declarations


CASES = [
    (missed, of_product, reviewed, day)
    for missed, of_product, reviewed, day in product(
        ("keep", "warn", "revoke"),
        (None, "keep", "revoke"),
        (None, OPENED - timedelta(days=1), OPENED, LATER),
        (OPENED, DUE, LATER),
    )
]


@pytest.mark.parametrize(("missed", "of_product", "reviewed", "day"), CASES, ids=str)
def test_every_verb_agrees_whether_it_is_in_force(
    missed: str, of_product: str | None, reviewed: date | None, day: date
) -> None:
    says = {"missed_review": of_product} if of_product else {}
    contents = company(missed, reviewed, **{ORDERS: {**BEFORE[ORDERS], **says}})
    it = loaded(contents)
    is_over = (of_product or missed) == "revoke" and day > DUE and (reviewed is None or reviewed < OPENED)
    assert {each.who for each in access(meaning(it, "prod", day=day).state)} == (set() if is_over else {"checkout"})
    assert len(who_can(Sides(*as_of(it, "prod", day)).answers(), {"orders"})) == (not is_over)
    assert [each.grant.name for each in over(it, day)] == ["orders"] * is_over
    assert len(ended(load(files(contents)), files(contents), day)) == is_over
    assert scores(it, ["prod"], day)[-1].expired == is_over
    assert bool(granted(it, day)) == (not is_over)
    assert len(Estate(it, "prod", day=day).uses) == (not is_over)
    warned = [each for each in check(load(files(contents)), files(contents), day) if each.level == "warning"]
    unanswered = day > DUE and (reviewed is None or reviewed < OPENED)
    assert [each.message for each in warned] == [f"nobody reviewed it by {DUE} (prod)"] * (
        (of_product or missed) == "warn" and unanswered
    )


def test_what_no_campaign_asks_about_lasts_as_it_says() -> None:
    others = company(**{"reviews.yaml": {**CAMPAIGN, "grants": {"commerce": ["shop/orders"]}}})
    none = {**company(), "reviews.yaml": None}
    for contents in (others, {path: value for path, value in none.items() if value is not None}):
        assert list(over(loaded(contents), LATER)) == []
    renamed = company(**{GRANT: None, "checkout/grants/ours.yaml": {**BEFORE[GRANT], "product": "orders"}})
    renamed = {path: value for path, value in renamed.items() if value is not None}
    assert list(over(loaded(renamed), LATER)) == []
    renamed["checkout/grants/ours.yaml"]["formerly"] = "orders"
    assert [each.day for each in over(loaded(renamed), LATER)] == [DUE]


def test_an_earlier_end_of_its_own_stays_the_end() -> None:
    soon = company(**{GRANT: {**BEFORE[GRANT], "expires": str(OPENED)}})
    assert [each.day for each in over(loaded(soon), LATER)] == [OPENED]
    assert not next(iter(access(meaning(loaded(soon), "prod", day=OPENED).state))).unreviewed


def test_the_plan_warns_before_and_says_why_after_and_the_gateway_obeys() -> None:
    stage = Stage().begin(APIS)
    stage.go(Step(TODAY, BEFORE))
    stage.cloud.converge(company(), BEFORE)
    called = (Call("orders", header=("checkout--orders", 1, 0)),)
    assert [each.status for (each,) in stage.ask([called])] == [200]
    notes = [each.text for each in tell(stage.cloud.plan(company(), company(), day=DUE)).notes]
    assert f"checkout's key for orders ends on {DUE}, today, unless it is reviewed" in notes
    plan = stage.cloud.converge(company(), company(), day=LATER)
    (line,) = tell(plan).access
    assert line.text.startswith("checkout loses orders in prod: key suspended")
    assert line.text.endswith(f"; nobody reviewed it by {DUE}")
    assert [row.detail for row in tell(plan).resources] == [f"suspended: nobody reviewed it by {DUE}"]
    assert [each.status for (each,) in stage.ask([called])] == [401]
    assert drifted(stage.cloud, loaded(company()), day=LATER).differences == ()
    late = company(reviewed=LATER)
    plan = stage.cloud.converge(late, company(), day=LATER)
    assert [each.text.partition(":")[0] for each in tell(plan).access] == ["checkout gains orders in prod"]
    assert [each.status for (each,) in stage.ask([called])] == [200]
    assert stage.cloud.plan(late, late, day=LATER).written.changes == ()


def test_observed_it_is_still_in_force_and_the_plan_says_so() -> None:
    cloud = Cloud().seed(APIS)
    cloud.converge(BEFORE)
    observed = {"environments.yaml": {"prod": {**BEFORE["environments.yaml"]["prod"], "mode": "observe"}}}
    plan = cloud.plan(company(**observed), company(**observed), day=LATER)
    (line,) = tell(plan).observed_access
    assert "nobody reviewed it by" in line.text
    assert "STILL IN FORCE" in line.text
    assert plan.written.changes == ()


def test_what_a_missed_review_has_ended_is_proposed_to_go_and_never_to_go_on() -> None:
    soon = company(**{GRANT: {**BEFORE[GRANT], "expires": str(LATER + timedelta(days=5))}})
    assert [each.day for each in ending(loaded(soon), DUE)] == [LATER + timedelta(days=5)]
    assert list(ending(loaded(soon), LATER)) == []
    (found,) = renewals(files(soon), LATER)
    assert dict(found.files) == {GRANT: None}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({GRANT: {**BEFORE[GRANT], "reviewed": {"by": "commerce", "on": "2027-01-01"}}}, "2027-01-01 is yet to come"),
        ({"reviews.yaml": {**CAMPAIGN, "due": "2026-01-01"}}, "before it is opened"),
        ({"reviews.yaml": {**CAMPAIGN, "grants": {"commerce": ["orders"]}}}, "does not have the form it needs"),
        ({GRANT: {**BEFORE[GRANT], "reviewed": {"by": "commerce"}}}, "`on` is missing"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(more: dict[str, Any], message: str) -> None:
    contents = files(company(**more))
    problems = [*load(contents).problems, *check(load(contents), contents, TODAY)]
    assert [message in each.message for each in problems] == [True]


def judged(**more: Any) -> set[tuple[tuple[str, ...], str]]:
    """Say who approves what becomes of the company while its campaign runs."""
    head = {path: value for path, value in {**company(), **more}.items() if value is not None}
    return {(need.teams, need.why) for need in needed(declared(company()), declared(head, LATER), day=TODAY)}


ANSWER = {"reviewed": {"by": "commerce", "on": str(OPENED)}}
REVIEWED = (("commerce",), "checkout's access to orders is reviewed")


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (ANSWER, REVIEWED),
        ({**ANSWER, "expires": "2027-01-31"}, REVIEWED),
        ({**ANSWER, "in": {"prod": {"expires": "2027-01-31"}}}, REVIEWED),
        ({**ANSWER, "expires": "2027-07-31"}, (("commerce",), "checkout asks for something else of orders")),
        ({**ANSWER, "reason": "else"}, (("commerce",), "checkout asks for something else of orders")),
        ({**ANSWER, "portal": True}, (("commerce",), "checkout asks for something else of orders")),
    ],
)
def test_an_answer_is_the_owners_and_a_robot_may_bring_it(
    says: dict[str, Any], expected: tuple[tuple[str, ...], str]
) -> None:
    assert judged(**{GRANT: {**BEFORE[GRANT], **says}}) == {expected}
    base, head = loaded(company()), loaded(company(**{GRANT: {**BEFORE[GRANT], **says}}))
    assert bool(nobody_asks(base, head)) == (expected != REVIEWED)
    assert not asks_for_more(base, head)


def test_where_requests_are_let_through_an_answer_is_still_the_owners() -> None:
    automatic = {ORDERS: {**BEFORE[ORDERS], "approval": "automatic"}}
    base = declared(company(**automatic))
    head = declared(company(**automatic, **{GRANT: {**BEFORE[GRANT], **ANSWER}}))
    assert {need.teams for need in needed(base, head, day=TODAY)} == {("commerce",)}
    more = declared(company(**automatic, **{GRANT: {**BEFORE[GRANT], **ANSWER, "portal": True}}))
    assert {need.teams for need in needed(base, more, day=TODAY)} == {("commerce",)}
    assert {need.teams for need in needed(head, base, day=TODAY)} == {("commerce",)}


def test_the_platform_team_opens_a_campaign() -> None:
    assert judged(**{"reviews.yaml": {**CAMPAIGN, "due": str(LATER)}}) == {
        (("commerce",), "which access is reviewed, and by when, changes")
    }
