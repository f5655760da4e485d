"""The rules of guardrails.yaml: for what each of them holds, what it says there, and what a rule may not be."""

import time
from datetime import timedelta
from typing import Any

import pytest
from organisations import TODAY, declared, environment, files, organisation

from reconciler.check import check
from reconciler.declarations import Declarations
from reconciler.load import load
from reconciler.rules import like, met

SERVICE_DEV = environment(variables={"letter": "d"})
GRANT = {"environments": ["prod"], "key": True, "reason": "Show the order history", "expires": "2027-06-30"}
ORDERS = {"environments": ["dev", "prod"], "manage": "product", "display_name": "Orders", "apis": ["orders"]}
COMPANY = organisation(
    **{
        "environments.yaml": {"dev": SERVICE_DEV, "prod": environment()},
        "commerce/apis.yaml": [{"api": "orders"}, {"api": "refunds-$(env)", "classification": "restricted"}],
        "commerce/products/orders.yaml": ORDERS,
        "commerce/products/refunds.yaml": {"environments": ["prod"], "apis": ["refunds-prod"]},
        "commerce/products/prices.yaml": {"environments": ["prod"], "classification": "public"},
        "checkout/grants/orders.yaml": GRANT,
        "shop/team.yaml": {"display_name": "Shop"},
        "shop/grants/orders.yaml": {
            **GRANT,
            "environments": ["dev", "prod"],
            "portal": True,
            "reason": "PAY-17",
            "in": {"dev": {"expires": "2026-12-24", "key": False}},
        },
        "shop/grants/refunds.yaml": {**GRANT, "key": False, "portal": True, "expires": "2026-12-24"},
        "shop/grants/raw.yaml": {**GRANT, "api": "refunds-$(env)", "expires": "2026-11-23"},
    }
)
CHECKOUT, SHOP = "checkout/grants/orders.yaml", "shop/grants/orders.yaml"
REFUNDS, RAW = "shop/grants/refunds.yaml", "shop/grants/raw.yaml"
GRANTS = {(CHECKOUT, "prod"), (SHOP, "dev"), (SHOP, "prod"), (REFUNDS, "prod"), (RAW, "prod")}
OF_ORDERS = {("commerce/products/orders.yaml", "dev"), ("commerce/products/orders.yaml", "prod")}
OF_REFUNDS, OF_PRICES = ("commerce/products/refunds.yaml", "prod"), ("commerce/products/prices.yaml", "prod")


def held(when: dict[str, Any], **more: Any) -> set[tuple[str, str]]:
    rules = {"guardrails.yaml": {"rules": [{"level": "approval", "by": "commerce", "when": when}]}}
    declarations = declared({**COMPANY, **rules, **more})
    found = list(met(declarations, declarations.guardrails.rules, TODAY))
    return {(each.item.path, environment) for each in found for environment in each.environments}


WHEN: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    ({"about": "grant"}, GRANTS),
    ({"about": "product"}, {*OF_ORDERS, OF_REFUNDS, OF_PRICES}),
    ({"team": "checkout"}, {(CHECKOUT, "prod")}),
    ({"team": "[cs]ho*"}, {(SHOP, "dev"), (SHOP, "prod"), (REFUNDS, "prod"), (RAW, "prod")}),
    ({"team": "commerce"}, {*OF_ORDERS, OF_REFUNDS, OF_PRICES}),
    ({"product": "refunds"}, {(REFUNDS, "prod"), OF_REFUNDS}),
    ({"product": ["re?unds", "prices"], "about": "product"}, {OF_REFUNDS, OF_PRICES}),
    ({"environment": "dev"}, {(SHOP, "dev"), ("commerce/products/orders.yaml", "dev")}),
    ({"classification": "restricted"}, {(REFUNDS, "prod"), (RAW, "prod"), OF_REFUNDS}),
    ({"classification": ["public", "secret"]}, {OF_PRICES}),
    ({"asks": "portal"}, {(SHOP, "dev"), (SHOP, "prod"), (REFUNDS, "prod")}),
    ({"asks": ["key", "clients"]}, {(CHECKOUT, "prod"), (SHOP, "prod"), (RAW, "prod")}),
    ({"longer_than": "30 days"}, {(CHECKOUT, "prod"), (SHOP, "prod"), (REFUNDS, "prod"), (SHOP, "dev")}),
    ({"longer_than": "31 days"}, {(CHECKOUT, "prod"), (SHOP, "prod")}),
    ({"longer_than": "31 days", "team": "shop"}, {(SHOP, "prod")}),
    ({"reason_shorter_than": 7}, {(SHOP, "dev"), (SHOP, "prod")}),
    ({"reason_shorter_than": 6}, set()),
    ({"reason_unlike": "*[A-Z]-[0-9]*"}, {(CHECKOUT, "prod"), (REFUNDS, "prod"), (RAW, "prod")}),
    ({"reason_unlike": ["PAY-*", "Show *"]}, set()),
    ({"name_unlike": ["orders", "re*"]}, {(RAW, "prod"), OF_PRICES}),
    ({"product": "orders", "also": "refunds"}, {(SHOP, "prod"), (REFUNDS, "prod")}),
    ({"product": "orders", "also": "refunds", "environment": "dev"}, set()),
    ({"product": "orders", "also": "orders"}, set()),
    ({"grants_per_team": 3}, set()),
    ({"grants_per_team": 2}, {(SHOP, "dev"), (SHOP, "prod"), (REFUNDS, "prod"), (RAW, "prod")}),
    ({"grants_per_team": 2, "asks": "portal"}, set()),
    ({"grants_per_team": 1, "asks": "portal"}, {(SHOP, "dev"), (SHOP, "prod"), (REFUNDS, "prod")}),
]


@pytest.mark.parametrize(("when", "expected"), WHEN)
def test_a_rule_holds_where_everything_it_names_does(when: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert held(when) == expected


def test_a_key_for_every_api_reaches_what_any_of_them_holds() -> None:
    every = {"checkout/grants/all.yaml": {**GRANT, "api": "*"}}
    assert ("checkout/grants/all.yaml", "prod") in held({"classification": "restricted"}, **every)


def test_no_rule_holds_for_a_grant_that_has_ended() -> None:
    rule = {"level": "approval", "by": "commerce", "when": {"asks": "key"}}
    declarations = declared({**COMPANY, "guardrails.yaml": {"rules": [rule]}})
    rules, later = declarations.guardrails.rules, TODAY + timedelta(days=1)
    assert {each.item.path for each in met(declarations, rules, TODAY)} == {CHECKOUT, RAW, SHOP}
    assert {each.item.path for each in met(declarations, rules, later)} == {CHECKOUT, SHOP}


def test_a_grant_without_an_end_is_longer_than_anything() -> None:
    endless = {key: value for key, value in GRANT.items() if key != "expires"}
    rules = {"max_duration": "unlimited", "rules": [{"level": "warning", "when": {"longer_than": "99999 days"}}]}
    declarations = loaded({**COMPANY, CHECKOUT: endless, "guardrails.yaml": rules})
    assert [each.item.path for each in met(declarations, declarations.guardrails.rules, TODAY)] == [CHECKOUT]


def test_a_tier_is_a_condition_before_it_is_in_force() -> None:
    contents = {**COMPANY, CHECKOUT: {**GRANT, "tier": "unlimited"}}
    contents["guardrails.yaml"] = {"rules": [{"level": "error", "when": {"tier": ["unlimited", "partner"]}}]}
    declarations = loaded(contents)
    assert [each.item.path for each in met(declarations, declarations.guardrails.rules, TODAY)] == [CHECKOUT]


def test_a_pattern_that_would_take_a_regular_expression_for_ever_takes_none() -> None:
    began = time.perf_counter()
    assert not like("a" * 1000, ["*a" * 90 + "*b"])
    assert time.perf_counter() - began < 2


def loaded(contents: dict[str, Any]) -> Declarations:
    found = load(files(contents))
    assert found.problems == ()
    return found.declarations


def said(rules: str, **more: Any) -> list[str]:
    contents = files({**COMPANY, "guardrails.yaml": rules, **more})
    found = load(contents)
    problems = sorted({*found.problems, *check(found, contents, TODAY)})
    return [f"{problem.level} {problem}" for problem in problems]


BY = " (see access/guardrails.yaml:2)"
ON_CHECKOUT, ON_SHOP = f"access/{CHECKOUT}", f"access/{SHOP}"
ON_RULES, ON_PRICES = "access/guardrails.yaml", "access/commerce/products/prices.yaml"
SAYS = {
    "what its author wrote": (
        "rules:\n- {level: error, when: {asks: portal, environment: dev}, say: No portal in dev}\n",
        [f"error {ON_SHOP}:1:1: No portal in dev (dev){BY}"],
    ),
    "its conditions, where its author wrote nothing": (
        "rules:\n- level: warning\n  when: {longer_than: 90 days, team: [checkout, commerce]}\n",
        [f"warning {ON_CHECKOUT}:5:10: a rule warns of this: team: checkout or commerce, longer_than: 90 days{BY}"],
    ),
    "of a product": (
        "rules:\n- {level: warning, when: {about: product, name_unlike: 'orders*', classification: public}, say: No}\n",
        [f"warning access/commerce/products/prices.yaml:1:1: No{BY}"],
    ),
    "of a team, once": (
        "rules:\n- {level: error, when: {grants_per_team: 2}, say: Ask for a product of your own}\n",
        [f"error access/shop/team.yaml:1:1: shop has 3 grants: Ask for a product of your own{BY}"],
    ),
    "at the reason": (
        "rules:\n- {level: error, when: {reason_unlike: '[A-Z]*-[0-9]*', team: checkout}, say: Name a ticket}\n",
        [f"error {ON_CHECKOUT}:4:9: Name a ticket{BY}"],
    ),
    "at what differs in an environment": (
        "rules:\n- {level: error, when: {longer_than: 10 days, environment: dev}, say: Shorter}\n",
        [f"error {ON_SHOP}:8:30: Shorter (dev){BY}"],
    ),
    "nothing where somebody must approve": ("rules:\n- {level: approval, by: commerce, when: {asks: key}}\n", []),
    "that there is no such team": (
        "rules:\n- {level: approval, by: comerce, when: {asks: key}}\n",
        [f"error {ON_RULES}:2:25: there is no team `comerce` (did you mean `commerce`?)"],
    ),
    "that there is no such environment": (
        "rules:\n- {level: warning, when: {environment: [dev, prd], about: product}, say: Why}\n",
        [
            f"warning access/commerce/products/orders.yaml:1:1: Why (dev){BY}",
            f"error {ON_RULES}:2:46: environment `prd` is not in environments.yaml (did you mean `prod`?)",
        ],
    ),
    "that nothing has that name": (
        "rules:\n- {level: error, when: {product: order, also: 're*'}}\n",
        [f"warning {ON_RULES}:2:34: no product is called `order`: the rule never holds for it (did you mean `orde"],
    ),
    "that a word for data is unknown": (
        "classifications: [public, restricted]\nrules:\n- {level: error, when: {classification: restrited}}\n",
        [f"error {ON_RULES}:3:41: `restrited` is not under `classifications` in guardrails.yaml (did you mean `restr"],
    ),
    "that a product's word for data is unknown": (
        "classifications: [internal, restricted]\n",
        [f"error {ON_PRICES}:2:17: `public` is not under `classifications` in guardrails.yaml (known: internal, res"],
    ),
    "what it does not know": (
        "rules:\n- {level: error, when: {teem: shop}}\n",
        [f"error {ON_RULES}:2:25: unknown key `teem` (did you mean `team`?)"],
    ),
    "which levels there are": (
        "rules:\n- {level: fatal, when: {team: shop}}\n",
        [f"error {ON_RULES}:2:11: `level` must be 'error', 'warning' or 'approval', not 'fatal'"],
    ),
    "that somebody must be named": (
        "rules:\n- {level: approval, when: {team: shop}}\n",
        [f"error {ON_RULES}:2:3: `rules`: `level: approval` needs `by:`, the team that approves"],
    ),
    "that nobody may be named": (
        "rules:\n- {level: error, by: shop, when: {team: shop}}\n",
        [f"error {ON_RULES}:2:3: `rules`: `by` is only for `level: approval`, and this is `level: error`"],
    ),
    "that a pair has two sides": (
        "rules:\n- {level: error, when: {also: orders}}\n",
        [f"error {ON_RULES}:2:24: `when`: `also` needs `product`: the pair that one team must not hold"],
    ),
    "that a product asks for nothing": (
        "rules:\n- {level: error, when: {about: product, asks: key}}\n",
        [f"error {ON_RULES}:2:24: `when`: a product has no `asks`"],
    ),
    "that patterns are no regular expressions": (
        "rules:\n- {level: error, when: {reason_unlike: '^PAY-\\d+$'}}\n",
        [f"error {ON_RULES}:2:40: `reason_unlike`: `^PAY-\\d+$` is a regular expression; patterns have `*` for"],
    ),
    "that names have small letters": (
        "rules:\n- {level: error, when: {team: 'Shop*'}}\n",
        [f"error {ON_RULES}:2:31: `team`: `Shop*` fits no name, which has small letters, digits, '-', '.' and '_'; "],
    ),
    "that it must be about something": (
        "rules:\n- {level: error, when: {}}\n",
        [f"error {ON_RULES}:2:24: `when`: name what the rule is about: one of about, team, product"],
    ),
}


@pytest.mark.parametrize("name", SAYS)
def test_a_rule_says(name: str) -> None:
    rules, expected = SAYS[name]
    on_paper = {
        "commerce/products/prices.yaml": "environments: [prod]\nclassification: public\n",
        CHECKOUT: "environments: [prod]\nkey: true\nportal: false\nreason: Show it\nexpires: 2027-06-30\n",
        SHOP: "environments: [dev, prod]\nkey: true\nportal: true\nreason: PAY-17\nexpires: 2027-06-30\n"
        "in:\n  prod: {}\n  dev: {key: false, expires: 2026-12-24}\n",
    }
    lines = said(rules, **on_paper)
    assert len(lines) == len(expected)
    assert [line[: len(start)] for line, start in zip(lines, expected, strict=True)] == expected
