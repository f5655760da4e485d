"""What a merge is expected to do, told from git alone: the plan of a service that is as declared, and no surprise."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cloud import Cloud
from hypothesis import HealthCheck, given, reject, settings
from organisations import SERVICE, TODAY, World, declared, environment, organisation, worlds

from reconciler.access import Access
from reconciler.asked import asked
from reconciler.converge.expected import expected, surprises, unseen
from reconciler.effect import Effect
from reconciler.errors import DeclarationError
from reconciler.plan import Plan, Target, settings_of, unnamed
from reconciler.resource import Address

SERVED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
GRANT = "checkout/grants/orders.yaml"
ORDERS = "commerce/products/orders.yaml"


def approved(now: dict[str, Any], before: dict[str, Any], day: date = TODAY) -> Plan:
    after, was = declared(now, day), declared(before, day)
    asks = asked(after, was, "prod", day=day, scoped=True)
    return expected(asks, was, Target("prod", SERVICE), day=day, settings=settings_of(after.guardrails))


@SERVED
@given(worlds(), worlds())
def test_where_all_is_as_declared_only_what_no_file_names_is_a_surprise(one: World, other: World) -> None:
    cloud = Cloud().seed({**other.living, **one.living})
    try:
        cloud.converge(one.contents)
        cloud.converge(one.contents, one.contents)
        real = cloud.plan(other.contents, one.contents, scoped=True)
        from_git = approved(other.contents, one.contents)
    except DeclarationError:
        reject()
    if real.waiting:
        reject()  # an API that nobody deployed yet: git does not know that
    found = surprises(from_git, real)
    assert [each for each in found if not each.who.startswith(("group ", "subscription "))] == []
    assert found == () or "undeclared" in real.why.values()
    gone = unseen(from_git, real)
    assert {real.why.get(each) for each in gone} <= {"undeclared"}
    assert bool(unnamed(real)) is bool(found or gone)


@pytest.fixture
def cloud() -> Cloud:
    made = Cloud().seed(APIS)
    made.converge(organisation(**{GRANT: None}))
    return made


def real(cloud: Cloud, now: dict[str, Any], before: dict[str, Any]) -> Plan:
    return cloud.plan(now, before, scoped=True)


def test_a_request_has_the_fingerprint_that_git_foretells(cloud: Cloud) -> None:
    now, before = organisation(), organisation(**{GRANT: None})
    assert real(cloud, now, before).fingerprint == approved(now, before).fingerprint


def test_what_is_so_already_is_no_surprise(cloud: Cloud) -> None:
    now, before = organisation(), organisation(**{GRANT: None})
    cloud.converge(now, before, scoped=True)
    plan = real(cloud, now, before)
    assert plan.fingerprint != approved(now, before).fingerprint
    assert surprises(approved(now, before), plan) == ()


def test_a_title_that_somebody_changed_beside_it_is_no_surprise(cloud: Cloud) -> None:
    cloud.seed({"products/orders": {"displayName": "Orders!", "state": "published"}})
    before = organisation(**{GRANT: None})
    now = organisation(**{GRANT: None, ORDERS: {**before[ORDERS], "description": "Place orders"}})
    plan = real(cloud, now, before)
    assert [change.differs for change in plan.written.changes] == [("description", "displayName")]
    assert surprises(approved(now, before), plan) == ()


def test_a_key_that_no_file_names_and_would_go_is_a_surprise(cloud: Cloud) -> None:
    cloud.seed({"subscriptions/old": {"scope": "/products/orders", "displayName": "Old ERP", "state": "active"}})
    before = organisation(**{GRANT: None})
    now = organisation(**{GRANT: None, ORDERS: {**before[ORDERS], "mode": "enforce"}})
    found = surprises(approved(now, before), real(cloud, now, before))
    assert [(each.who, each.thing, each.how) for each in found] == [("subscription old (Old ERP)", "orders", "key")]


def test_what_ended_by_its_date_is_no_surprise(cloud: Cloud) -> None:
    ends = organisation(**{GRANT: {**organisation()[GRANT], "expires": "2026-11-30"}})
    cloud.converge(ends, organisation(**{GRANT: None}), scoped=True)
    now = {**ends, GRANT: {**ends[GRANT], "reason": "Another"}, ORDERS: {**ends[ORDERS], "mode": "enforce"}}
    late = date(2026, 12, 1)
    plan = cloud.plan(now, ends, scoped=True, day=late)
    assert [each.who for each in plan.written.lost] == ["checkout"]
    assert surprises(approved(now, ends, late), plan) == ()


def test_a_plan_for_another_service_has_another_fingerprint() -> None:
    now, before = organisation(), organisation(**{GRANT: None})
    after, was = declared(now), declared(before)
    asks = asked(after, was, "prod", day=TODAY, scoped=True)
    there = expected(asks, was, Target("prod", f"{SERVICE}-2"), day=TODAY, settings=settings_of(after.guardrails))
    assert there.fingerprint != approved(now, before).fingerprint


def test_a_new_environment_has_nothing_before() -> None:
    before = organisation(
        **{"environments.yaml": {"dev": environment(service=f"{SERVICE}-dev")}, GRANT: None, ORDERS: None}
    )
    now = organisation()
    assert {each.who for each in approved(now, before).written.gained} == {"checkout"}


def test_a_key_is_no_part_of_an_approval_of_the_portal(cloud: Cloud) -> None:
    """Somebody held the key back by hand; the whole product is planned for, because its mode changes."""
    before = organisation()
    cloud.converge(before, organisation(**{GRANT: None}), scoped=True)
    cloud.seed(
        {"subscriptions/checkout--orders": {"scope": "/products/orders", "displayName": "C", "state": "suspended"}}
    )
    now = {**before, GRANT: {**before[GRANT], "portal": True}, ORDERS: {**before[ORDERS], "mode": "enforce"}}
    found = surprises(approved(now, before), real(cloud, now, before))
    assert [(each.who, each.thing, each.how) for each in found] == [("checkout", "orders", "key")]


@pytest.mark.parametrize(("until", "surprise"), [(date(2026, 11, 22), False), (TODAY, True), (None, True)])
def test_what_lasts_to_the_end_of_the_day_has_not_ended_on_it(until: date | None, surprise: bool) -> None:  # noqa: FBT001
    nothing = Plan(Target("prod", SERVICE), TODAY, "0" * 16)
    lost = Access("checkout", Address("product", ("orders",)), "key", until=until)
    assert surprises(nothing, replace(nothing, written=Effect(lost=(lost,)))) == ((lost,) if surprise else ())
