"""A plan of what differs in git: the same changes as a plan of everything has of it, by a handful of requests."""

from typing import Any

import pytest
from cloud import Cloud
from hypothesis import HealthCheck, given, reject, settings
from organisations import SERVICE, World, environment, organisation, worlds

from reconciler.errors import DeclarationError, NotFound
from reconciler.plan import Plan

SERVED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def both(cloud: Cloud, now: dict[str, Any], before: dict[str, Any]) -> tuple[Plan, Plan]:
    """Plan for everything, and for what differs; what lives may be in the way of both."""
    try:
        everything = cloud.plan(now, before)
    except DeclarationError:
        reject()
    return everything, cloud.plan(now, before, scoped=True)


def changes(plan: Plan) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(str(change.address), change.action, change.differs) for change in plan.written.changes}


@SERVED
@given(worlds(), worlds())
def test_from_what_was_applied_both_plans_are_the_same(one: World, other: World) -> None:
    cloud = Cloud().seed({**other.living, **one.living})
    cloud.converge(one.contents)
    cloud.converge(one.contents, one.contents)
    everything, scoped = both(cloud, other.contents, one.contents)
    assert changes(scoped) == changes(everything)
    assert scoped.fingerprint == everything.fingerprint
    assert (scoped.written.gained, scoped.written.lost) == (everything.written.gained, everything.written.lost)
    assert scoped.declared == everything.declared
    assert scoped.still_held == everything.still_held


@SERVED
@given(worlds(), worlds())
def test_of_a_service_that_drifted_it_is_a_part_of_the_whole(one: World, other: World) -> None:
    cloud = Cloud().seed({**other.living, **one.living})
    everything, scoped = both(cloud, other.contents, one.contents)
    assert changes(scoped) <= changes(everything)


@SERVED
@given(worlds())
def test_where_nothing_differs_nothing_is_read_and_nothing_planned(world: World) -> None:
    cloud = Cloud().seed(world.living)
    before = sum(cloud.spent().values())
    plan = cloud.plan(world.contents, world.contents, scoped=True)
    assert (plan.written.changes, plan.observed.changes, plan.waiting) == ((), (), ())
    assert sum(cloud.spent().values()) == before


GRANT = {"environments": ["prod"], "key": True, "portal": True, "reason": "r", "expires": "2027-06-30"}
ENTRA = {"display_name": "Checkout", "entra_group": "5f0c0000-0000-0000-0000-000000000000"}
BASE = organisation(
    **{
        "environments.yaml": {"prod": environment(mode="enforce", marks=["tag"])},
        "checkout/team.yaml": ENTRA,
        "checkout/grants/orders.yaml": None,
        "checkout/apis.yaml": [{"api": "prices"}],
        "commerce/products/refunds.yaml": {"manage": "access", "environments": ["prod"], "apis": ["refunds"]},
        "checkout/grants/refunds.yaml": GRANT,
    }
)
ASKED = {**BASE, "checkout/grants/orders.yaml": GRANT}
LIVING: dict[str, dict[str, Any]] = {
    **{f"apis/{name}": {"displayName": name, "path": name} for name in ("orders", "refunds", "prices", "other")},
    "products/refunds": {"displayName": "Refunds"},
    "users/ann": {"email": "ann@example.com", "firstName": "A", "lastName": "B"},
}


def applied(size: int = 0) -> Cloud:
    """Give a service on which the base is applied, among so many products of others."""
    cloud = Cloud()
    entities = dict(LIVING)
    for index in range(size):
        entities[f"products/p{index}"] = {"displayName": f"p{index}"}
        entities[f"groups/g{index}"] = {"displayName": f"g{index}"}
        entities[f"subscriptions/k{index}"] = {"scope": f"/products/p{index}", "displayName": "k", "state": "active"}
    cloud.azure.seed(SERVICE, entities, fresh=True)
    cloud.converge(BASE)
    cloud.azure.log.clear()
    return cloud


@pytest.mark.parametrize("size", [0, 300])
def test_a_request_of_one_grant_costs_six_requests_on_a_service_of_any_size(size: int) -> None:
    cloud = applied(size)
    plan = cloud.plan(ASKED, BASE, scoped=True)
    assert {str(change.address) for change in plan.written.changes} == {
        "product-group orders/checkout",
        "subscription checkout--orders",
    }
    assert sorted(f"{entry.method} {entry.path.removeprefix(SERVICE)}" for entry in cloud.azure.log.entries) == [
        "GET /groups",
        "GET /groups/checkout",
        "GET /products",
        "GET /products/orders",
        "GET /subscriptions/checkout--orders",
        "HEAD /products/orders/groups/checkout",
    ]


def test_what_another_hand_did_elsewhere_does_not_come_along() -> None:
    cloud = applied()
    drift = {"products/refunds/apis/other": {}, "products/orders/groups/guests": {}}
    cloud.azure.seed(SERVICE, drift)
    assert len(cloud.plan(ASKED, BASE).written.changes) == 3
    plan = cloud.converge(ASKED, BASE, scoped=True)
    assert len(plan.written.changes) == 2
    assert drift.keys() <= cloud.state().keys()


def test_a_group_of_entra_is_found_however_its_tenant_is_spelled() -> None:
    cloud = Cloud().seed(LIVING)
    entra = "aad://contoso.onmicrosoft.com/groups/5F0C0000-0000-0000-0000-000000000000"
    group = {"displayName": "C", "type": "external", "externalId": entra}
    cloud.azure.seed(SERVICE, {"groups/65b3d62f": group})
    base = {path: value for path, value in BASE.items() if "grants" not in path}
    base["environments.yaml"] = {"prod": environment(mode="add")}  # enforce would read the whole product
    cloud.converge(base)
    plan = cloud.converge({**base, "checkout/grants/orders.yaml": GRANT}, base, scoped=True)
    assert "product-group orders/65b3d62f" in {str(change.address) for change in plan.written.changes}
    assert "groups/checkout" not in cloud.state()
    asked, kept = {**base, "checkout/grants/orders.yaml": GRANT}, {**GRANT, "portal": False}
    again = {**asked, "checkout/grants/second.yaml": {**GRANT, "product": "refunds"}}
    cloud.converge(again, asked, scoped=True)
    plan = cloud.converge({**again, "checkout/grants/orders.yaml": kept}, again, scoped=True)
    assert [str(change.address) for change in plan.written.changes] == ["product-group orders/65b3d62f"]
    assert "products/orders/groups/65b3d62f" not in cloud.state()


def test_a_service_that_is_not_there_is_not_taken_for_an_empty_one() -> None:
    cloud = applied()
    cloud.azure.fault(path="apim-test/", status=404, code="ResourceNotFound", times=None)
    with pytest.raises(NotFound):
        cloud.plan(ASKED, BASE, scoped=True)


def test_a_tag_that_somebody_else_uses_stays() -> None:
    cloud = applied()
    cloud.azure.seed(SERVICE, {"apis/other/tags/owner-checkout": {}})
    without = {path: value for path, value in BASE.items() if path != "checkout/apis.yaml"}
    plan = cloud.plan(without, BASE, scoped=True)
    assert [str(held.resource.address) for held in plan.held] == ["tag owner-checkout"]


def test_a_product_that_goes_takes_what_hangs_on_it_along_and_counts_it() -> None:
    cloud = applied()
    cloud.azure.seed(SERVICE, {"subscriptions/x": {"scope": "/products/orders", "displayName": "x", "state": "active"}})
    without = {path: value for path, value in BASE.items() if path != "commerce/products/orders.yaml"}
    everything, scoped = both(cloud, without, BASE)
    (change,) = (change for change in scoped.written.changes if change.address.kind == "product")
    assert "subscription x" in {str(each.address) for each in change.cascades}
    assert scoped.fingerprint == everything.fingerprint


def test_keys_of_members_are_named_when_their_group_no_longer_sees_a_product() -> None:
    base = {**BASE, "environments.yaml": {"prod": environment(mode="add")}}
    cloud = Cloud()
    cloud.azure.seed(SERVICE, LIVING, fresh=True)
    both_grants = {**base, "checkout/grants/orders.yaml": {**GRANT, "key": False}}
    cloud.converge(both_grants)
    own = {"scope": "/products/orders", "displayName": "ann's", "state": "active", "ownerId": "/users/ann"}
    cloud.azure.seed(SERVICE, {"groups/checkout/users/ann": {}, "subscriptions/ann": own})
    everything, scoped = both(cloud, base, both_grants)
    assert [str(key) for keys in scoped.still_held.values() for key in keys] == ["subscription ann"]
    assert scoped.still_held == everything.still_held


def test_a_fragment_that_was_only_observed_comes_with_what_includes_it() -> None:
    product = {"environments": ["prod"], "manage": "product", "mode": "add", "apis": []}
    before = organisation(
        **{
            "environments.yaml": {"prod": environment(mode="observe")},
            "commerce/products/orders.yaml": product,
            "commerce/fragments/trace.xml": '<fragment><set-variable name="x" value="1" /></fragment>',
            "checkout/grants/orders.yaml": None,
        }
    )
    after = {**before, "commerce/products/orders.yaml": {**product, "include": ["trace"]}}
    cloud = Cloud()
    cloud.converge(before)
    plan = cloud.converge(after, before, scoped=True)
    written = {str(change.address) for change in plan.written.changes}
    assert written == {"fragment trace", "product-include orders/trace"}
