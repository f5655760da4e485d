"""Who must approve a change follows from what was declared before it, never from the change itself."""

from datetime import date
from typing import Any

import pytest
from organisations import SERVICE, TODAY, declared, environment, files, organisation

from reconciler.approvals import Decision, Need, Review, decide, needed
from reconciler.load import load

GRANT = {"environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30"}
PORTAL = {**GRANT, "portal": True}
ORDERS = "commerce/products/orders.yaml"
BASE = organisation(
    **{
        "guardrails.yaml": {"platform_team": "platform"},
        "platform/team.yaml": {"display_name": "Platform", "reviewers": ["pat"]},
        "checkout/team.yaml": {"display_name": "Checkout", "reviewers": ["chris", "carl"]},
        "commerce/team.yaml": {"display_name": "Commerce", "reviewers": ["olga"]},
        "payments/team.yaml": {"display_name": "Payments", "reviewers": ["pam"]},
        "payments/apis.yaml": [{"api": "pay"}],
        "payments/products/pay.yaml": {"environments": ["prod"], "apis": ["pay"], "max_duration": "90 days"},
        "checkout/grants/pay.yaml": {**PORTAL, "expires": "2027-01-31"},
    }
)
HAD = BASE["checkout/grants/orders.yaml"]
OLD = {"environments": ["prod"], "manage": "product", "display_name": "Orders", "apis": ["orders"]}


TIERS = {"standard": {"rate": "10 per minute"}}


def after(**more: Any) -> set[tuple[tuple[str, ...], str]]:
    """Change files of the company, or take them (None), and say who must approve that."""
    head = {path: value for path, value in {**BASE, **more}.items() if value is not None}
    return {(need.teams, need.why) for need in needed(declared(BASE), declared(head))}


PLATFORM, CHECKOUT, COMMERCE, PAYMENTS = ("platform",), ("checkout",), ("commerce",), ("payments",)
CHANGES: dict[str, tuple[dict[str, Any], set[tuple[tuple[str, ...], str]]]] = {
    "nothing": ({}, set()),
    "a grant": (
        {"platform/grants/orders.yaml": GRANT},
        {(COMMERCE, "platform asks for orders")},
    ),
    "a later end only": (
        {"checkout/grants/orders.yaml": {**GRANT, "expires": "2027-07-31"}},
        {(COMMERCE, "checkout asks for something else of orders")},
    ),
    "another reason only": (
        {"checkout/grants/orders.yaml": {**GRANT, "reason": "Something else"}},
        {(COMMERCE, "checkout asks for something else of orders")},
    ),
    "a grant given back": (
        {"checkout/grants/orders.yaml": None},
        {(("checkout", "commerce"), "checkout gives orders back")},
    ),
    "a key that somebody else has": (
        {"checkout/grants/orders.yaml": {**HAD, "revoked": "compromised"}},
        {(("checkout", "commerce"), "checkout says that its access to orders is compromised")},
    ),
    "a key that somebody else has in an environment": (
        {"checkout/grants/orders.yaml": {**HAD, "in": {"prod": {"revoked": "compromised"}}}},
        {(("checkout", "commerce"), "checkout says that its access to orders is compromised")},
    ),
    "a key that somebody else has, and more": (
        {"checkout/grants/orders.yaml": {**PORTAL, "revoked": "compromised"}},
        {(COMMERCE, "checkout asks for something else of orders")},
    ),
    "another rotation": (
        {ORDERS: {**OLD, "rotation": "30 days"}},
        {(COMMERCE, "product orders changes")},
    ),
    "another rotation for everybody": (
        {"guardrails.yaml": {"platform_team": "platform", "rotation": "90 days"}},
        {(PLATFORM, "the rules for everybody change")},
    ),
    "a living subscription taken over": (
        {"checkout/grants/orders.yaml": {**GRANT, "subscription": "5a1c"}},
        {(COMMERCE, "checkout asks for something else of orders"), (PLATFORM, "checkout takes over subscription 5a1c")},
    ),
    "a key around products": (
        {"checkout/grants/raw.yaml": {**GRANT, "api": "pay"}},
        {(PAYMENTS, "checkout asks for API pay"), (PLATFORM, "checkout's key for API pay goes around products")},
    ),
    "another Entra group": (
        {"checkout/team.yaml": {"display_name": "Checkout", "reviewers": ["chris", "carl"], "group": "everybody"}},
        {
            (CHECKOUT, "who checkout is changes"),
            (PAYMENTS, "other people see it as checkout"),
            (PLATFORM, "checkout takes over a group that may live"),
        },
    ),
    "another id for a product": (
        {ORDERS: {**OLD, "id": "somebodys"}},
        {(COMMERCE, "product orders changes"), (PLATFORM, "product orders may be one that lives")},
    ),
    "a name that a product had": (
        {ORDERS: {**OLD, "formerly": "somebodys"}},
        {(COMMERCE, "product orders changes"), (PLATFORM, "product orders may be one that lives")},
    ),
    "a product under another name": (
        {
            "payments/products/pay.yaml": None,
            "checkout/grants/pay.yaml": None,
            "payments/products/pay2.yaml": {"environments": ["prod"], "apis": ["pay"], "formerly": "pay"},
        },
        {
            (PAYMENTS, "product pay goes"),
            (PAYMENTS, "product pay2 is new"),
            (("checkout", "payments"), "checkout gives pay back"),
        },
    ),
    "a product that asks for no key any more": (
        {ORDERS: {**OLD, "subscription_required": False}, "checkout/grants/orders.yaml": None},
        {
            (COMMERCE, "product orders changes"),
            (COMMERCE, "product orders opens API orders to everybody"),
            (("checkout", "commerce"), "checkout gives orders back"),
        },
    ),
    "a product whose rules ask where Azure asks no more": (
        {ORDERS: {**OLD, "subscription_required": False, "tiers": TIERS}},
        {(COMMERCE, "product orders changes")},
    ),
    "a product whose rules only report where Azure asks no more": (
        {ORDERS: {**OLD, "subscription_required": False, "tiers": TIERS, "enforcement": "report"}},
        {(COMMERCE, "product orders changes"), (COMMERCE, "product orders opens API orders to everybody")},
    ),
    "rules in the policy of another team's API": (
        {"payments/products/more.yaml": {**OLD, "display_name": "More", "tiers": TIERS, "enforce_at": "api"}},
        {
            (PAYMENTS, "product more is new"),
            (PLATFORM, "product more may be one that lives"),
            (COMMERCE, "product more opens API orders"),
            (COMMERCE, "the rules of product more come into the policy of API orders"),
        },
    ),
    "other reviewers": (
        {"commerce/team.yaml": {"display_name": "Commerce", "reviewers": ["mallory"]}},
        {(COMMERCE, "who commerce is changes")},
    ),
    "a new team": (
        {"sales/team.yaml": {"display_name": "Sales"}},
        {(PLATFORM, "sales is a new team")},
    ),
    "an API that nobody owned": (
        {"checkout/apis.yaml": [{"api": "legacy"}]},
        {(PLATFORM, "checkout claims API legacy, which nobody owned"), (CHECKOUT, "checkout owns API legacy")},
    ),
    "an owner's API claimed by another": (
        {"payments/apis.yaml": None, "payments/products/pay.yaml": None, "checkout/grants/pay.yaml": None}
        | {"checkout/apis.yaml": [{"api": "pay"}]},
        {
            (PAYMENTS, "payments gives up API pay"),
            (PAYMENTS, "product pay goes"),
            (("checkout", "payments"), "checkout gives pay back"),
            (PAYMENTS, "checkout claims API pay, which is payments's"),
            (CHECKOUT, "checkout owns API pay"),
        },
    ),
    "another team's API on a product": (
        {ORDERS: {**OLD, "apis": ["orders", "pay"]}},
        {(COMMERCE, "product orders changes"), (PAYMENTS, "product orders opens API pay")},
    ),
    "an API that nobody owns on a product": (
        {
            ORDERS: {**OLD, "apis": ["orders", "legacy"]},
            "commerce/apis.yaml": [{"api": "orders"}, {"api": "refunds"}, {"api": "legacy"}],
        },
        {
            (COMMERCE, "product orders changes"),
            (PLATFORM, "product orders opens API legacy"),
            (PLATFORM, "commerce claims API legacy, which nobody owned"),
            (COMMERCE, "commerce owns API legacy"),
        },
    ),
    "a product that another team takes": (
        {ORDERS: None, "checkout/products/orders.yaml": OLD},
        {
            (COMMERCE, "product orders becomes checkout's"),
            (CHECKOUT, "product orders becomes checkout's"),
        },
    ),
    "a product for guests": (
        {ORDERS: {**OLD, "visible_to": ["guests"], "self_service": True}},
        {(COMMERCE, "product orders changes"), (PLATFORM, "guests see product orders")},
    ),
    "grants that may run longer": (
        {"payments/products/pay.yaml": {"environments": ["prod"], "apis": ["pay"], "max_duration": "365 days"}},
        {(PAYMENTS, "product pay changes"), (PLATFORM, "grants of product pay may run longer")},
    ),
    "grants without a limit of their own": (
        {"payments/products/pay.yaml": {"environments": ["prod"], "apis": ["pay"]}},
        {(PAYMENTS, "product pay changes"), (PLATFORM, "grants of product pay may run longer")},
    ),
    "a weaker mode": (
        {ORDERS: {**OLD, "mode": "observe"}},
        {(COMMERCE, "product orders changes"), (PLATFORM, "product orders is governed less")},
    ),
    "a new product": (
        {"payments/products/extra.yaml": {"environments": ["prod"]}},
        {(PAYMENTS, "product extra is new"), (PLATFORM, "product extra may be one that lives")},
    ),
    "another endpoint": (
        {"environments.yaml": {"prod": environment(endpoint="https://elsewhere.example", service=SERVICE)}},
        {(PLATFORM, "the services and their limits change")},
    ),
    "other rules": (
        {"guardrails.yaml": {"platform_team": "checkout"}},
        {(PLATFORM, "the rules for everybody change")},
    ),
    "another repository for what Backstage opens": (
        {"backstage.yaml": {"repository": "elsewhere/access"}},
        {(PLATFORM, "what Backstage shows, and where it asks, changes")},
    ),
    "a fragment": (
        {"commerce/fragments/cors.xml": "<fragment><trace /></fragment>"},
        {(COMMERCE, "fragment cors changes"), (PLATFORM, "fragment cors may be one that lives")},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_who_must_approve(name: str) -> None:
    files, expected = CHANGES[name]
    assert after(**files) == expected


PLACES = {
    name: environment(service=SERVICE.replace("apim-test", f"apim-{name}"), variables={"letter": name[0]})
    for name in ("dev", "prod")
}
PAY = {"api": "pay-$(letter)", "classification": "restricted"}
LEAD = {"environments": ["dev", "prod"], "apis": ["pay-$(letter)"]}
APART: dict[str, Any] = {
    **BASE,
    "environments.yaml": PLACES,
    "commerce/apis.yaml": [{"api": "orders"}, {"api": "refunds"}, {"api": "stock", "environments": ["dev"]}],
    "payments/apis.yaml": [PAY, {"api": "stock", "environments": ["prod"]}],
    "payments/products/pay.yaml": LEAD,
    ORDERS: {**OLD, "environments": ["dev", "prod"]},
    "checkout/grants/pay.yaml": {**GRANT, "environments": ["dev", "prod"]},
}
IN_PROD = {"environments": ["dev", "prod"], "in": {"prod": {"apis": ["orders", "stock"]}}}
ATTACKS: dict[str, tuple[dict[str, Any], dict[str, Any], set[tuple[tuple[str, ...], str]]]] = {
    "an API that is one's own in dev alone, claimed in prod, too": (
        {"payments/apis.yaml": [PAY]},
        {"commerce/apis.yaml": [{"api": "orders"}, {"api": "refunds"}, {"api": "stock"}]},
        {
            (COMMERCE, "what commerce says of API stock changes"),
            (PLATFORM, "commerce claims API stock, which nobody owned"),
        },
    ),
    "the same in a line of its own, before the one that is there": (
        {"payments/apis.yaml": [PAY]},
        {
            "commerce/apis.yaml": [
                {"api": "stock", "environments": ["prod"]},
                {"api": "orders"},
                {"api": "refunds"},
                {"api": "stock", "environments": ["dev"]},
            ]
        },
        {
            (COMMERCE, "what commerce says of API stock changes"),
            (PLATFORM, "commerce claims API stock, which nobody owned"),
        },
    ),
    "another's API in prod, which is one's own in dev, on a product": (
        {},
        {ORDERS: {**OLD, **IN_PROD}},
        {(COMMERCE, "product orders changes"), (PAYMENTS, "product orders opens API stock")},
    ),
    "another's API by the name that it has in prod": (
        {},
        {ORDERS: {**OLD, **IN_PROD, "in": {"prod": {"apis": ["orders", "pay-p"]}}}},
        {(COMMERCE, "product orders changes"), (PAYMENTS, "product orders opens API pay-p")},
    ),
    "another's API claimed by the name that it has in prod": (
        {},
        {
            "commerce/apis.yaml": [
                {"api": "orders"},
                {"api": "refunds"},
                {"api": "stock", "environments": ["dev"]},
                {"api": "pay-p", "environments": ["prod"]},
            ],
            "payments/apis.yaml": [{**PAY, "environments": ["dev"]}, {"api": "stock", "environments": ["prod"]}],
        },
        {
            (PAYMENTS, "what payments says of API pay-$(letter) changes"),
            (PAYMENTS, "commerce claims API pay-p, which is payments's"),
            (COMMERCE, "commerce owns API pay-p"),
            (PLATFORM, "API pay-p is restricted no more"),
        },
    ),
    "a word for data that goes with the variable in an API's name": (
        {},
        {
            "payments/apis.yaml": [
                {**PAY, "environments": ["dev"]},
                {"api": "pay-p", "environments": ["prod"]},
                {"api": "stock", "environments": ["prod"]},
            ]
        },
        {
            (PAYMENTS, "what payments says of API pay-$(letter) changes"),
            (PAYMENTS, "payments owns API pay-p"),
            (PLATFORM, "API pay-p is restricted no more"),
        },
    ),
    "a key for an API with an owner in dev and another in prod": (
        {},
        {"checkout/grants/raw.yaml": {**GRANT, "environments": ["dev", "prod"], "api": "stock"}},
        {
            (COMMERCE, "checkout asks for API stock"),
            (PAYMENTS, "checkout asks for API stock"),
            (PLATFORM, "checkout's key for API stock goes around products"),
        },
    ),
    "another team's grant turned to a product of one's own": (
        {"payments/products/mine.yaml": {"environments": ["prod"]}},
        {"checkout/grants/orders.yaml": {**GRANT, "product": "mine"}},
        {
            (PAYMENTS, "checkout asks for something else of mine"),
            (("checkout", "commerce"), "checkout gives orders back"),
        },
    ),
    "another team's grant turned to a product that lets everybody through": (
        {"payments/products/free.yaml": {"environments": ["prod"], "approval": "automatic"}},
        {"checkout/grants/orders.yaml": {**GRANT, "product": "free"}},
        {(("checkout", "commerce"), "checkout gives orders back")},
    ),
    "a product in another environment": (
        {ORDERS: OLD},
        {ORDERS: {**OLD, "environments": ["dev", "prod"]}},
        {
            (COMMERCE, "product orders changes"),
            (PLATFORM, "product orders may be one that lives"),
        },
    ),
    "an API added to a product that is open to everybody": (
        {ORDERS: {**OLD, "subscription_required": False}, "checkout/grants/orders.yaml": None},
        {ORDERS: {**OLD, "subscription_required": False, "apis": ["orders", "pay-p"]}},
        {(COMMERCE, "product orders changes"), (PAYMENTS, "product orders opens API pay-p")},
    ),
    "a name that another team's product had": (
        {},
        {
            "payments/products/pay.yaml": None,
            "checkout/grants/pay.yaml": None,
            "commerce/products/mine.yaml": {"environments": ["prod"], "formerly": "pay"},
        },
        {
            (PAYMENTS, "product pay goes"),
            (COMMERCE, "product mine is new"),
            (PLATFORM, "product mine may be one that lives"),
            (("checkout", "payments"), "checkout gives pay back"),
        },
    ),
    "another Entra group for a team that sees what others own": (
        {"checkout/grants/orders.yaml": {**GRANT, "portal": True}},
        {
            "checkout/team.yaml": {
                "display_name": "Checkout",
                "reviewers": ["chris", "carl"],
                "in": {"prod": {"entra_group": "5f0c0000-0000-0000-0000-000000000009"}},
            }
        },
        {(CHECKOUT, "who checkout is changes"), (COMMERCE, "other people see it as checkout")},
    ),
    "a group that is taken away in one environment, so that another of the team's name is meant": (
        {
            "checkout/team.yaml": {"display_name": "Checkout", "group": "g", "in": {"prod": {"display_name": "C"}}},
            "checkout/grants/orders.yaml": {**GRANT, "portal": True},
        },
        {
            "checkout/team.yaml": {
                "display_name": "Checkout",
                "group": "g",
                "in": {"prod": {"display_name": "C", "group": None}},
            }
        },
        {
            (CHECKOUT, "who checkout is changes"),
            (COMMERCE, "other people see it as checkout"),
            (PLATFORM, "checkout takes over a group that may live"),
        },
    ),
    "a team's folder under another name": (
        {"payments/apis.yaml": None, "payments/products/pay.yaml": None, "checkout/grants/pay.yaml": None}
        | {"commerce/apis.yaml": [{"api": "orders"}, {"api": "refunds"}]},
        {
            "commerce/team.yaml": None,
            "commerce/apis.yaml": None,
            ORDERS: None,
            "trade/team.yaml": {"display_name": "Commerce", "reviewers": ["olga"]},
            "trade/apis.yaml": [{"api": "orders"}, {"api": "refunds"}],
            "trade/products/orders.yaml": {**OLD, "environments": ["dev", "prod"]},
        },
        {
            (COMMERCE, "commerce is no team any more"),
            (PLATFORM, "trade is a new team"),
            (COMMERCE, "product orders becomes trade's"),
            (PLATFORM, "product orders becomes trade's"),
            *((COMMERCE, f"commerce gives up API {api}") for api in ("orders", "refunds")),
            *((COMMERCE, f"trade claims API {api}, which is commerce's") for api in ("orders", "refunds")),
            *((PLATFORM, f"trade owns API {api}") for api in ("orders", "refunds")),
        },
    ),
    "the same APIs in another order": (
        {},
        {"payments/apis.yaml": [{"api": "stock", "environments": ["prod"]}, PAY]},
        set(),
    ),
    "a grant moved into another team's folder": (
        {},
        {"checkout/grants/orders.yaml": None, "payments/grants/orders.yaml": GRANT},
        {
            (("checkout", "commerce"), "checkout gives orders back"),
            (COMMERCE, "payments asks for orders"),
        },
    ),
    "another caller": (
        {},
        {"checkout/grants/orders.yaml": {**GRANT, "component": "batch"}},
        {(COMMERCE, "checkout asks for something else of orders")},
    ),
    "somebody else who is said to ask": (
        {},
        {"checkout/grants/orders.yaml": {**GRANT, "requested_by": "somebody"}},
        {(COMMERCE, "checkout asks for something else of orders")},
    ),
    "a claim on a subscription in one more environment": (
        {"checkout/grants/orders.yaml": {**GRANT, "in": {"prod": {"subscription": "5a1c"}}}},
        {"checkout/grants/orders.yaml": {**GRANT, "environments": ["dev", "prod"], "subscription": "5a1c"}},
        {
            (COMMERCE, "checkout asks for something else of orders"),
            (PLATFORM, "checkout takes over subscription 5a1c"),
        },
    ),
    "requests let through without an approval from now on": (
        {},
        {
            ORDERS: {**OLD, "environments": ["dev", "prod"], "approval": "automatic"},
            "platform/grants/orders.yaml": GRANT,
        },
        {(COMMERCE, "product orders changes"), (COMMERCE, "platform asks for orders")},
    ),
    "somebody who may approve from now on": (
        {},
        {
            ORDERS: {**OLD, "environments": ["dev", "prod"], "approvers": ["platform"]},
            "platform/grants/orders.yaml": GRANT,
        },
        {(COMMERCE, "product orders changes"), (COMMERCE, "platform asks for orders")},
    ),
    "another platform team that approves itself": (
        {},
        {"guardrails.yaml": {"platform_team": "checkout"}, "sales/team.yaml": {"display_name": "Sales"}},
        {(PLATFORM, "the rules for everybody change"), (PLATFORM, "sales is a new team")},
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_who_must_approve_what_somebody_would_try(name: str) -> None:
    base_more, head_more, expected = ATTACKS[name]
    base = {path: value for path, value in {**APART, **base_more}.items() if value is not None}
    head = {path: value for path, value in {**base, **head_more}.items() if value is not None}
    assert {(need.teams, need.why) for need in needed(declared(base), declared(head))} == expected


CLIENTS = [f"{digit}a2b0000-0000-0000-0000-000000000000" for digit in "12"]
FREE = {
    "environments": ["dev", "prod"],
    "apis": ["pay-$(letter)"],
    "approval": "automatic",
    "credentials": "key or token",
    "oauth": {"audience": "api://pay"},
    "tiers": {"standard": {"rate": "10 per minute"}, "partner": {}},
    "default_tier": "standard",
}
LESS: dict[str, tuple[dict[str, Any], bool]] = {
    "a later end": ({"expires": "2027-07-31"}, False),
    "another reason": ({"reason": "Another"}, False),
    "the portal, too": ({"portal": True}, False),
    "an earlier end": ({"expires": "2026-12-31"}, True),
    "an earlier end in one environment": ({"in": {"dev": {"expires": "2026-12-31"}}}, True),
    "one environment less": ({"environments": ["dev"]}, True),
    "no key": ({"key": False, "portal": True}, True),
    "a key that is held back": ({"suspended": True}, True),
    "a client more": ({"clients": [*CLIENTS, "3a2b0000-0000-0000-0000-000000000000"]}, False),
    "a client less": ({"clients": CLIENTS[:1]}, True),
    "another client": ({"clients": [CLIENTS[0], "3a2b0000-0000-0000-0000-000000000000"]}, True),
    "another tier": ({"tier": "partner"}, True),
    "no tier of its own": ({"tier": None}, True),
    "a key that is compromised, and ends earlier": ({"revoked": "compromised", "expires": "2026-12-31"}, True),
}


@pytest.mark.parametrize("name", LESS)
def test_where_requests_need_no_approval_nobody_takes_from_a_team_what_it_has(name: str) -> None:
    changed, asks = LESS[name]
    had = {**GRANT, "environments": ["dev", "prod"], "clients": CLIENTS, "tier": "standard"}
    base = {**APART, "payments/products/pay.yaml": FREE, "checkout/grants/pay.yaml": had}
    head = {**base, "checkout/grants/pay.yaml": {**had, **changed}}
    needs = {(need.teams, need.why) for need in needed(declared(base), declared(head))}
    assert needs == ({(("checkout", "payments"), "checkout gives up some of pay")} if asks else set())


NULLS: dict[str, tuple[str, dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "a key that is held back no more": (
        "checkout/grants/orders.yaml",
        {**GRANT, "suspended": True},
        {"suspended": None},
        COMMERCE,
    ),
    "another group that is the team": (
        "checkout/team.yaml",
        {"display_name": "Checkout", "group": "g"},
        {"group": None},
        CHECKOUT,
    ),
    "a product that is governed less": (ORDERS, {**OLD, "mode": "enforce"}, {"mode": None}, PLATFORM),
    "grants that may run longer": (ORDERS, {**OLD, "max_duration": "90 days"}, {"max_duration": None}, PLATFORM),
}


@pytest.mark.parametrize("name", NULLS)
def test_nothing_said_in_an_environment_is_something_else_than_null(name: str) -> None:
    """There `null` takes away what stands above, and pydantic calls the two equal."""
    path, says, nothing, who = NULLS[name]
    base = {**BASE, "checkout/grants/orders.yaml": None, path: {**says, "in": {"prod": {}}}}
    base = {path: value for path, value in base.items() if value is not None}
    head = {**base, path: {**says, "in": {"prod": nothing}}}
    assert who in {need.teams for need in needed(declared(base), declared(head))}


def test_another_subscription_under_a_grant_is_less_than_it_had() -> None:
    had = {**GRANT, "environments": ["dev", "prod"], "in": {"prod": {"subscription": "5a1c"}}}
    base = {**APART, "payments/products/pay.yaml": FREE, "checkout/grants/pay.yaml": had}
    head = {**base, "checkout/grants/pay.yaml": {**had, "in": {}}}
    needs = {(need.teams, need.why) for need in needed(declared(base), declared(head))}
    assert needs == {(("checkout", "payments"), "checkout gives up some of pay")}


def test_owner_and_request_in_one_change_are_judged_by_the_owner_before_it() -> None:
    """Checkout takes the product and asks for it at once: commerce is still asked about both."""
    moved = {ORDERS: None, "checkout/products/orders.yaml": OLD, "checkout/grants/second.yaml": None}
    needs = after(**moved, **{"platform/grants/orders.yaml": GRANT})
    assert (COMMERCE, "platform asks for orders") in needs
    assert (COMMERCE, "product orders becomes checkout's") in needs


def test_a_product_may_let_others_approve_or_ask_for_no_approval() -> None:
    def asks(**more: Any) -> tuple[Need, ...]:
        base = {**BASE, ORDERS: {**OLD, **more}}
        return needed(declared(base), declared({**base, "payments/grants/orders.yaml": GRANT}))

    assert [need.teams for need in asks(approvers=["platform"])] == [("commerce", "platform")]
    assert asks(approval="automatic") == ()


def test_a_change_does_not_make_its_own_approval_automatic() -> None:
    head = {ORDERS: {**OLD, "approval": "automatic"}, "payments/grants/orders.yaml": GRANT}
    assert (COMMERCE, "payments asks for orders") in after(**head)


def test_without_a_platform_team_nobody_can_approve_what_needs_it() -> None:
    base = {**BASE, "guardrails.yaml": {}}
    (need,) = needed(declared(base), declared({**base, "sales/team.yaml": {"display_name": "Sales"}}))
    assert need.teams == ()
    everybody = {"platform": frozenset({"pat"}), "commerce": frozenset({"olga"})}
    assert not decide([need], [yes("pat"), yes("olga")], everybody, requesters=frozenset(), digest="d").approved


RESTRICTED = {"level": "approval", "by": "security", "when": {"classification": "restricted"}, "say": "Personal data"}
SECURITY = ("security",)
WATCHED: dict[str, Any] = {
    **BASE,
    "guardrails.yaml": {
        "platform_team": "platform",
        "rules": [RESTRICTED, {"level": "approval", "by": "platform", "when": {"longer_than": "90 days"}}],
    },
    "security/team.yaml": {"display_name": "Security", "reviewers": ["sam"]},
    "payments/apis.yaml": [{"api": "pay", "classification": "restricted"}],
    "payments/products/pay.yaml": {"environments": ["prod"], "apis": ["pay"], "approval": "automatic"},
}
SHORT = {**GRANT, "expires": "2027-01-31"}
NOW = {**GRANT, "expires": "2026-11-23", "emergency": True}


def watched(*base_and_head: dict[str, Any], day: date = TODAY) -> set[tuple[tuple[str, ...], str]]:
    """Change files of a company with rules, twice: what was there before, and what is asked for."""
    contents = dict(WATCHED)
    sides = []
    for changed in base_and_head:
        contents |= changed
        sides.append(declared({path: value for path, value in contents.items() if value is not None}, day))
    return {(need.teams, need.why) for need in needed(sides[0], sides[1], day=day)}


LONG = (PLATFORM, "a rule asks for it: longer_than: 90 days")
PERSONAL = (SECURITY, "Personal data")
ASKED_FIRST = {"checkout/grants/pay.yaml": SHORT}
UNDER_RULES: dict[str, tuple[dict[str, Any], dict[str, Any], set[tuple[tuple[str, ...], str]]]] = {
    "what no rule is about": ({}, {"platform/grants/orders.yaml": SHORT}, {(COMMERCE, "platform asks for orders")}),
    "a long grant": ({}, {"platform/grants/orders.yaml": GRANT}, {(COMMERCE, "platform asks for orders"), LONG}),
    "restricted data, though its owner lets requests through": (
        {},
        {"platform/grants/pay.yaml": SHORT},
        {PERSONAL},
    ),
    "restricted data around products": (
        {},
        {"platform/grants/raw.yaml": {**SHORT, "api": "pay"}},
        {
            PERSONAL,
            (PAYMENTS, "platform asks for API pay"),
            (PLATFORM, "platform's key for API pay goes around products"),
        },
    ),
    "another reason for restricted data": (
        ASKED_FIRST,
        {"checkout/grants/pay.yaml": {**SHORT, "reason": "Another"}},
        {PERSONAL},
    ),
    "restricted data given back": (
        ASKED_FIRST,
        {"checkout/grants/pay.yaml": None},
        {(("checkout", "payments"), "checkout gives pay back")},
    ),
    "somebody else's grant while restricted data is there": (
        ASKED_FIRST,
        {"platform/grants/orders.yaml": SHORT},
        {(COMMERCE, "platform asks for orders")},
    ),
    "a product that opens restricted data": (
        {},
        {ORDERS: {**OLD, "apis": ["orders", "pay"]}},
        {PERSONAL, (COMMERCE, "product orders changes"), (PAYMENTS, "product orders opens API pay")},
    ),
    "a rule that is taken away along with the request": (
        {},
        {"platform/grants/pay.yaml": SHORT, "guardrails.yaml": {"platform_team": "platform"}},
        {PERSONAL, (PLATFORM, "the rules for everybody change")},
    ),
    "an API that is restricted no more": (
        {},
        {"payments/apis.yaml": [{"api": "pay", "classification": "internal"}]},
        {(PAYMENTS, "what payments says of API pay changes"), (PLATFORM, "API pay is restricted no more")},
    ),
    "an API that loses its word with its owner": (
        {},
        {"payments/apis.yaml": None, "commerce/apis.yaml": [{"api": "orders"}, {"api": "refunds"}, {"api": "pay"}]},
        {
            (PAYMENTS, "payments gives up API pay"),
            (PAYMENTS, "commerce claims API pay, which is payments's"),
            (COMMERCE, "commerce owns API pay"),
            (PLATFORM, "API pay is restricted no more"),
        },
    ),
    "a product that is marked": (
        {},
        {ORDERS: {**OLD, "classification": "restricted"}},
        {PERSONAL, (COMMERCE, "product orders changes")},
    ),
    "a product that is marked no more": (
        {ORDERS: {**OLD, "classification": "restricted"}},
        {ORDERS: OLD},
        {(PLATFORM, "product orders is restricted no more"), (COMMERCE, "product orders changes")},
    ),
    "a product that is marked no more under another name": (
        {ORDERS: {**OLD, "classification": "restricted"}},
        {
            ORDERS: None,
            "checkout/grants/orders.yaml": None,
            "commerce/products/sales.yaml": {**OLD, "formerly": "orders"},
        },
        {
            (PLATFORM, "product sales is restricted no more"),
            (COMMERCE, "product sales is new"),
            (COMMERCE, "product orders goes"),
            (("checkout", "commerce"), "checkout gives orders back"),
        },
    ),
    "an emergency": (
        {},
        {"platform/grants/orders.yaml": NOW, "checkout/grants/pay.yaml": NOW},
        {
            (("commerce", "platform"), "EMERGENCY: platform asks for orders"),
            (("payments", "platform"), "EMERGENCY: checkout asks for something else of pay"),
        },
    ),
    "an emergency around products": (
        {},
        {"checkout/grants/raw.yaml": {**NOW, "api": "pay"}},
        {
            (("payments", "platform"), "EMERGENCY: checkout asks for API pay"),
            (PLATFORM, "checkout's key for API pay goes around products"),
        },
    ),
    "one more day of an emergency": (
        {"payments/grants/orders.yaml": {**NOW, "expires": "2026-11-22"}},
        {"payments/grants/orders.yaml": NOW},
        {(("commerce", "platform"), "EMERGENCY: payments asks for something else of orders")},
    ),
    "an emergency that is over": (
        {"payments/grants/orders.yaml": {**NOW, "expires": "2026-11-22"}, ORDERS: {**OLD, "approvers": ["payments"]}},
        {"payments/grants/orders.yaml": None},
        {(COMMERCE, "payments's emergency with orders is over, and is reviewed")},
    ),
    "an owner's own emergency that is over": (
        {"commerce/grants/orders.yaml": {**NOW, "expires": "2026-11-22"}},
        {"commerce/grants/orders.yaml": None},
        {(PLATFORM, "commerce's emergency with orders is over, and is reviewed")},
    ),
    "an emergency that stays": (
        {"checkout/grants/pay.yaml": NOW},
        {"checkout/grants/pay.yaml": SHORT},
        {PERSONAL, (PAYMENTS, "checkout's emergency with pay is over, and is reviewed")},
    ),
    "an emergency that goes on elsewhere": (
        {"payments/grants/orders.yaml": NOW},
        {"payments/grants/orders.yaml": {**NOW, "product": "pay"}},
        {
            (COMMERCE, "payments's emergency with orders is over, and is reviewed"),
            (("payments", "platform"), "EMERGENCY: payments asks for something else of pay"),
        },
    ),
}


@pytest.mark.parametrize("name", UNDER_RULES)
def test_who_must_approve_besides_where_there_are_rules_and_in_an_emergency(name: str) -> None:
    base, head, expected = UNDER_RULES[name]
    assert watched(base, head) == expected


def test_of_how_long_a_grant_runs_the_strictest_is_taken_where_no_day_is_known() -> None:
    head = declared({**WATCHED, "platform/grants/orders.yaml": SHORT})
    assert LONG in {(need.teams, need.why) for need in needed(declared(WATCHED), head)}


def test_an_emergency_that_would_outlast_its_day_is_judged_like_any_other() -> None:
    """No check has to have refused it: who looks at approvals may not have seen one."""
    asked = {"platform/grants/pay.yaml": {**NOW, "expires": "2026-11-24"}}
    base, head = (load(files(contents)).declarations for contents in (WATCHED, {**WATCHED, **asked}))
    assert [need.teams for need in needed(base, head, day=TODAY)] == [SECURITY]
    assert [need.teams for need in needed(base, head, day=date(2026, 11, 24))] == [("payments", "platform")]
    assert SECURITY in {need.teams for need in needed(base, head)}


def test_one_approval_is_enough_for_an_emergency_and_it_is_not_the_requesters() -> None:
    head = declared({**BASE, "payments/grants/orders.yaml": NOW})
    needs = needed(declared(BASE), head, day=TODAY)
    people = {"platform": frozenset({"pat"}), "commerce": frozenset({"olga"}), "payments": frozenset({"pam"})}
    approved = {
        login: decide(needs, [yes(login)], people, requesters=frozenset({"olga"}), digest="d").approved
        for login in ("pat", "olga", "pam")
    }
    assert approved == {"pat": True, "olga": False, "pam": False}


PEOPLE = {
    "platform": frozenset({"pat"}),
    "checkout": frozenset({"chris", "carl"}),
    "commerce": frozenset({"Olga", "chris"}),
}
ASKED = (Need(COMMERCE, "checkout asks for orders", "checkout/grants/orders.yaml"),)


def yes(login: str, digest: str = "d") -> Review:
    return Review(login, approves=True, digest=digest)


def no(login: str) -> Review:
    return Review(login, approves=False, digest="d")


def judged(*reviews: Review, requesters: frozenset[str] = frozenset({"chris"})) -> Decision:
    return decide(ASKED, reviews, PEOPLE, requesters=requesters, digest="d")


@pytest.mark.parametrize(
    ("reviews", "approved"),
    [
        ((), False),
        ((yes("olga"),), True),
        ((yes("OLGA"),), True),
        ((yes("pat"),), False),
        ((yes("carl"),), False),
        ((yes("chris"),), False),  # in the owner's team, and the one who asks
        ((yes("olga", "before the last push"),), False),
        ((yes("olga"), no("olga")), False),
        ((no("olga"), yes("olga")), True),
        ((yes("olga"), no("carl")), True),  # not carl's to decide
        ((yes("mallory"),), False),
    ],
)
def test_an_approval_counts_if_it_is_somebody_elses_who_may_and_for_what_is_there_now(
    reviews: tuple[Review, ...],
    approved: bool,  # noqa: FBT001
) -> None:
    decision = judged(*reviews)
    assert decision.approved is approved
    assert {*decision.awaited, *(need for need, _ in decision.met)} == set(ASKED)


def test_what_does_not_count_is_named() -> None:
    decision = judged(yes("chris"), yes("pat", "old"), no("olga"))
    assert (decision.own, decision.outdated, decision.refused_by) == (("chris",), ("pat",), ("olga",))


def test_somebody_who_may_decide_and_asks_for_changes_stops_it() -> None:
    people = {**PEOPLE, "commerce": frozenset({"olga", "otto"})}
    decision = decide(ASKED, [yes("olga"), no("otto")], people, requesters=frozenset(), digest="d")
    assert (decision.approved, decision.refused_by) == (False, ("otto",))


@pytest.mark.parametrize("approval", ["owner", "automatic"])
def test_a_compromised_key_comes_back_only_by_whoever_approves_the_product(approval: str) -> None:
    """Where requests need no approval, this is one: the keys are new, and nobody else has them."""
    product = {ORDERS: {**OLD, "approval": approval}}
    base = {**BASE, **product, "checkout/grants/orders.yaml": {**GRANT, "revoked": "compromised"}}
    head = {**BASE, **product, "checkout/grants/orders.yaml": GRANT}
    needs = {(need.teams, need.why) for need in needed(declared(base), declared(head))}
    assert needs == ({(COMMERCE, "checkout asks for something else of orders")} if approval == "owner" else set())


def test_a_key_that_comes_back_while_another_is_compromised_is_asked_for() -> None:
    def company(where: str) -> dict[str, Any]:
        places = {"environments": ["dev", "prod"], "in": {where: {"revoked": "compromised"}}}
        product = {"payments/products/pay.yaml": {**FREE, "approval": "owner"}}
        return {**APART, **product, "checkout/grants/pay.yaml": {**GRANT, **places}}

    needs = {(need.teams, need.why) for need in needed(declared(company("prod")), declared(company("dev")))}
    assert needs == {(PAYMENTS, "checkout asks for something else of pay")}


def test_nobody_of_another_team_says_that_a_key_is_compromised() -> None:
    revoked = {**BASE, "checkout/grants/orders.yaml": {**HAD, "revoked": "compromised"}}
    (need,) = needed(declared(BASE), declared(revoked))
    people = {"checkout": frozenset({"chris", "carl"}), "commerce": frozenset({"olga"}), "payments": frozenset({"pam"})}

    def approved(by: str) -> bool:
        return decide(
            [need], [Review(by, approves=True, digest="d")], people, requesters=frozenset({"chris"}), digest="d"
        ).approved

    assert [approved(by) for by in ("chris", "carl", "olga", "pam")] == [False, True, True, False]
