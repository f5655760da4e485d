"""What is merged and approved is applied, from the commit that the service remembers; what is not is left out."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from cloud import Cloud
from office import FIRST, GRANT, KEY, ORDERS, PEOPLE, Office, files, grant
from on_github import github
from organisations import SERVICE, environment, organisation

from reconciler.converge import telling
from reconciler.converge.start import NotRemembered
from reconciler.memory import NAME, Applied

pytestmark = pytest.mark.story
RECORD = f"namedValues/{NAME}"
REFUNDS = {"environments": ["prod"], "manage": "product", "apis": ["refunds"], "display_name": "Refunds"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with github({name: text for name, text in files(FIRST).items() if text}) as site:
        yield Office(site, tmp_path / "clone").begin()


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_an_approved_merge_is_applied_and_remembered(office: Office, method: str) -> None:
    number = office.ask(**{GRANT: grant()})
    tip = office.merge(number, method=method)
    assert office.results() == [(f"#{number}", "applied")]
    assert office.cloud.state()[KEY]["state"] == "active"
    assert office.commit() == tip
    writes = office.cloud.writes()
    assert office.results() == []
    assert office.cloud.writes() == writes


def test_a_rebased_pull_request_of_several_commits_is_one_merge(office: Office) -> None:
    number = office.ask(**{GRANT: grant(portal=True)})
    office.site.push("ask-1", files({GRANT: grant()}), by="chris", message="No portal")
    tip = office.merge(number, method="rebase")
    assert office.results() == [(f"#{number}", "applied")]
    assert office.commit() == tip


def test_a_merge_without_approval_is_left_out_and_applied_once_somebody_approves(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.merge(number, approved_by=None)
    before = office.commit()
    left = office.converge()
    assert [each.result for each in left.done] == ["not approved"]
    assert left.done[0].why == ("commerce has not approved it: checkout asks for orders",)
    assert (KEY in office.cloud.state(), office.commit()) == (False, before)
    office.site.review(number, "olga")
    assert office.results() == [(f"#{number}", "applied")]
    assert KEY in office.cloud.state()


def test_an_admins_push(office: Office) -> None:
    """It is named and never applied, by the daily run either; others' merges go on."""
    pushed = office.site.admin_push("main", files({GRANT: grant()}), by="pat")
    number = office.ask("olga", **{ORDERS: {**FIRST[ORDERS], "description": "Place orders"}})
    office.merge(number, approved_by="lee")
    office.site.review(number, "chris")
    left = office.converge(full=True)
    assert [each.result for each in left.done] == ["not approved", "not approved", "applied"]
    assert f"{pushed[:12]} came by no pull request" in left.done[0].why
    assert KEY not in office.cloud.state()


def test_one_unapproved_push_stops_nobody_else(office: Office) -> None:
    office.site.admin_push("main", files({GRANT: grant()}), by="pat")
    number = office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "description": "Place orders"}})
    tip = office.merge(number)
    assert [result for _, result in office.results(full=True)] == ["not approved", "applied", "applied"]
    remembered = office.recall().applied
    assert remembered
    assert remembered.also == (tip,)
    assert office.cloud.state()["products/orders"]["description"] == "Place orders"
    assert KEY not in office.cloud.state()
    assert [result for _, result in office.results()] == ["not approved"]
    taken_back = office.ask("pat", **{GRANT: None})
    tip = office.merge(taken_back)
    office.converge()
    assert (office.commit(), office.recall().applied.also) == (tip, ())  # type: ignore[union-attr]
    assert office.results() == []


def test_what_is_built_on_an_unapproved_push_waits_with_it(office: Office) -> None:
    office.site.admin_push("main", files({GRANT: grant()}), by="pat")
    number = office.ask(**{GRANT: grant(expires="2027-05-31")})
    office.merge(number)
    assert [result for _, result in office.results()] == ["not approved", "built on others"]
    assert KEY not in office.cloud.state()


def test_owners_that_came_without_approval_do_not_judge(office: Office) -> None:
    """An admin makes mallory the owner of orders, and mallory approves."""
    team = {"display_name": "Commerce", "reviewers": ["mallory"]}
    office.site.admin_push("main", files({"commerce/team.yaml": team}), by="pat")
    number = office.ask(**{GRANT: grant()})
    office.merge(number, approved_by="mallory")
    assert [result for _, result in office.results()] == ["not approved", "not approved"]


def test_a_product_that_came_without_approval_is_none_for_others(office: Office) -> None:
    office.site.admin_push("main", files({"commerce/products/refunds.yaml": REFUNDS}), by="pat")
    number = office.ask(**{"checkout/grants/refunds.yaml": grant()})
    office.merge(number)
    left = office.converge()
    assert [each.result for each in left.done] == ["not approved", "not valid"]
    assert "there is no product `refunds`" in left.done[1].why[0]


def test_a_merge_that_holds_more_than_was_reviewed(office: Office) -> None:
    """Whoever merges by hand can put into the merge what nobody saw."""
    number = office.ask(**{GRANT: grant()})
    office.site.review(number, "olga")
    head, base = office.site.pulls[number].head, office.site.tip()
    tree = office.site.bare.tree(head, files({"checkout/grants/more.yaml": grant(product="orders", component="b")}))
    evil = office.site.bare.commit(tree, [base, head], "Merge", author="pat", committer="pat")
    office.site.bare.set("refs/heads/main", evil)
    office.site.pushed()
    office.site.pulls[number].brought.append(evil)
    left = office.converge()
    assert [each.result for each in left.done] == ["not approved"]
    assert "is not what its reviewers saw" in left.done[0].why[0]


def test_an_approval_of_an_earlier_commit(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.site.review(number, "olga")
    office.site.push("ask-1", files({GRANT: grant(expires="2027-10-31")}), by="chris")
    office.merge(number, approved_by=None)
    left = office.converge()
    assert "olga's approval was for what this change no longer is" in left.done[0].why


def test_an_own_approval(office: Office) -> None:
    number = office.ask("olga", **{GRANT: grant()})
    office.merge(number)
    assert "olga's approval does not count: it is their own request" in office.converge().done[0].why


def test_five_merges_with_the_middle_runs_cancelled(office: Office) -> None:
    """GitHub keeps one run waiting and cancels the one before: two runs of five end all of it."""
    tips = []
    for name in ("a", "b", "c", "d", "e"):
        number = office.ask(**{f"checkout/grants/{name}.yaml": grant(product="orders", component=name)})
        tips.append(office.merge(number))
    assert len(office.converge(tip=tips[0]).done) == 1
    assert [each.result for each in office.converge(tip=tips[4]).done] == ["applied"] * 4
    assert {f"subscriptions/checkout--{name}" for name in "abcde"} <= office.cloud.state().keys()
    assert office.commit() == tips[4]


def test_an_older_run_that_comes_late_undoes_nothing(office: Office) -> None:
    first = office.merge(office.ask(**{GRANT: grant()}))
    tip = office.merge(office.ask("lee", **{GRANT: None}))
    office.converge()
    state = office.cloud.state()
    assert office.converge(tip=first).done == ()
    assert [each.result for each in office.converge(tip=first, full=True).done] == ["applied"]
    assert office.cloud.state() == state
    assert office.commit() == tip


def test_a_failed_change_is_tried_again_before_anything_is_forgotten(office: Office) -> None:
    office.converge()
    number = office.ask(**{GRANT: grant()})
    office.merge(number)
    before = office.commit()
    office.cloud.azure.fault(method="PUT", path=".*/subscriptions/checkout--orders", status=400)
    assert office.results() == [(f"#{number}", "failed")]
    assert office.commit() == before
    office.cloud.azure.faults.clear()
    assert office.results() == [(f"#{number}", "applied")]


def test_a_merge_whose_changes_were_made_before_says_so(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.merge(number)
    before = office.recall().applied
    office.converge()
    assert before
    office.remember(before)
    done = office.converge().done
    assert [(each.result, each.why) for each in done] == [("already so", ("all of its 1 changes were made before",))]


def test_what_waits_for_an_api_is_no_success(office: Office) -> None:
    product = {**FIRST[ORDERS], "apis": ["orders", "later"]}
    owned = [{"api": "orders"}, {"api": "refunds"}, {"api": "later"}]
    number = office.ask("lee", **{ORDERS: product, "commerce/apis.yaml": owned})
    office.site.review(number, "pat")
    office.merge(number)
    done = office.converge()
    assert [(each.result, each.why) for each in done.done] == [
        ("waits", ("product-api orders/later waits for api later",))
    ]
    assert done.unfinished == done.done
    office.cloud.seed({"apis/later": {"displayName": "Later", "path": "later"}})
    assert [result for _, result in office.results(full=True)] == ["applied"]


def test_more_than_was_approved_is_not_applied_until_its_fingerprint_is(office: Office) -> None:
    old = {"scope": "/products/orders", "displayName": "Old ERP", "state": "active"}
    office.cloud.seed({"subscriptions/old": old})
    number = office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "mode": "enforce"}})
    office.merge(number)
    left = office.converge()
    assert [(each.result, each.why) for each in left.done] == [("moved", ("subscription old (Old ERP): orders, key",))]
    assert office.cloud.state()["subscriptions/old"]["state"] == "active"
    plan = left.done[0].plan
    assert plan
    office.site.review(number, "olga", body="Yes.")
    assert [result for _, result in office.results()] == ["moved"]
    office.site.review(number, "olga", body=f"They know. {plan.fingerprint}")
    assert [result for _, result in office.results()] == ["applied"]
    assert office.cloud.state()["subscriptions/old"]["state"] == "suspended"


def test_a_fingerprint_of_another_environment(office: Office) -> None:
    old = {"scope": "/products/orders", "displayName": "Old ERP", "state": "active"}
    office.cloud.seed({"subscriptions/old": old})
    number = office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "mode": "enforce"}})
    office.merge(number)
    here = office.converge().done[0].plan
    there = fingerprint_elsewhere()
    assert here
    assert here.fingerprint != there
    office.site.review(number, "olga", body=there)
    assert [result for _, result in office.results()] == ["moved"]


def fingerprint_elsewhere() -> str:
    """Give the fingerprint that the same change has in a service that differs by its name alone."""
    elsewhere = {"environments.yaml": {"prod": environment(service=f"{SERVICE}-2")}}
    cloud = Cloud(service=f"{SERVICE}-2").seed({f"apis/{api}": {"path": api} for api in ("orders", "refunds")})
    before = organisation(**PEOPLE, **{GRANT: None}, **elsewhere)
    cloud.converge(before)
    cloud.seed({"subscriptions/old": {"scope": "/products/orders", "displayName": "Old ERP", "state": "active"}})
    after = {**before, ORDERS: {**before[ORDERS], "mode": "enforce"}}
    return cloud.plan(after, before, scoped=True).fingerprint


def test_a_click_in_the_portal_beside_it_stops_no_merge_and_the_daily_run_undoes_it(office: Office) -> None:
    office.merge(office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "mode": "enforce"}}))
    office.converge()
    office.cloud.seed({"products/orders/groups/developers": {}})
    office.merge(office.ask(**{GRANT: grant()}))
    assert [result for _, result in office.results()] == ["applied"]
    assert "products/orders/groups/developers" in office.cloud.state()
    assert [result for _, result in office.results(full=True)] == ["applied"]
    assert "products/orders/groups/developers" not in office.cloud.state()


def test_a_day_ends_what_has_ended(office: Office) -> None:
    office.merge(office.ask(**{GRANT: grant(expires="2026-11-30")}))
    office.converge()
    office.day = office.day.replace(day=30)
    assert [result for _, result in office.results(full=True)] == ["applied"]
    assert office.cloud.state()[KEY]["state"] == "active"
    office.day = office.day.replace(month=12, day=1)
    assert [result for _, result in office.results(full=True)] == ["applied"]
    assert office.cloud.state()[KEY]["state"] == "suspended"


def test_a_grant_that_is_given_back_is_taken_back(office: Office) -> None:
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    number = office.ask("lee", **{GRANT: None})
    office.merge(number, approved_by="chris")
    assert office.results() == [(f"#{number}", "applied")]
    assert office.cloud.state()[KEY]["state"] == "suspended"


def test_an_environments_yaml_with_another_endpoint(office: Office) -> None:
    """Pushed by an admin, it is not even spoken to."""
    there = office.trusted_service()
    places = json.loads(json.dumps(FIRST["environments.yaml"]))
    places["prod"]["endpoint"] = "https://evil.example"
    office.site.admin_push("main", files({"environments.yaml": places}), by="pat")
    assert office.trusted_service() == there
    number = office.ask("pat", **{"environments.yaml": places})
    assert number
    office.site.admin_push("main", files({"environments.yaml": FIRST["environments.yaml"]}), by="pat")
    assert office.trusted_service() == there


def test_the_platform_team_moves_an_endpoint(office: Office) -> None:
    places = json.loads(json.dumps(FIRST["environments.yaml"]))
    places["prod"]["endpoint"] = "https://other.example"
    office.merge(office.ask("lee", **{"environments.yaml": places}), approved_by="pat")
    assert office.trusted_service() == "https://other.example"


# What the service remembers.


def test_nothing_remembered_is_said_and_nothing_done(office: Office) -> None:
    office.forget()
    office.merge(office.ask(**{GRANT: grant()}))
    writes = office.cloud.writes()
    with pytest.raises(NotRemembered, match="nothing is remembered there"):
        office.converge(full=True)
    assert office.cloud.writes() == writes


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"commit": "0" * 40}, "its digest does not fit"),
        ({"digest": "0" * 64}, "its digest does not fit"),
        ({"environment": "dev"}, "its digest does not fit"),
        ({"commit": "--upload-pack=x"}, "was not written by this tool"),
        ({"format": 2}, "another version"),
        ({"more": 1}, "was not written by this tool"),
    ],
)
def test_a_memory_that_another_hand_changed(office: Office, change: dict[str, object], trouble: str) -> None:
    value = json.loads(office.remembered_text())
    office.cloud.seed({RECORD: {"displayName": NAME, "value": json.dumps({**value, **change})}})
    with pytest.raises(NotRemembered, match=trouble):
        office.converge()


def test_a_memory_of_another_service(office: Office) -> None:
    other = Applied(service=f"{office.cloud.service}-2", environment="prod", commit=office.site.tip(), when="now")
    office.remember(other)
    with pytest.raises(NotRemembered, match="of another service"):
        office.converge()


def test_a_branch_that_was_rewritten(office: Office) -> None:
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    first = office.site.git("rev-list", "--max-parents=0", "main")
    office.site.bare.set("refs/heads/main", first)
    office.site.admin_push("main", files({"README.md": "Begun anew"}), by="pat")
    with pytest.raises(NotRemembered, match="is not on the way to"):
        office.converge()


def test_each_memory_names_the_one_before(office: Office) -> None:
    first = office.recall().applied
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    second = office.recall().applied
    assert first
    assert second
    assert second.before == first.digest
    assert second.outcomes == {"done": 1}
    assert len(second.requests) == 1


def test_a_reader_remembers_nothing_and_applies_nothing(office: Office) -> None:
    office.cloud.azure.grant("reader", "Reader")
    office.merge(office.ask(**{GRANT: grant()}))
    before = office.cloud.state()
    done = office.converge(client="reader").done
    assert [each.result for each in done] == ["failed"]
    assert office.cloud.state() == before


def test_the_outcome_is_told_with_azures_ids(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.merge(number)
    done = office.converge()
    row = telling.record(done)["merges"][0]
    assert [each["address"] for each in row["changes"]] == ["subscription checkout--orders"]
    assert row["changes"][0]["requests"]
    marker, text = telling.comment(done, done.done[0])
    assert text.startswith(marker)
    assert "checkout gains orders in prod\\: key, until 2027-06-30" in text
    assert row["changes"][0]["requests"][0] in text


def test_what_is_left_out_says_the_way_out(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.merge(number, approved_by=None)
    office.site.admin_push("main", files({"commerce/products/refunds.yaml": REFUNDS}), by="pat")
    said = [text for _, text in telling.lines(office.converge())]
    assert f"    Whoever must approve still can: gh pr review {number} --approve; or revert it and ask again." in said
    assert "    Revert it, and ask again by a pull request." in said


RULED = {
    **FIRST[ORDERS],
    "credentials": "key or token",
    "oauth": {"audience": "api://orders"},
    "tiers": {"standard": {"rate": "10 per minute"}, "partner": {"rate": "100 per minute"}},
    "default_tier": "standard",
}
CLIENT, OTHER = "1a2b0000-0000-0000-0000-000000000000", "2a2b0000-0000-0000-0000-000000000000"
RULES = "policyFragments/access-orders"


def clients_in_force(office: Office) -> set[str]:
    text = office.cloud.state().get(RULES, {"value": ""})["value"]
    return {client for client in (CLIENT, OTHER) if client in text}


def test_rules_and_tokens_come_and_go_by_merges_and_cost_one_write_each(office: Office) -> None:
    office.merge(office.ask("pat", **{ORDERS: RULED}))
    assert [result for _, result in office.results()] == ["applied"]
    assert office.cloud.state()["products/orders"]["subscriptionRequired"] is False
    office.merge(office.ask(**{GRANT: grant(key=False, clients=[CLIENT], tier="partner")}))
    writes = office.cloud.writes()
    assert [result for _, result in office.results()] == ["applied"]
    assert clients_in_force(office) == {CLIENT}
    assert office.cloud.writes() - writes == 2  # the fragment, and what is remembered
    office.merge(office.ask(**{GRANT: None}))
    assert [result for _, result in office.results()] == ["applied"]
    assert clients_in_force(office) == set()


def test_a_token_that_nobody_approved_is_not_let_in(office: Office) -> None:
    office.merge(office.ask("pat", **{ORDERS: RULED}))
    office.merge(office.ask(**{GRANT: grant(key=False, clients=[CLIENT])}), approved_by=None)
    assert [result for _, result in office.results(full=True)] == ["applied", "not approved", "applied"]
    assert clients_in_force(office) == set()


def test_a_token_whose_grant_has_ended_is_refused_by_the_daily_run(office: Office) -> None:
    office.merge(office.ask("pat", **{ORDERS: RULED}))
    office.merge(office.ask(**{GRANT: grant(key=False, clients=[CLIENT], expires="2026-11-23")}))
    office.results()
    assert clients_in_force(office) == {CLIENT}
    office.day = date(2026, 11, 24)
    office.results(full=True)
    assert clients_in_force(office) == set()


def test_rules_that_others_go_around_wait_for_the_approver_who_names_the_plan(office: Office) -> None:
    office.cloud.seed({"subscriptions/wide": {"scope": "/apis", "displayName": "W", "state": "active"}})
    number = office.ask("pat", **{ORDERS: {**RULED, "mode": "enforce"}})
    office.merge(number)
    (left,) = office.converge().done
    assert (left.result, "others go around" in left.why[0]) == ("moved", True)
    assert RULES not in office.cloud.state()
    assert left.plan
    office.site.review(number, "olga", body=left.plan.fingerprint)
    assert [result for _, result in office.results()] == ["applied"]
