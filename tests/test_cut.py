"""Access is ended at once, stays ended until it is given back, and is given back as far as it is approved."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cutting import LINK, OLD, cut, lift, look, order, results, state, withheld
from office import FIRST, GRANT, KEY, ORDERS, Office, files, grant
from on_github import github
from organisations import SERVICE, declared, organisation
from organisations import files as written

from reconciler.apply import Outcome, apply
from reconciler.azure.writing import write
from reconciler.converge import telling
from reconciler.cutting import acting
from reconciler.cutting.acting import Acted
from reconciler.cutting.closing import closing
from reconciler.cutting.evidence import body, branch, record
from reconciler.cutting.named import Unknown
from reconciler.document import parse
from reconciler.errors import Refused
from reconciler.memory import LONGEST, encode
from reconciler.plan import Plan
from reconciler.report.story import tell
from reconciler.sources import from_folder
from reconciler.withheld import selector

pytestmark = pytest.mark.story


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with github({name: text for name, text in files(FIRST).items() if text}) as site:
        yield Office(site, tmp_path / "clone").begin()


@pytest.fixture
def granted(office: Office) -> Office:
    """Checkout has orders, by key and in the portal."""
    office.merge(office.ask(**{GRANT: grant(portal=True)}))
    office.converge()
    assert {KEY, LINK} <= office.cloud.state().keys()
    return office


def test_a_team_that_is_cut_loses_its_key_and_its_place_in_the_portal(granted: Office) -> None:
    acted = cut(granted, "team checkout")
    assert results(acted) == {"product-group orders/checkout": "done", "subscription checkout--orders": "done"}
    assert state(granted) == "suspended"
    assert granted.cloud.state()[KEY]["stateComment"] == "Cut on 2026-11-23 by reconciler: Their laptop was stolen"
    assert LINK not in granted.cloud.state()
    assert "groups/checkout" in granted.cloud.state()
    assert (withheld(granted), acted.forgotten) == (("team checkout",), "")
    assert [line.text for line in tell(acted.cut.plan).access] == [
        "checkout loses orders in prod: key suspended, CUT OFF until that is lifted",
        "checkout no longer sees orders in the portal of prod",
    ]


@pytest.mark.parametrize(
    "what", ["team checkout", "product orders", "grant checkout/orders", "subscription checkout--orders"]
)
def test_whatever_names_it_no_run_gives_it_back_and_lifting_does(granted: Office, what: str) -> None:
    before = granted.cloud.state()
    cut(granted, what)
    assert state(granted) == "suspended"
    after, writes = {**granted.cloud.state(), "namedValues/reconciler-applied": None}, granted.cloud.writes()
    assert granted.results(full=True) == [("all", "applied")]
    granted.merge(granted.ask(**{GRANT: grant(portal=True, expires="2027-05-31")}))
    assert [result for _, result in granted.results(full=True)] == ["cut off", "applied"]
    assert {**granted.cloud.state(), "namedValues/reconciler-applied": None} == after
    assert granted.cloud.writes() == writes + 1  # what was applied is remembered
    assert all(each == "done" for each in results(lift(granted, what)).values())
    assert withheld(granted) == ()
    assert telling_state(granted.cloud.state()) == telling_state(before)
    writes = granted.cloud.writes()
    assert granted.results(full=True) == [("all", "applied")]
    assert granted.cloud.writes() == writes


def telling_state(state: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is remembered, and the comment that is empty and not only absent."""
    kept = {name: each for name, each in state.items() if not name.startswith("namedValues")}
    return {name: {key: value for key, value in each.items() if value != ""} for name, each in kept.items()}


def test_what_is_given_back_by_another_hand_goes_again_each_day(granted: Office) -> None:
    cut(granted, "team checkout")
    granted.cloud.seed({KEY: {**granted.cloud.state()[KEY], "state": "active"}, LINK: {}})
    done = granted.converge(full=True)
    assert [each.result for each in done.done] == ["applied"]
    assert state(granted) == "suspended"
    assert LINK not in granted.cloud.state()
    assert "checkout stays CUT OFF from orders: key" in done.done[0].why
    said = [text for _, text in telling.lines(done)]
    assert any("CUT OFF until that is lifted" in text for text in said)
    assert "  Cut off by hand, until `reconciler cut --lift` gives it back: team checkout" in said


def test_a_grant_that_comes_while_its_team_is_cut_waits_until_that_is_lifted(office: Office) -> None:
    cut(office, "team checkout")
    number = office.ask(**{GRANT: grant()})
    office.merge(number)
    done = office.converge(full=True)
    assert [(each.result, each.why) for each in done.done] == [
        ("cut off", ("checkout stays CUT OFF from orders: key",)),
        ("applied", ("checkout stays CUT OFF from orders: key",)),
    ]
    assert KEY not in office.cloud.state()
    assert results(lift(office, "team checkout")) == {"subscription checkout--orders": "done"}
    assert state(office) == "active"


def test_the_end_of_a_grant_and_of_its_grace_delete_nothing_that_is_cut(granted: Office) -> None:
    cut(granted, "grant checkout/orders")
    granted.day = granted.day.replace(year=2028)
    assert granted.results(full=True) == [("all", "applied")]
    assert state(granted) == "suspended"
    lift(granted, "grant checkout/orders")
    assert state(granted) == "suspended"
    assert granted.cloud.state()[KEY]["stateComment"].startswith("Revoked on 2028")


def proposed(office: Office, what: str) -> dict[str, Any]:
    asked = order(office, what)
    close = closing(asked.what, asked.declarations, from_folder(office.clone / "access"), "prod", by="chris")
    assert close.by_hand == ()
    return {path: None if each is None else parse(path, each) for path, each in close.files.items()}


def test_the_files_that_keep_it_so_end_it_for_good_and_nothing_is_held_by_hand_any_more(granted: Office) -> None:
    cut(granted, "team checkout")
    changes = proposed(granted, "team checkout")
    assert changes == {GRANT: {**grant(), "suspended": True, "requested_by": "chris"}}
    number = granted.ask(**changes)
    granted.merge(number)
    done = granted.converge(full=True)
    assert [(each.result, each.why) for each in done.done] == [
        ("applied", ("team checkout is not held any more: no file opens it now",)),
        ("applied", ()),
    ]
    assert withheld(granted) == ()
    assert state(granted) == "suspended"
    assert LINK not in granted.cloud.state()


def test_a_grant_that_is_deleted_while_it_is_cut_is_revoked_like_any_other(granted: Office) -> None:
    cut(granted, "grant checkout/orders")
    granted.merge(granted.ask("lee", **{GRANT: None}), approved_by="chris")
    granted.converge(full=True)
    assert withheld(granted) == ()
    assert granted.cloud.state()[KEY]["stateComment"].startswith("Revoked on 2026-11-23")
    granted.day = granted.day.replace(month=12, day=31)
    granted.converge(full=True)
    assert KEY not in granted.cloud.state()


def test_a_product_that_goes_while_it_is_cut_takes_its_keys_along(granted: Office) -> None:
    granted.merge(granted.ask("pat", **{ORDERS: {**FIRST[ORDERS], "mode": "enforce"}}))
    granted.converge()
    granted.cloud.seed({"subscriptions/old": OLD})
    cut(granted, "product orders")
    number = granted.ask("lee", **{ORDERS: None, GRANT: None})
    granted.site.review(number, "chris")
    granted.merge(number)
    (moved,) = granted.converge().done
    assert moved.result == "moved"  # no file names the old key, so whoever approves says so
    assert moved.plan
    granted.site.review(number, "olga", body=f"All of it. {moved.plan.fingerprint}")
    assert [each.result for each in granted.converge().done] == ["applied"]
    assert withheld(granted) == ()
    assert not {"products/orders", KEY, "subscriptions/old"} & granted.cloud.state().keys()


def test_a_renamed_grant_does_not_slip_out(granted: Office) -> None:
    cut(granted, "grant checkout/orders")
    granted.merge(granted.ask(**{GRANT: None, "checkout/grants/web.yaml": grant(product="orders", formerly="orders")}))
    granted.converge(full=True)
    assert withheld(granted) == ("grant checkout/orders",)
    assert state(granted) == "suspended"
    assert "subscriptions/checkout--web" not in granted.cloud.state()


def test_a_product_is_cut_with_what_no_file_declares_and_that_comes_back_too(granted: Office) -> None:
    granted.cloud.seed({"subscriptions/old": OLD, "products/orders/groups/developers": {}})
    acted = cut(granted, "product orders")
    assert results(acted)["subscription old"] == "done"
    assert state(granted, "subscriptions/old") == "suspended"
    assert "products/orders/groups/administrators" in granted.cloud.state()
    assert acted.cut.left == (
        "group developers still sees orders in the portal and may subscribe: no file declares that.",
        "Keys for one of its APIs, or for every API, were not looked at.",
    )
    granted.converge(full=True)
    assert results(lift(granted, "product orders"))["subscription old"] == "done"
    assert (state(granted), state(granted, "subscriptions/old")) == ("active", "active")


def test_what_nobody_declared_stays_suspended_where_its_product_is_enforced(granted: Office) -> None:
    granted.merge(granted.ask("pat", **{ORDERS: {**FIRST[ORDERS], "mode": "enforce"}}))
    granted.converge()
    granted.cloud.seed({"subscriptions/old": OLD})
    cut(granted, "product orders")
    granted.day = granted.day.replace(year=2027)
    granted.converge(full=True)
    assert granted.cloud.state()["subscriptions/old"]["stateComment"].startswith("Cut on")
    acted = lift(granted, "product orders")
    assert acted.cut.left == ("subscription old stays suspended: no file declares it, and its product is enforced",)
    assert state(granted, "subscriptions/old") == "suspended"


def test_two_cuts_of_one_key_and_only_one_is_lifted(granted: Office) -> None:
    cut(granted, "team checkout")
    cut(granted, "product orders")
    assert withheld(granted) == ("product orders", "team checkout")
    assert results(lift(granted, "team checkout")) == {}
    granted.converge(full=True)
    assert state(granted) == "suspended"
    lift(granted, "product orders")
    assert state(granted) == "active"


def test_two_cuts_of_one_key_that_no_file_declares(granted: Office) -> None:
    granted.cloud.seed({"subscriptions/old": OLD})
    cut(granted, "subscription old")
    cut(granted, "product orders")
    acted = lift(granted, "product orders")
    assert acted.cut.left == ("subscription old stays suspended: something else that is cut off has it",)
    assert (state(granted), state(granted, "subscriptions/old")) == ("active", "suspended")


@pytest.mark.parametrize("mode", ["observe", "add", "enforce"])
def test_a_cut_does_not_ask_for_the_mode(granted: Office, mode: str) -> None:
    number = granted.ask("lee", **{ORDERS: {**FIRST[ORDERS], "mode": mode, "description": "Place orders"}})
    granted.site.review(number, "pat")
    granted.merge(number)
    assert [each.result for each in granted.converge().done] == ["applied"]
    cut(granted, "grant checkout/orders")
    assert state(granted) == "suspended"
    granted.converge(full=True)
    assert state(granted) == "suspended"
    lift(granted, "grant checkout/orders")
    assert state(granted) == "active"


# At the same time as others.


def test_a_cut_during_a_run_that_makes_the_key(office: Office) -> None:
    """The run has read that nothing is cut off, and makes a key that the cut could not see."""
    office.merge(office.ask(**{GRANT: grant()}))
    office.cloud.azure.settings = office.cloud.azure.settings
    done = converging(office, before=lambda: cut(office, "team checkout"))
    assert state(office) == "suspended"
    assert withheld(office) == ("team checkout",)
    assert [each.result for each in done.done] == ["applied"]
    assert office.results(full=True) == [("all", "applied")]
    assert state(office) == "suspended"


def test_a_run_that_gives_back_while_it_is_being_cut(granted: Office) -> None:
    """The cut has acted, and the service does not remember it yet: it is looked at again."""
    once = ["once"]

    def give_back() -> None:
        if once:
            once.clear()
            granted.cloud.seed({KEY: {**granted.cloud.state()[KEY], "state": "active"}})

    acted = cut(granted, "team checkout", between=give_back)
    assert state(granted) == "suspended"
    assert set(results(acted).values()) == {"done"}


def test_a_daily_run_that_gives_back_what_is_cut_meanwhile(granted: Office) -> None:
    granted.cloud.seed({KEY: {**granted.cloud.state()[KEY], "state": "suspended"}})
    converging(granted, before=lambda: cut(granted, "team checkout"), full=True)
    assert state(granted) == "suspended"


def converging(office: Office, *, before: Any, full: bool = False) -> Any:
    """Converge, and let something happen between a plan and the first of its writes."""
    from reconciler.converge.walk import converge  # noqa: PLC0415  only here

    pending = [before]

    async def run() -> Any:
        async with office.cloud.session() as session:

            async def make(plan: Plan) -> tuple[Outcome, ...]:
                if pending:
                    await asyncio.to_thread(pending.pop())
                return await apply(plan.written.changes, lambda changes: write(session, changes), stop=asyncio.Event())

            side, place = office.side(), office.place()
            return await converge(session, place, side, "prod", day=office.day, write=make, full=full)

    return asyncio.run(run())


# What does not go as hoped.


def test_what_azure_refuses_is_said_and_the_rest_is_done(granted: Office) -> None:
    granted.cloud.azure.fault(method="PATCH", path=".*/subscriptions/checkout--orders", status=400, times=9)
    acted = cut(granted, "team checkout")
    assert results(acted) == {"product-group orders/checkout": "done", "subscription checkout--orders": "failed"}
    assert withheld(granted) == ("team checkout",)
    granted.cloud.azure.faults.clear()
    granted.converge(full=True)
    assert state(granted) == "suspended"


def test_a_reader_cuts_nothing_and_hears_why(granted: Office) -> None:
    granted.cloud.azure.grant("reader", "Reader")
    before = granted.cloud.state()
    acted = cut(granted, "team checkout", client="reader")
    assert set(results(acted).values()) == {"failed"}
    assert all("403 AuthorizationFailed" in each.because for each in acted.outcomes)
    assert "403 AuthorizationFailed" in acted.forgotten
    assert granted.cloud.state() == before


def test_nothing_remembered_keeps_nobody_from_ending_access(granted: Office) -> None:
    granted.forget()
    acted = cut(granted, "team checkout")
    assert set(results(acted).values()) == {"done"}
    assert acted.forgotten == "nothing is remembered there"
    assert state(granted) == "suspended"
    assert set(results(lift(granted, "team checkout")).values()) == {"done"}
    assert state(granted) == "active"


def test_a_memory_that_is_full_keeps_nobody_from_ending_access(granted: Office) -> None:
    applied = granted.recall().applied
    assert applied
    room = LONGEST - len(encode(applied.model_copy(update={"withheld": ("team a",), "requests": ()})))
    granted.remember(applied.model_copy(update={"withheld": (f"team {'a' * (room - 20)}",), "requests": ()}))
    acted = cut(granted, "subscription checkout--orders")
    assert "more is cut off than the service can remember" in acted.forgotten
    assert state(granted) == "suspended"


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("team checkou", "There is no team 'checkou': did you mean `checkout`?"),
        ("grant checkout/order", "There is no grant 'checkout/order': did you mean `checkout/orders`?"),
        ("product order", "There is no product 'order': did you mean `orders`?"),
        (
            "subscription checkout-orders",
            "There is no subscription 'checkout-orders': did you mean `checkout--orders`?",
        ),
    ],
)
def test_what_is_called_otherwise(granted: Office, what: str, said: str) -> None:
    with pytest.raises(Unknown) as error:
        look(granted, what)
    assert str(error.value) == said


def test_a_lift_of_what_is_not_cut(granted: Office) -> None:
    cut(granted, "team checkout")
    with pytest.raises(Unknown, match=r"product orders is not cut off\. Cut off here are: team checkout\."):
        lift(granted, "product orders")


def test_a_mistake_in_another_file_keeps_nobody_from_ending_access(granted: Office) -> None:
    broken = {
        "checkout/grants/nothing.yaml": grant(),
        "lost/grants/orders.yaml": grant(),
        "lost/apis.yaml": [{"api": "a"}],
    }
    granted.site.admin_push("main", files({**broken, "commerce/products/refunds.yaml": {"environments": 3}}), by="pat")
    assert set(results(cut(granted, "team checkout")).values()) == {"done"}
    assert state(granted) == "suspended"


def test_capitals_are_the_same_key(granted: Office) -> None:
    acted = cut(granted, "subscription Checkout--Orders")
    assert results(acted) == {"subscription checkout--orders": "done"}
    granted.converge(full=True)
    assert state(granted) == "suspended"


def test_a_key_that_is_deleted_while_it_is_cut(granted: Office) -> None:
    granted.cloud.seed({"subscriptions/old": OLD})

    async def delete() -> None:
        async with granted.cloud.session() as session:
            await session.delete("subscriptions/old", "deleting", etag="*")

    seen = look(granted, "subscription old")
    assert [each.address.name for each in seen.found] == [("old",)]
    acted = cut(granted, "subscription old", first=delete)
    assert [(each.result, each.because) for each in acted.outcomes] == [
        ("done", "it opened nothing any more when it was looked at again")
    ]


def test_master_is_never_cut(granted: Office) -> None:
    with pytest.raises(Refused, match="belongs to the service"):
        look(granted, "subscription master")


def test_what_guardrails_protect_stays_unless_it_is_named_itself(granted: Office) -> None:
    rules = {"platform_team": "platform", "protect": {"subscriptions": ["monitoring"], "groups": ["checkout"]}}
    granted.merge(granted.ask("lee", **{"guardrails.yaml": rules}), approved_by="pat")
    granted.cloud.seed({"subscriptions/monitoring": {**OLD, "displayName": "Monitoring"}})
    acted = cut(granted, "product orders")
    assert state(granted, "subscriptions/monitoring") == "active"
    assert LINK in granted.cloud.state()
    assert acted.cut.left[:2] == (
        "product-group orders/checkout stays: guardrails.yaml protects it",
        "subscription monitoring stays: guardrails.yaml protects it",
    )
    cut(granted, "subscription monitoring")
    assert state(granted, "subscriptions/monitoring") == "suspended"


def test_an_entra_group_that_lives_under_another_name(office: Office) -> None:
    group = "5f0c0000-0000-0000-0000-000000000000"
    tenant = FIRST["environments.yaml"]["prod"]["tenant"]
    entra = {"displayName": "Checkout", "type": "external", "externalId": f"aad://{tenant}/groups/{group}"}
    office.cloud.seed({"groups/4711": entra})
    team = {"display_name": "Checkout", "reviewers": ["chris"], "entra_group": group}
    number = office.ask("lee", **{"checkout/team.yaml": team, GRANT: grant(portal=True, key=None)})
    for login in ("pat", "olga", "chris"):
        office.site.review(number, login)
    office.merge(number, approved_by=None)
    office.converge()
    assert "products/orders/groups/4711" in office.cloud.state()
    assert results(cut(office, "team checkout")) == {"product-group orders/4711": "done"}
    office.converge(full=True)
    assert "products/orders/groups/4711" not in office.cloud.state()
    assert results(lift(office, "team checkout")) == {"product-group orders/4711": "done"}


# How little it takes.


@pytest.mark.parametrize(
    ("what", "reads", "writes"),
    [
        ("subscription checkout--orders", 2 * 1 + 2 + 3, 1 + 1),
        ("grant checkout/orders", 2 * 2 + 2 + 2 + 3, 2 + 1),
        ("team checkout", 2 * 2 + 2 + 2 + 3, 2 + 1),
        ("product orders", 2 * 4 + 2 + 2 + 3, 2 + 1),
    ],
)
def test_requests_of_a_cut(granted: Office, what: str, reads: int, writes: int) -> None:
    """Look twice; a key is read, suspended and read back, a link asked for, deleted and asked for; it is remembered."""
    granted.cloud.azure.log.clear()
    cut(granted, what)
    spent = granted.cloud.spent()
    assert spent["GET"] + spent["HEAD"] == reads
    assert spent["PATCH"] + spent["PUT"] + spent["DELETE"] == writes


# What is left behind.


def test_the_evidence(granted: Office) -> None:
    acted = cut(granted, "team checkout")
    asked = order(granted, "team checkout")
    said = record(asked, acted, lifted=False, who="chris", when="2026-11-23T09:00:00+00:00")
    assert (said["what"], said["did"], said["who"], said["reason"]) == ("team checkout", "cut", "chris", asked.reason)
    assert [each["result"] for each in said["changes"]] == ["done", "done"]
    assert all(each["requests"] for each in said["changes"])
    assert said["remembered"] is True
    applied = granted.recall().applied
    assert applied
    assert applied.outcomes == {"done": 2}
    assert set(applied.requests) == {one for each in said["changes"] for one in each["requests"]}
    assert branch(asked) == "access/cut-prod-team-checkout"
    text = body(asked, acted, who="chris", when="now", by_hand=())
    assert "checkout loses orders in prod" in text
    assert applied.requests[0] in text


@pytest.mark.parametrize(
    "reason", ["@everybody <b>x</b> | [a](http://x) `", "x" * 4000, "Revoked on 2020-01-01 by reconciler"]
)
def test_a_reason_does_nothing_but_tell(granted: Office, reason: str) -> None:
    text = body(
        replace(order(granted, "team checkout"), reason=reason),
        cut(granted, "team checkout"),
        who=None,
        when="",
        by_hand=(),
    )
    assert "<b>" not in text
    assert " @" not in text


def test_a_comment_is_short_and_is_the_tools_own(granted: Office) -> None:
    async def run() -> Acted:
        async with granted.cloud.session() as session:
            asked = replace(
                order(granted, "grant checkout/orders"), reason="Revoked on 2020-01-01 by reconciler " + "x" * 900
            )

            async def make(plan: Plan) -> tuple[Outcome, ...]:
                return await apply(plan.written.changes, lambda changes: write(session, changes), stop=asyncio.Event())

            return await acting.end(session, asked, await acting.look(session, asked), make)

    asyncio.run(run())
    comment = granted.cloud.state()[KEY]["stateComment"]
    assert comment.startswith("Cut on 2026-11-23 by reconciler: Revoked on 2020")
    assert len(comment) < 250
    granted.converge(full=True)
    assert KEY in granted.cloud.state()


_BOTH = "environments: [dev, prod]\nkey: true\nportal: true\nreason: r\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "environments: [prod]\nkey: true # web\nreason: r\n",
            "environments: [prod]\nkey: true # web\nreason: r\nsuspended: true\n",
        ),
        (
            "environments: [prod]\nkey: true\nportal: true\nreason: r\n",
            "environments: [prod]\nkey: true\nreason: r\nsuspended: true\n",
        ),
        ("environments: [prod]\nportal: true\nreason: r\n", None),
        ("environments: [prod]\nkey: true\nsuspended: true\nreason: r\n", ""),
        (
            _BOTH,
            f"{_BOTH}in:\n  prod: {{suspended: true, portal: false}}\n",
        ),
        (
            "environments: [dev, prod]\nportal: true\nreason: r\nin:\n  prod: {expires: 2027-01-31}\n",
            "environments: [dev]\nportal: true\nreason: r\n",
        ),
        (
            "environments: [dev, prod]\nkey: true\nreason: r\nin:\n  prod:\n    suspended: false # was\n",
            "environments: [dev, prod]\nkey: true\nreason: r\nin:\n  prod:\n    suspended: true  # was\n",
        ),
    ],
)
def test_the_file_that_keeps_it_so(before: str, after: str | None) -> None:
    places = {
        "prod": FIRST["environments.yaml"]["prod"],
        "dev": {**FIRST["environments.yaml"]["prod"], "service": f"{SERVICE}-dev"},
    }
    contents = organisation(
        **{
            "guardrails.yaml": {"max_duration": "unlimited"},
            "environments.yaml": places,
            GRANT: before,
            ORDERS: {**FIRST[ORDERS], "environments": ["dev", "prod"]},
        }
    )
    close = closing(selector("team checkout"), declared(contents), written(contents), "prod", by=None)
    found = {path: each if each is None else each.decode() for path, each in close.files.items()}
    assert found == ({} if after == "" else {GRANT: after})
    if after:
        assert declared({**contents, GRANT: after})


def test_a_compromised_key_needs_no_other_line_to_stay_closed(granted: Office) -> None:
    granted.merge(granted.ask(**{GRANT: grant(revoked="compromised")}))
    granted.converge()
    assert granted.cloud.state()[KEY]["stateComment"].startswith("Compromised on")
    cut(granted, "team checkout")
    assert granted.cloud.state()[KEY]["stateComment"].startswith("Compromised on")
    granted.git("pull", "--quiet", "origin", "main")
    assert proposed(granted, "team checkout") == {}
    lift(granted, "team checkout")
    assert state(granted) == "suspended"


def test_a_key_that_was_cut_first_is_made_anew_once_the_file_says_that_it_is_compromised(granted: Office) -> None:
    cut(granted, "team checkout")
    old = dict(granted.cloud.azure.secrets(granted.cloud.service, KEY))
    granted.merge(granted.ask(**{GRANT: grant(revoked="compromised")}))
    granted.converge(full=True)
    assert withheld(granted) == ()
    new = dict(granted.cloud.azure.secrets(granted.cloud.service, KEY))
    assert not {*old.values()} & {*new.values()}
    assert granted.cloud.state()[KEY]["stateComment"].startswith("Compromised on")
    assert state(granted) == "suspended"
