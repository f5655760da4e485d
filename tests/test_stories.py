"""What happens to access over time, told as stories against the emulator."""

from datetime import date, timedelta
from typing import Any

import pytest
from cloud import Cloud
from organisations import TENANT, TODAY, environment, organisation

from reconciler.errors import DeclarationError, UnsafePlan
from reconciler.guard import guard
from reconciler.plan import Plan
from reconciler.report.document import document
from reconciler.report.story import tell

APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
KEY = "subscriptions/checkout--orders"
SIGNED_IN = {
    "users/asha": {"firstName": "A", "lastName": "R", "email": "asha@contoso.example"},
    "groups/checkout/users/asha": {},
    "subscriptions/mine": {
        "scope": "/products/orders",
        "displayName": "Mine",
        "state": "active",
        "ownerId": "/users/asha",
    },
}
ORDERS = "commerce/products/orders.yaml"
GRANT = "checkout/grants/orders.yaml"


def grant(**more: Any) -> dict[str, Any]:
    return {"environments": ["prod"], "key": True, "reason": "Because", "expires": "2027-06-30", **more}


def product(**more: Any) -> dict[str, Any]:
    return {"environments": ["prod"], "manage": "product", "apis": ["orders"], **more}


def changes(plan: Plan) -> list[tuple[str, str]]:
    return [(change.action, str(change.address)) for change in plan.written.changes]


@pytest.fixture
def cloud() -> Cloud:
    return Cloud().seed(APIS)


def test_a_new_product_keeps_no_key_that_nobody_asked_for(cloud: Cloud) -> None:
    cloud.converge(organisation())
    of_orders = [path for path, each in cloud.state().items() if str(each.get("scope")).endswith("/products/orders")]
    assert of_orders == [KEY]


def test_a_revoked_key_is_suspended_then_deleted_and_comes_back_in_time(cloud: Cloud) -> None:
    asked, withdrawn = organisation(), organisation(**{GRANT: None})
    cloud.converge(asked)
    key = cloud.azure.secrets(cloud.service, KEY)
    cloud.converge(withdrawn, asked)
    assert cloud.state()[KEY]["state"] == "suspended"
    assert "Revoked on 2026-11-23" in cloud.state()[KEY]["stateComment"]
    assert cloud.plan(withdrawn, withdrawn, day=TODAY + timedelta(days=29)).written.changes == ()
    cloud.converge(asked, withdrawn)
    assert cloud.state()[KEY]["state"] == "active"
    assert not cloud.state()[KEY].get("stateComment")
    assert cloud.azure.secrets(cloud.service, KEY) == key
    cloud.converge(withdrawn, asked)
    cloud.converge(withdrawn, withdrawn, day=TODAY + timedelta(days=30))
    assert KEY not in cloud.state()


def test_a_grace_of_no_days_deletes_at_once(cloud: Cloud) -> None:
    rules = {"guardrails.yaml": {"revocation_grace": "0 days"}}
    cloud.converge(organisation(**rules))
    cloud.converge(organisation(**rules, **{GRANT: None}), organisation(**rules))
    assert KEY not in cloud.state()


def test_a_grant_ends_on_the_day_after_its_last_without_any_memory(cloud: Cloud) -> None:
    asked = organisation()
    cloud.converge(asked)
    assert cloud.plan(asked, day=date(2027, 6, 30)).written.changes == ()
    plan = cloud.converge(asked, day=date(2027, 7, 1))
    assert plan.why[plan.written.changes[0].address] == "expired"
    assert cloud.state()[KEY]["state"] == "suspended"


def test_without_memory_add_takes_nothing_back(cloud: Cloud) -> None:
    cloud.converge(organisation())
    assert cloud.plan(organisation(**{GRANT: None})).written.changes == ()


def test_enforce_suspends_undeclared_keys_and_removes_undeclared_links(cloud: Cloud) -> None:
    cloud.converge(organisation())
    cloud.seed(
        {
            "groups/partners": {"displayName": "P"},
            "products/orders/groups/partners": {},
            "products/orders/apis/refunds": {},
            "subscriptions/old": {"scope": "/products/orders", "displayName": "Old", "state": "active"},
        }
    )
    cloud.converge(organisation(**{ORDERS: product(mode="enforce")}))
    state = cloud.state()
    assert "products/orders/groups/partners" not in state
    assert "products/orders/apis/refunds" not in state
    assert "products/orders/groups/administrators" in state
    assert state["subscriptions/old"]["state"] == "suspended"
    assert "groups/partners" in state


def test_enforce_without_managing_the_product_leaves_its_apis_alone(cloud: Cloud) -> None:
    cloud.seed({"products/orders": {"displayName": "O"}, "products/orders/apis/refunds": {}})
    cloud.converge(organisation(**{ORDERS: product(mode="enforce", manage="access")}))
    assert {"products/orders/apis/refunds", "products/orders/apis/orders"} <= set(cloud.state())


def test_protected_things_stay_in_enforce(cloud: Cloud) -> None:
    cloud.converge(organisation())
    cloud.seed(
        {
            "groups/partners": {"displayName": "P"},
            "products/orders/groups/partners": {},
            "subscriptions/monitoring": {"scope": "/products/orders", "displayName": "M", "state": "active"},
        }
    )
    rules = {"guardrails.yaml": {"protect": {"groups": ["partners"], "subscriptions": ["monitoring"]}}}
    before = cloud.state()
    cloud.converge(organisation(**{ORDERS: product(mode="enforce")}, **rules))
    assert cloud.state() == before


def test_a_portal_members_own_key_stays_until_the_link_is_withdrawn(cloud: Cloud) -> None:
    see = organisation(**{ORDERS: product(mode="enforce"), GRANT: grant(portal=True)})
    cloud.converge(see)
    cloud.seed(SIGNED_IN)
    assert cloud.plan(see, see).written.changes == ()
    unseen = organisation(**{ORDERS: product(mode="enforce"), GRANT: grant(portal=False)})
    plan = cloud.converge(unseen, see)
    assert cloud.state()["subscriptions/mine"]["state"] == "suspended"
    assert [str(held.resource.address) for held in plan.held] == ["group checkout"]


def test_in_add_a_withdrawn_portal_link_names_the_keys_its_members_still_hold(cloud: Cloud) -> None:
    see = organisation(**{GRANT: grant(portal=True)})
    cloud.converge(see)
    cloud.seed(SIGNED_IN)
    plan = cloud.converge(organisation(), see)
    assert [[key.name[0] for key in keys] for keys in plan.still_held.values()] == [["mine"]]
    assert cloud.state()["subscriptions/mine"]["state"] == "active"


def test_a_withdrawn_product_stays_while_an_undeclared_key_hangs_on_it(cloud: Cloud) -> None:
    cloud.converge(organisation())
    cloud.seed({"subscriptions/old": {"scope": "/products/orders", "displayName": "Old", "state": "active"}})
    plan = cloud.converge(organisation(**{ORDERS: None, GRANT: None}), organisation())
    assert [str(held.resource.address) for held in plan.held] == ["product orders"]
    assert "products/orders" in cloud.state()
    assert cloud.state()["subscriptions/old"]["state"] == "active"


def test_a_product_in_enforce_takes_undeclared_keys_along_and_counts_them(cloud: Cloud) -> None:
    exact = organisation(**{ORDERS: product(mode="enforce")})
    cloud.converge(exact)
    cloud.seed({"subscriptions/old": {"scope": "/products/orders", "displayName": "Old", "state": "active"}})
    plan = cloud.converge(organisation(**{ORDERS: None, GRANT: None}), exact)
    (change,) = plan.written.changes
    along = {str(resource.address) for resource in change.cascades}
    assert {"subscription old", "subscription checkout--orders"} <= along
    assert "products/orders" not in cloud.state()


def test_no_longer_managing_a_product_does_not_delete_it(cloud: Cloud) -> None:
    managed = organisation()
    cloud.converge(managed)
    plan = cloud.converge(organisation(**{ORDERS: product(manage="access")}), managed)
    assert changes(plan) == []


def test_a_key_never_opens_another_product(cloud: Cloud) -> None:
    both = {"commerce/products/refunds.yaml": product(apis=["refunds"])}
    first = organisation(**both)
    cloud.converge(first)
    key = cloud.azure.secrets(cloud.service, KEY)
    plan = cloud.converge(organisation(**both, **{GRANT: grant(product="refunds")}), first)
    assert changes(plan) == [("replace", "subscription checkout--orders")]
    assert plan.written.writes == 2
    assert cloud.azure.secrets(cloud.service, KEY) != key


def test_a_key_that_moves_leaves_its_old_product_before_that_is_deleted(cloud: Cloud) -> None:
    cloud.converge(organisation())
    moved = {ORDERS: None, "commerce/products/refunds.yaml": product(apis=["refunds"]), GRANT: grant(product="refunds")}
    plan = cloud.converge(organisation(**moved), organisation())
    assert ("replace", "subscription checkout--orders") in changes(plan)
    assert ("delete", "product orders") in changes(plan)
    assert cloud.state()[KEY]["scope"].endswith("/products/refunds")


def test_a_renamed_grant_keeps_its_key(cloud: Cloud) -> None:
    cloud.converge(organisation())
    key = cloud.azure.secrets(cloud.service, KEY)
    renamed = organisation(**{GRANT: None, "checkout/grants/history.yaml": grant(product="orders", formerly="orders")})
    plan = cloud.converge(renamed, organisation())
    assert [action for action, _ in changes(plan)] == ["update"]
    assert cloud.azure.secrets(cloud.service, KEY) == key
    assert cloud.plan(renamed, renamed).written.changes == ()


def test_a_renamed_product_keeps_its_keys(cloud: Cloud) -> None:
    cloud.converge(organisation())
    renamed = organisation(
        **{
            ORDERS: None,
            "commerce/products/sales.yaml": product(formerly="orders", display_name="Orders"),
            GRANT: grant(product="sales"),
        }
    )
    assert cloud.converge(renamed, organisation()).written.changes == ()


def test_a_living_subscription_is_taken_over_with_its_keys(cloud: Cloud) -> None:
    cloud.seed(
        {
            "products/orders": {"displayName": "Orders"},
            "subscriptions/live": {"scope": "/products/orders", "displayName": "By hand", "state": "active"},
        }
    )
    asked = organisation(**{ORDERS: product(display_name="Orders", apis=[]), GRANT: grant(subscription="live")})
    before = cloud.state()
    assert cloud.converge(asked).written.changes == ()
    assert cloud.state() == before


@pytest.mark.parametrize(
    ("living", "message"),
    [
        ({}, "subscription 'live' is not in the service"),
        (
            {
                "products/other": {"displayName": "Other"},
                "subscriptions/live": {"scope": "/products/other", "displayName": "x", "state": "active"},
            },
            "subscription 'live' is for products/other, not for this product",
        ),
        (
            {"subscriptions/live": {"scope": "/apis", "displayName": "x", "state": "active"}},
            "subscription 'live' is for apis, not for this product",
        ),
    ],
)
def test_a_claim_on_a_living_subscription_is_checked(cloud: Cloud, living: dict[str, Any], message: str) -> None:
    cloud.seed({"products/orders": {"displayName": "Orders"}, **living})
    with pytest.raises(DeclarationError, match=message):
        cloud.plan(organisation(**{GRANT: grant(subscription="live")}))


def test_an_entra_group_is_found_whatever_its_id_and_however_its_tenant_is_spelled(cloud: Cloud) -> None:
    entra = "5f0c0000-0000-0000-0000-000000000000"
    cloud.seed(
        {
            "groups/5a1c": {
                "displayName": "Checkout",
                "type": "external",
                "externalId": f"aad://contoso.onmicrosoft.com/groups/{entra.upper()}",
            }
        }
    )
    team = {"checkout/team.yaml": {"display_name": "Checkout", "entra_group": entra}}
    cloud.converge(organisation(**team, **{GRANT: grant(portal=True)}))
    assert "products/orders/groups/5a1c" in cloud.state()
    assert "groups/checkout" not in cloud.state()


def test_an_entra_group_that_is_not_there_is_made_once_and_called_as_its_team(cloud: Cloud) -> None:
    entra = cloud.azure.directory.add_group("SG-CHECKOUT-42")
    team = {"checkout/team.yaml": {"display_name": "Checkout", "entra_group": entra}}
    asked = organisation(**team, **{GRANT: grant(portal=True)})
    cloud.converge(asked)
    group = cloud.state()["groups/checkout"]
    assert (group["type"], group["externalId"]) == ("external", f"aad://{TENANT}/groups/{entra}")
    assert group["displayName"] == "Checkout"
    assert "products/orders/groups/checkout" in cloud.state()
    assert changes(cloud.plan(asked, asked)) == []


def test_two_groups_of_one_entra_group_are_a_problem(cloud: Cloud) -> None:
    entra = "5f0c0000-0000-0000-0000-000000000000"
    for name in ("one", "two"):
        external = {"displayName": name, "type": "external", "externalId": f"aad://t/groups/{entra}"}
        cloud.seed({f"groups/{name}": external})
    team = {"checkout/team.yaml": {"display_name": "Checkout", "entra_group": entra}}
    with pytest.raises(DeclarationError, match="more than one group of the service is meant: one, two"):
        cloud.plan(organisation(**team, **{GRANT: grant(portal=True)}))


def test_a_custom_group_does_not_silently_become_an_external_one(cloud: Cloud) -> None:
    cloud.seed({"groups/checkout": {"displayName": "Checkout"}})
    team = {"display_name": "Checkout", "entra_group": "5f0c0000-0000-0000-0000-000000000000"}
    with pytest.raises(DeclarationError, match="exists as a custom group, not external"):
        cloud.plan(organisation(**{"checkout/team.yaml": team, GRANT: grant(portal=True)}))


def test_what_is_not_deployed_yet_is_waited_for_and_everything_else_is_done() -> None:
    cloud = Cloud()
    plan = cloud.converge(organisation())
    assert [str(each.resource.address) for each in plan.waiting] == ["product-api orders/orders"]
    assert KEY in cloud.state()
    cloud.seed(APIS)
    assert changes(cloud.converge(organisation(), organisation())) == [("create", "product-api orders/orders")]


def test_an_open_product_sends_no_limit_and_makes_no_key(cloud: Cloud) -> None:
    opened = organisation(**{ORDERS: product(subscription_required=False), GRANT: None})
    plan = cloud.converge(opened)
    assert plan.written.writes == 2
    assert cloud.plan(opened, opened).written.changes == ()


def test_observe_says_of_a_withdrawn_grant_that_it_is_still_in_force(cloud: Cloud) -> None:
    cloud.converge(organisation())
    watch = {"environments.yaml": {"prod": environment(mode="observe")}}
    plan = cloud.plan(organisation(**watch, **{GRANT: None}), organisation(**watch))
    assert plan.written.changes == ()
    assert [(each.who, each.thing) for each in plan.observed.lost] == [("checkout", "orders")]


def test_a_group_in_an_observed_environment_follows_the_product_that_links_it(cloud: Cloud) -> None:
    watch = {"environments.yaml": {"prod": environment(mode="observe")}}
    see = organisation(**watch, **{ORDERS: product(mode="add"), GRANT: grant(portal=True)})
    cloud.converge(see)
    assert "groups/checkout" in cloud.state()
    cloud.converge(organisation(**watch, **{ORDERS: product(mode="add"), GRANT: None}), see)
    assert "products/orders/groups/checkout" not in cloud.state()
    assert "groups/checkout" not in cloud.state()


def many(number: int) -> dict[str, Any]:
    return organisation(
        **{f"checkout/grants/g{index}.yaml": grant(product="orders", component=f"c{index}") for index in range(number)}
    )


def test_the_guard_refuses_many_removals_and_names_the_way_out(cloud: Cloud) -> None:
    cloud.converge(many(6))
    plan = cloud.plan(organisation(), many(6))
    with pytest.raises(UnsafePlan, match=f"6 of 7 subscriptions of checkout.*--allow {plan.fingerprint}"):
        guard(plan, percent=10, at_least=5)
    guard(plan, percent=90, at_least=5)
    guard(plan, percent=10, at_least=7)


def test_the_guard_lets_a_date_that_was_declared_take_its_course(cloud: Cloud) -> None:
    cloud.converge(many(6))
    guard(cloud.plan(many(6), day=date(2027, 7, 1)), percent=10, at_least=5)


def test_the_guard_counts_what_goes_along_with_a_product(cloud: Cloud) -> None:
    cloud.converge(many(6))
    nothing = {path: value for path, value in many(6).items() if "grants" not in path and path != ORDERS}
    with pytest.raises(UnsafePlan, match="7 of 7 subscriptions of checkout"):
        guard(cloud.plan(nothing, many(6)), percent=10, at_least=5)


def test_the_fingerprint_stands_for_what_is_written_and_not_for_the_day(cloud: Cloud) -> None:
    cloud.converge(organisation())
    withdrawn = organisation(**{GRANT: None})
    today = cloud.plan(withdrawn, organisation())
    tomorrow = cloud.plan(withdrawn, organisation(), day=TODAY + timedelta(days=1))
    assert today.fingerprint == tomorrow.fingerprint
    assert today.fingerprint != cloud.plan(organisation(), organisation()).fingerprint


def test_a_key_for_one_api_or_for_all_is_made_moved_and_taken_back(cloud: Cloud) -> None:
    def asked(**more: Any) -> dict[str, Any]:
        return organisation(**{"checkout/grants/raw.yaml": grant(**more)})

    plan = cloud.converge(asked(api="refunds"))
    assert "checkout gains API refunds in prod: key, until 2027-06-30" in [line.text for line in tell(plan).access]
    assert cloud.state()["subscriptions/checkout--raw"]["scope"].endswith("/apis/refunds")
    plan = cloud.converge(asked(api="*"), asked(api="refunds"))
    assert "checkout gains every API in prod: key, until 2027-06-30" in [line.text for line in tell(plan).access]
    assert cloud.state()["subscriptions/checkout--raw"]["scope"].endswith("/apis")
    cloud.converge(organisation(), asked(api="*"))
    assert cloud.state()["subscriptions/checkout--raw"]["state"] == "suspended"


def test_a_suspended_grant_keeps_the_key_and_opens_nothing(cloud: Cloud) -> None:
    asked, paused = organisation(), organisation(**{GRANT: grant(suspended=True)})
    cloud.converge(asked)
    plan = cloud.converge(paused, asked)
    assert [(each.who, each.thing, each.how) for each in plan.written.lost] == [("checkout", "orders", "key")]
    assert cloud.state()[KEY]["state"] == "suspended"
    assert cloud.plan(paused, paused, day=TODAY + timedelta(days=60)).written.changes == ()
    cloud.converge(asked, paused)
    assert cloud.state()[KEY]["state"] == "active"


@pytest.mark.parametrize("state", ["suspended", "submitted", "rejected", "cancelled", "expired"])
def test_a_key_that_opens_nothing_is_as_good_as_suspended(cloud: Cloud, state: str) -> None:
    cloud.converge(organisation())
    cloud.seed({KEY: {**cloud.state()[KEY], "state": state}})
    paused = organisation(**{GRANT: grant(suspended=True)})
    assert cloud.plan(paused, paused).written.changes == ()


def test_whoever_opens_a_product_reads_it_as_access_for_everybody(cloud: Cloud) -> None:
    cloud.converge(organisation(**{GRANT: None}))
    opened = organisation(**{ORDERS: product(subscription_required=False), GRANT: None})
    plan = cloud.converge(opened)
    assert [line.text for line in tell(plan).access] == ["everybody gains orders in prod: no key is asked for"]


def test_a_teams_group_may_be_another_in_another_environment(cloud: Cloud) -> None:
    entra = {
        "type": "external",
        "externalId": "aad://contoso.onmicrosoft.com/groups/5f0c0000-0000-0000-0000-000000000000",
    }
    cloud.seed({"groups/checkout-prod": {"displayName": "Checkout (prod)", **entra}})
    team = {"display_name": "Checkout", "in": {"prod": {"group": "checkout-prod", "display_name": "Checkout (prod)"}}}
    asked = organisation(**{"checkout/team.yaml": team, GRANT: grant(portal=True)})
    plan = cloud.converge(asked)
    assert "group" not in {change.address.kind for change in plan.written.changes}
    assert "products/orders/groups/checkout-prod" in cloud.state()


def emergency(day: date, **more: Any) -> dict[str, Any]:
    return organisation(**{GRANT: grant(emergency=True, expires=day.isoformat(), **more)})


def test_an_emergency_is_loud_while_it_lasts_and_ends_with_its_day(cloud: Cloud) -> None:
    asked, tomorrow = emergency(TODAY, portal=True), TODAY + timedelta(days=1)
    loud = "EMERGENCY: checkout has orders in prod until 2026-11-23; commerce reviews it after"
    first, again = cloud.converge(asked), cloud.plan(asked, asked)
    for plan in (first, again):
        assert [line.text for line in tell(plan).notes if line.sign == "!"] == [loud]
        assert {each.emergency for each in document(plan).ending} == {"commerce"}
    assert {each.emergency for each in document(first).written.gained} == {"commerce"}
    assert cloud.state()[KEY]["state"] == "active"
    after = cloud.converge(asked, asked, day=tomorrow)
    assert not any("EMERGENCY" in line.text for line in tell(after).notes)
    assert ("update", "subscription checkout--orders") in changes(after)
    assert cloud.state()[KEY]["state"] == "suspended"
    assert "products/orders/groups/checkout" not in cloud.state()


def test_an_emergency_that_is_only_observed_is_not_said_to_be_in_force(cloud: Cloud) -> None:
    cloud.converge(organisation(**{GRANT: None}))
    watch = {"environments.yaml": {"prod": environment(mode="observe")}}
    plan = cloud.plan({**emergency(TODAY), **watch})
    assert "EMERGENCY: checkout would have orders in prod" in " ".join(line.text for line in tell(plan).notes)


def test_an_ordinary_grant_that_becomes_an_emergency_is_no_other_access(cloud: Cloud) -> None:
    ordinary = organisation(**{GRANT: grant(expires=TODAY.isoformat())})
    cloud.converge(ordinary)
    plan = cloud.plan(emergency(TODAY), ordinary)
    assert (plan.written.gained, plan.written.lost, plan.written.changes) == ((), (), ())


@pytest.mark.parametrize(
    ("grants", "reviewer"),
    [
        ({GRANT: grant(emergency=True, expires=TODAY.isoformat(), api="refunds")}, "commerce"),
        ({GRANT: grant(emergency=True, expires=TODAY.isoformat(), api="*")}, "commerce-platform"),
        ({"commerce/grants/orders.yaml": grant(emergency=True, expires=TODAY.isoformat())}, "commerce-platform"),
    ],
)
def test_an_emergency_is_reviewed_by_an_owner_who_is_not_the_one_who_had_it(
    cloud: Cloud, grants: dict[str, Any], reviewer: str
) -> None:
    rules = {
        "guardrails.yaml": {"platform_team": "commerce-platform"},
        "commerce-platform/team.yaml": {"display_name": "Platform"},
    }
    plan = cloud.plan(organisation(**rules, **grants))
    assert f"{reviewer} reviews it after" in " ".join(line.text for line in tell(plan).notes)
