"""Each mistake people can make, against a control that is valid: message, line, column and a way out."""

from datetime import date, timedelta
from typing import Any

import pytest
from organisations import TODAY, declared, environment, files, organisation

from reconciler.check import check, ended
from reconciler.errors import Problem
from reconciler.load import load


def problems(contents: dict[str, Any], day: date = TODAY) -> list[str]:
    return [str(problem) for problem in found(contents, day)]


def found(contents: dict[str, Any], day: date = TODAY) -> list[Problem]:
    written = files(contents)
    loaded = load(written)
    return sorted({*loaded.problems, *check(loaded, written, day), *ended(loaded, written, day)})


PRODUCT = "manage: product\nenvironments: [prod]\n"
GRANT = "environments: [prod]\nkey: true\nreason: Because\nexpires: 2027-06-30\n"
TOO_LONG = "an emergency lasts to the end of today, UTC: write `expires: 2026-11-23`"

TOO_OFTEN = (
    "access/commerce/products/orders.yaml:3:11: a rotation of 13 days is too short: the old key goes on for 7 days "
    "beside the new (write 14 days or more, or a shorter `rotation_overlap` in guardrails.yaml)"
)
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": (
        {"checkout__grants__orders.yaml": GRANT + "expiers: 2027-01-01\n"},
        "access/checkout/grants/orders.yaml:5:1: unknown key `expiers` (did you mean `expires`?)",
    ),
    "duplicate key": (
        {"checkout__grants__orders.yaml": GRANT + "key: false\n"},
        "access/checkout/grants/orders.yaml:5:1:",
    ),
    "wrong type": (
        {"checkout__grants__orders.yaml": GRANT.replace("true", "yes")},
        "access/checkout/grants/orders.yaml:2:6: `key` must be true or false, not 'yes' (YAML 1.2 reads this as text:",
    ),
    "missing key": (
        {"checkout__grants__orders.yaml": "environments: [prod]\nkey: true\nexpires: 2027-06-30\n"},
        "access/checkout/grants/orders.yaml:1:1: `reason` is missing",
    ),
    "unknown product": (
        {"checkout__grants__orders.yaml": None, "checkout__grants__order.yaml": GRANT},
        "access/checkout/grants/order.yaml:1:1: there is no product `order` (did you mean `orders`?)",
    ),
    "unknown environment": (
        {"checkout__grants__orders.yaml": GRANT.replace("prod", "prd")},
        "access/checkout/grants/orders.yaml:1:16: environment `prd` is not in environments.yaml (did you mean `prod`?)",
    ),
    "grant where its product is not": (
        {
            "environments.yaml": {"prod": environment(), "dev": environment(variables={"letter": "d"})},
            "checkout__grants__orders.yaml": GRANT.replace("prod", "prod, dev"),
        },
        "access/checkout/grants/orders.yaml:1:22: product `orders` is not in dev (it is in prod)",
    ),
    "two products of one display name": (
        {
            "commerce__products__orders.yaml": PRODUCT + "display_name: Orders\n",
            "commerce__products__others.yaml": PRODUCT + "display_name: orders\n",
        },
        "access/commerce/products/others.yaml:3:15: product `orders` is called `orders` in prod too",
    ),
    "API on two open products": (
        {
            "commerce__products__orders.yaml": PRODUCT + "subscription_required: false\napis: [orders]\n",
            "commerce__products__others.yaml": PRODUCT
            + "apis: [refunds, orders]\ncredentials: token\noauth: {audience: 'api://orders'}\n",
            "checkout__grants__orders.yaml": None,
        },
        "access/commerce/products/others.yaml:3:17: API `orders` is on product `orders` in prod too, which asks for no",
    ),
    "API nobody owns": (
        {"commerce__products__orders.yaml": PRODUCT + "apis: [order]\n"},
        "access/commerce/products/orders.yaml:3:8: no team owns API `order` (prod) (did you mean `orders`?)",
    ),
    "API with two owners": (
        {"checkout__apis.yaml": "- api: orders\n"},
        "access/commerce/apis.yaml:1:10: API `orders` (prod) is also owned in checkout/apis.yaml:1",
    ),
    "product with two owners": (
        {"checkout__products__orders.yaml": PRODUCT},
        "access/commerce/products/orders.yaml:1:1: product `orders` is also declared in checkout/products/orders.yaml",
    ),
    "product id of two": (
        {"commerce__products__other.yaml": PRODUCT + "id: orders\n"},
        "access/commerce/products/other.yaml:3:5: product id `orders` (prod) is also that of commerce/products/o",
    ),
    "too long": (
        {"checkout__grants__orders.yaml": GRANT.replace("2027-06-30", "2028-06-30")},
        "access/checkout/grants/orders.yaml:4:10: it would run to 2028-06-30, and prod allows 365 days (2027-11-23 is",
    ),
    "no end": (
        {"checkout__grants__orders.yaml": GRANT.replace("expires: 2027-06-30\n", "")},
        "access/checkout/grants/orders.yaml:1:1: it has no end, and prod allows 365 days",
    ),
    "ended": (
        {"checkout__grants__orders.yaml": GRANT.replace("2027-06-30", "2026-11-22")},
        "access/checkout/grants/orders.yaml:4:10: it ended on 2026-11-22 (prod)",
    ),
    "asks for nothing": (
        {"checkout__grants__orders.yaml": GRANT.replace("true", "false")},
        "access/checkout/grants/orders.yaml:1:1: it asks for nothing in prod",
    ),
    "no day of the calendar": (
        {"checkout__grants__orders.yaml": GRANT.replace("06-30", "02-30")},
        "access/checkout/grants/orders.yaml:4:10: `expires`: 2027-02-30 is no day of the calendar",
    ),
    "two files, one grant": (
        {"checkout__grants__again.yaml": GRANT + "product: orders\n"},
        "access/checkout/grants/orders.yaml:1:1: checkout/grants/again.yaml already asks for `orders` in prod",
    ),
    "key of an open product": (
        {
            "commerce__products__orders.yaml": PRODUCT + "subscription_required: false\n",
            "checkout__grants__orders.yaml": GRANT,
        },
        "access/checkout/grants/orders.yaml:2:1: product `orders` is open in prod: no key is needed",
    ),
    "a rotation that is too short": (
        {"commerce__products__orders.yaml": PRODUCT + "rotation: 13 days\n"},
        TOO_OFTEN,
    ),
    "a rotation that is too short in an environment": (
        {"commerce__products__orders.yaml": PRODUCT + "rotation: 14 days\nin: {prod: {rotation: 2 days}}\n"},
        "access/commerce/products/orders.yaml:4:23: a rotation of 2 days is too short",
    ),
    "a rotation of everybody that is too short": (
        {"guardrails.yaml": "rotation: 30 days\nrotation_overlap: 16 days\n"},
        "access/guardrails.yaml:1:11: a rotation of 30 days is too short: the old key goes on for 16 days",
    ),
    "a compromised key that is none": (
        {"checkout__grants__orders.yaml": GRANT.replace("key", "portal") + "revoked: compromised\n"},
        "access/checkout/grants/orders.yaml:5:1: it has no key and no client in prod that could be compromised",
    ),
    "not supported yet": (
        {"checkout__grants__orders.yaml": GRANT + "owner: a@contoso.example\n"},
        "access/checkout/grants/orders.yaml:5:1: `owner` is not supported yet",
    ),
    "not supported yet, inside `in`": (
        {"checkout__grants__orders.yaml": GRANT + "in:\n  prod: {owner: a@contoso.example}\n"},
        "access/checkout/grants/orders.yaml:6:10: `owner` is not supported yet",
    ),
    "a tier that is not there": (
        {"checkout__grants__orders.yaml": GRANT + "tier: gold\n"},
        "access/checkout/grants/orders.yaml:5:7: product `orders` has no tier `gold` (prod) (it has none",
    ),
    "a tier that is not there, inside `in`": (
        {
            "commerce__products__orders.yaml": PRODUCT + "tiers: {golden: {rate: 5 per second}}\n",
            "checkout__grants__orders.yaml": GRANT + "in:\n  prod: {tier: gold}\n",
        },
        "access/checkout/grants/orders.yaml:6:16: product `orders` has no tier `gold` (prod) (did you mean `golden`?)",
    ),
    "nobody says whose tokens count": (
        {"commerce__products__orders.yaml": PRODUCT + "credentials: key or token\n"},
        "access/commerce/products/orders.yaml:3:1: `credentials: key or token` (prod) does not say whose tokens count",
    ),
    "whose tokens, and no token is looked at": (
        {"commerce__products__orders.yaml": PRODUCT + "oauth: {audience: a}\n"},
        "access/commerce/products/orders.yaml:3:1: with credentials `key` (prod) no token is looked at",
    ),
    "a token alone, and Azure asks for a key": (
        {
            "commerce__products__orders.yaml": PRODUCT
            + "credentials: token\noauth: {audience: a}\nsubscription_required: true\n",
            "checkout__grants__orders.yaml": None,
        },
        "access/commerce/products/orders.yaml:5:1: a token alone is to open it (prod), and Azure would ask",
    ),
    "no audience": (
        {"commerce__products__orders.yaml": PRODUCT + "credentials: token\noauth: {audience: []}\n"},
        "access/commerce/products/orders.yaml:4:19: `audience` must not be empty",
    ),
    "an audience that a policy could not hold": (
        {"commerce__products__orders.yaml": PRODUCT + 'credentials: token\noauth: {audience: "@(a)"}\n'},
        "access/commerce/products/orders.yaml:4:19: `audience`: `@(` begins something else in a policy",
    ),
    "two tiers, and none for whoever is in none": (
        {"commerce__products__orders.yaml": PRODUCT + "tiers: {a: {rate: 1 per second}, b: {}}\n"},
        "access/commerce/products/orders.yaml:3:1: whoever is in none of 2 tiers has no limit (prod)",
    ),
    "a default that is no tier": (
        {"commerce__products__orders.yaml": PRODUCT + "tiers: {a: {rate: 1 per second}}\ndefault_tier: b\n"},
        "access/commerce/products/orders.yaml:4:15: there is no tier `b` in prod",
    ),
    "a rate over an hour": (
        {"commerce__products__orders.yaml": PRODUCT + "tiers: {a: {rate: 100 per hour}}\n"},
        "access/commerce/products/orders.yaml:3:19: `rate`: `100 per hour`: a rate counts over at most 300",
    ),
    "a place for rules that are not there": (
        {"commerce__products__orders.yaml": PRODUCT + "enforcement: report\n"},
        "access/commerce/products/orders.yaml:3:1: `enforcement` means nothing without `oauth` or `tiers` (prod)",
    ),
    "an include with a name that is kept": (
        {"commerce__products__orders.yaml": PRODUCT + "include: [access-orders]\n"},
        "access/commerce/products/orders.yaml:3:11: `access-` begins the fragments that hold rules",
    ),
    "rules of two products in one API's policy": (
        {
            "commerce__products__orders.yaml": PRODUCT
            + "apis: [orders]\ntiers: {a: {rate: 1 per second}}\nenforce_at: api\n",
            "commerce__products__other.yaml": PRODUCT
            + "apis: [orders]\ntiers: {a: {rate: 1 per second}}\nenforce_at: api\n",
        },
        "access/commerce/products/other.yaml:5:13: the policy of API `orders` holds the rules of product `orders`",
    ),
    "a client where no token is looked at": (
        {"checkout__grants__orders.yaml": GRANT + "clients: [1a2b0000-0000-0000-0000-000000000000]\n"},
        "access/checkout/grants/orders.yaml:5:1: product `orders` looks at no token (prod)",
    ),
    "a key where only tokens are looked at": (
        {
            "commerce__products__orders.yaml": PRODUCT + "credentials: token\noauth: {audience: a}\n",
            "checkout__grants__orders.yaml": GRANT + "clients: [1a2b0000-0000-0000-0000-000000000000]\n",
        },
        "access/checkout/grants/orders.yaml:2:1: product `orders` looks at tokens only: a key opens nothing (prod)",
    ),
    "a key where both are asked for": (
        {"commerce__products__orders.yaml": PRODUCT + "credentials: key and token\noauth: {audience: a}\n"},
        "access/checkout/grants/orders.yaml:1:1: product `orders` asks for key and token: `clients` is missing (prod)",
    ),
    "an id that Entra writes otherwise": (
        {
            "commerce__products__orders.yaml": PRODUCT + "credentials: key or token\noauth: {audience: a}\n",
            "checkout__grants__orders.yaml": GRANT + "clients: [1A2B0000-0000-0000-0000-000000000000]\n",
        },
        "access/checkout/grants/orders.yaml:5:11: 1A2B0000-0000-0000-0000-000000000000 is no id of an application",
    ),
    "one application in two tiers": (
        {
            "commerce__products__orders.yaml": PRODUCT
            + "credentials: key or token\noauth: {audience: a}\ntiers: {a: {}, b: {}}\ndefault_tier: a\n",
            "checkout__grants__orders.yaml": GRANT + "clients: [1a2b0000-0000-0000-0000-000000000000]\n",
            "checkout__grants__second.yaml": GRANT
            + "product: orders\ncomponent: c\ntier: b\nclients: [1a2b0000-0000-0000-0000-000000000000]\n",
        },
        "access/checkout/grants/second.yaml:8:11: 1a2b0000-0000-0000-0000-000000000000 is in tier `a` by",
    ),
    "approvers are teams": (
        {"commerce__products__orders.yaml": PRODUCT + "approvers: [checkot]\n"},
        "access/commerce/products/orders.yaml:3:13: there is no team `checkot` (did you mean `checkout`?)",
    ),
    "who answers for a system is a team": (
        {"backstage.yaml": "systems:\n  storefront: {owner: comerce}\n"},
        "access/backstage.yaml:2:23: there is no team `comerce` (did you mean `commerce`?)",
    ),
    "emergency without an end": (
        {"checkout__grants__orders.yaml": GRANT.replace("expires: 2027-06-30", "emergency: true")},
        "access/checkout/grants/orders.yaml:4:12: an emergency lasts to the end of today, UTC: write `expires: 2026-",
    ),
    "emergency of more than a day": (
        {"checkout__grants__orders.yaml": GRANT.replace("2027-06-30", "2026-11-24") + "emergency: true\n"},
        f"access/checkout/grants/orders.yaml:4:10: {TOO_LONG} (prod) (ask again tomorrow if it is still needed)",
    ),
    "emergency that is longer in one environment": (
        {
            "checkout__grants__orders.yaml": GRANT.replace("2027-06-30", "2026-11-23")
            + "emergency: true\nin:\n  prod: {expires: 2027-06-30}\n"
        },
        "access/checkout/grants/orders.yaml:7:19: an emergency lasts to the end of today",
    ),
    "emergency for an API of more than a day": (
        {"checkout__grants__raw.yaml": GRANT + "api: refunds\nemergency: true\n"},
        "access/checkout/grants/raw.yaml:4:10: an emergency lasts to the end of today",
    ),
    "emergency that has ended": (
        {"checkout__grants__orders.yaml": GRANT.replace("2027-06-30", "2026-11-22") + "emergency: true\n"},
        "access/checkout/grants/orders.yaml:4:10: it ended on 2026-11-22 (prod) (delete the file, which the",
    ),
    "reserved name": (
        {"guests__team.yaml": {"display_name": "Guests"}},
        "access/guests/team.yaml:1:1: `guests` is a built-in group of API Management",
    ),
    "group of two teams": (
        {"checkout__team.yaml": "display_name: C\ngroup: commerce\n"},
        "access/commerce/team.yaml:1:1: group `commerce` is also that of team checkout",
    ),
    "Entra group of two teams": (
        {
            "checkout__team.yaml": "display_name: C\nentra_group: 5f0c0000-0000-0000-0000-000000000000\n",
            "commerce__team.yaml": "display_name: C\nentra_group: 5f0c0000-0000-0000-0000-000000000000\n",
        },
        "access/commerce/team.yaml:2:14: this Entra group is also that of team checkout",
    ),
    "Entra group without a tenant": (
        {
            "environments.yaml": {"prod": {"service": environment()["service"]}},
            "checkout__team.yaml": "display_name: C\nentra_group: 5f0c0000-0000-0000-0000-000000000000\n",
        },
        "access/checkout/team.yaml:2:14: an Entra group needs the `tenant` of prod",
    ),
    "impossible name": (
        {"checkout__grants__Orders!.yaml": GRANT},
        "access/checkout/grants/Orders!.yaml:1:1: the name 'Orders!' is no name",
    ),
    "look-alike name": (
        {"checkout__grants__\u043erders.yaml": GRANT},
        "access/checkout/grants/\u043erders.yaml:1:1: the name '\u043erders' holds '\u043e' (U+043E)",
    ),
    "file nobody reads": (
        {"checkout__grant__orders.yaml": GRANT},
        "access/checkout/grant/orders.yaml:1:1: this file is not read",
    ),
    "other ending": (
        {"checkout__grants__refunds.yml": GRANT},
        "access/checkout/grants/refunds.yml:1:1: this file is not read (name it refunds.yaml)",
    ),
    "folder without a team": (
        {"checkout__team.yaml": None},
        "access/checkout/team.yaml:1:1: team 'checkout' has no team.yaml",
    ),
    "unknown variable": (
        {
            "commerce__apis.yaml": "- api: orders\n- api: x-$(leter)\n",
            "environments.yaml": {"prod": environment(variables={"letter": "p"})},
        },
        "access/commerce/apis.yaml:2:8: `$(leter)` has no value in prod (did you mean `letter`?)",
    ),
    "broken fragment": (
        {"commerce__fragments__cors.xml": "<fragment>\n  <cors>\n</fragment>"},
        "access/commerce/fragments/cors.xml:3:1:",
    ),
    "API that nobody owns": (
        {"checkout__grants__raw.yaml": GRANT + "api: refund\n"},
        "access/checkout/grants/raw.yaml:5:6: no team owns API `refund` (prod) (did you mean `refunds`?)",
    ),
    "product and API in one grant": (
        {"checkout__grants__raw.yaml": GRANT + "api: refunds\nproduct: orders\n"},
        "access/checkout/grants/raw.yaml:6:10: it names a product and an API",
    ),
    "portal of an API": (
        {"checkout__grants__raw.yaml": GRANT + "api: '*'\nportal: true\n"},
        "access/checkout/grants/raw.yaml:6:9: an API has no place in the portal of its own",
    ),
    "two teams of one group in one environment": (
        {
            "checkout__team.yaml": "display_name: Checkout\nin:\n  prod:\n    group: g\n",
            "commerce__team.yaml": "display_name: Commerce\ngroup: g\n",
        },
        "access/commerce/team.yaml:2:8: group `g` is also that of team checkout",
    ),
    "team that differs nowhere": (
        {"checkout__team.yaml": "display_name: Checkout\nin:\n  prd:\n    group: g\n"},
        "access/checkout/team.yaml:3:3: environment `prd` is not in environments.yaml (did you mean `prod`?)",
    ),
    "fragment of two teams": (
        {"commerce__fragments__cors.xml": "<fragment />", "checkout__fragments__cors.xml": "<fragment />"},
        "access/commerce/fragments/cors.xml:1:1: fragment `cors` is also declared in checkout/fragments/cors.xml",
    ),
    "open to everybody by accident": (
        {"commerce__products__orders.yaml": PRODUCT + "visible_to: [developers]\n"},
        "access/commerce/products/orders.yaml:3:1: developers could subscribe without anybody's approval",
    ),
    "limit of an open product": (
        {
            "commerce__products__orders.yaml": PRODUCT + "subscription_required: false\nsubscriptions_limit: 1\n",
            "checkout__grants__orders.yaml": None,
        },
        "access/commerce/products/orders.yaml:4:1: `subscriptions_limit` means nothing",
    ),
    "property of somebody else's product": (
        {"commerce__products__orders.yaml": "environments: [prod]\ndisplay_name: Orders\n"},
        "access/commerce/products/orders.yaml:2:1: `display_name` is the product's own",
    ),
    "rename without removing": (
        {"commerce__products__new.yaml": PRODUCT + "formerly: orders\n"},
        "access/commerce/products/new.yaml:3:11: `formerly: orders` names a declaration that is still there",
    ),
    "subscription taken over twice": (
        {
            "checkout__grants__orders.yaml": GRANT + "subscription: live1\n",
            "commerce__grants__orders.yaml": GRANT + "subscription: live1\n",
        },
        "access/commerce/grants/orders.yaml:5:15: subscription `live1` already belongs to checkout/grants/orders.yaml",
    ),
    "the service's own subscription": (
        {"checkout__grants__orders.yaml": GRANT + "subscription: master\n"},
        "access/checkout/grants/orders.yaml:5:15: `master` belongs to the service itself",
    ),
    "overlay of another environment": (
        {"checkout__grants__orders.yaml": GRANT + "in:\n  dev: {key: false}\n"},
        "access/checkout/grants/orders.yaml:6:3: `dev` is not one of its environments",
    ),
    "no environment": ({"environments.yaml": "{}\n"}, "access/environments.yaml:1:1: no environment is declared"),
    "no environments.yaml": (
        {"environments.yaml": None},
        "access/environments.yaml:1:1: there is no environments.yaml",
    ),
    "no team": (
        {path: None for path in organisation() if path != "environments.yaml"},
        "access/environments.yaml:1:1: no team is declared (write <team>/team.yaml)",
    ),
    "not a service": (
        {"environments.yaml": "prod:\n  service: apim-prod\n"},
        "access/environments.yaml:2:12: `service`: write the service's resource id:",
    ),
    "one service twice": (
        {"environments.yaml": {"prod": environment(), "live": environment()}},
        "access/environments.yaml:1:",
    ),
    "empty file": ({"checkout__team.yaml": ""}, "access/checkout/team.yaml:1:1: the file is empty"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_is_named_with_its_place_and_a_way_out(case: str) -> None:
    changes, expected = CASES[case]
    lines = problems(organisation(**changes))
    assert any(line.startswith(expected) for line in lines), "\n".join(lines)


def test_the_control_is_valid() -> None:
    assert problems(organisation()) == []


def test_a_mistake_in_one_file_does_not_make_others_seem_wrong() -> None:
    lines = problems(
        organisation(commerce__products__orders=None, **{"commerce__products__orders.yaml": "mode: maybe\n"})
    )
    assert len([line for line in lines if "grants" in line]) == 0
    assert any("`mode` must be 'observe', 'add' or 'enforce'" in line for line in lines)


def test_an_emergency_of_today_is_valid_and_tomorrow_it_has_only_ended() -> None:
    today = organisation(
        **{"checkout__grants__orders.yaml": GRANT.replace("2027-06-30", "2026-11-23") + "emergency: true\n"}
    )
    assert problems(today) == []
    assert [line for line in problems(today, TODAY + timedelta(days=1)) if "it ended on" not in line] == []
    assert declared(today, TODAY + timedelta(days=1)).grants


def test_all_mistakes_of_all_files_come_at_once() -> None:
    lines = problems(
        organisation(
            **{
                "checkout__grants__orders.yaml": GRANT + "a: 1\nb: 2\n",
                "commerce__products__orders.yaml": PRODUCT + "apis: [nothing]\n",
                "commerce__team.yaml": "display_name: 7\n",
            }
        )
    )
    assert len(lines) == 4


def test_a_grant_that_ended_stops_validate_but_not_the_run_that_ends_it() -> None:
    contents = organisation(**{"checkout__grants__orders.yaml": GRANT.replace("2027-06-30", "2026-11-22")})
    assert problems(contents)
    assert declared(contents).grants
