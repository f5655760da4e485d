"""What somebody asks for becomes one valid file, whatever they wrote, or reasons in words; nothing is asked twice."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from organisations import TODAY, environment, files, organisation

from reconciler.asking import Answers, Asked, NotAskable, ask, read_form, receipt
from reconciler.check import check
from reconciler.document import parse
from reconciler.load import load
from reconciler.sources import Files

TWO = {"dev": environment(variables={"letter": "d"}), "prod": environment()}
PRODUCT = {"environments": ["dev", "prod"], "max_duration": "200 days", "in": {"dev": {"max_duration": "30 days"}}}
COMPANY = {
    "environments.yaml": TWO,
    "commerce/products/orders.yaml": PRODUCT,
    "checkout/grants/orders.yaml": None,
}
ANSWERS = Answers("checkout", "orders", ("dev", "prod"), key=True, portal=False, reason="Show the order history")
ORDERS = "checkout/grants/orders.yaml"


def folder(**more: Any) -> Files:
    return files(organisation(**{**COMPANY, **more}))


def asked(within: Files | None = None, **answers: Any) -> Asked:
    """Ask, and see that exactly one file differs and that the folder is as valid as before."""
    within = within or folder()
    made = ask(replace(ANSWERS, **answers), within, TODAY)
    after = Files(within.root, {**within.contents, made.path: made.content})
    loaded = load(after)
    assert [*loaded.problems, *check(loaded, after, TODAY)] == []
    assert made.before == within.contents.get(made.path)
    return made


def says(made: Asked) -> Any:
    return parse(made.path, made.content)


def refused(within: Files | None = None, **answers: Any) -> str:
    with pytest.raises(NotAskable) as error:
        ask(replace(ANSWERS, **answers), within or folder(), TODAY)
    assert error.value.exit_code == 3
    assert len(str(error.value)) < 1000
    return str(error.value)


def test_a_request_reads_as_if_a_person_had_written_it() -> None:
    team = "# yaml-language-server: $schema=../../schemas/team.json\ndisplay_name: Checkout\n"
    made = asked(folder(**{"checkout/team.yaml": team}), component="web", requested_by="octocat")
    assert made.path == ORDERS
    assert (made.title, made.owner) == ("checkout asks for orders in dev, prod", "commerce")
    assert made.content.decode() == (
        "# yaml-language-server: $schema=../../../schemas/grant.json\n"
        "environments: [dev, prod]\n"
        "key: true\n"
        "reason: Show the order history\n"
        "component: web\n"
        "requested_by: octocat\n"
        "expires: 2027-06-11\n"
        "in:\n"
        "  dev: {expires: 2026-12-23}\n"
    )


@pytest.mark.parametrize(
    ("answers", "ends"),
    [
        ({}, ("2027-06-11", {"dev": {"expires": "2026-12-23"}})),
        ({"environments": ("dev",)}, ("2026-12-23", None)),
        ({"expires": "2026-12-01"}, ("2026-12-01", None)),
        ({"expires": "2027-01-01"}, ("2027-01-01", {"dev": {"expires": "2026-12-23"}})),
    ],
)
def test_it_ends_when_asked_or_as_late_as_each_environment_allows(
    answers: dict[str, Any], ends: tuple[str, Any]
) -> None:
    value = says(asked(**answers))
    assert (value["expires"], value.get("in")) == ends


def test_where_nothing_limits_it_a_request_has_no_end() -> None:
    rules = {"guardrails.yaml": {"max_duration": "unlimited"}}
    value = says(asked(folder(**rules, **{"commerce/products/orders.yaml": {"environments": ["dev", "prod"]}})))
    assert "expires" not in value
    assert "in" not in value


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no team": ({"team": ""}, "say which team"),
    "a team that is none": ({"team": "chekout"}, "there is no team `chekout` (did you mean `checkout`?)"),
    "a team outside": ({"team": "../checkout"}, "there is no team `../checkout`"),
    "a team of two lines": ({"team": "checkout\nplatform"}, "there is no team `checkout\\nplatform`"),
    "a product that is none": ({"product": "order"}, "there is no product `order` (did you mean `orders`?)"),
    "a product of a command": ({"product": "$(rm -rf .)"}, "there is no product `$(rm -rf .)`"),
    "a product of 100 kB": ({"product": "x" * 100_000}, "there is no product `xxx"),
    "no environment": ({"environments": ()}, "say in which environments: orders is in dev, prod"),
    "another environment": ({"environments": ("prod", "`id`")}, "orders is not in ``id``: it is in dev, prod"),
    "nothing": ({"key": False}, "say what you need: a key, to see the product in the portal, or both"),
    "no reason": ({"reason": " \n\t "}, "say why: the owner decides by the reason"),
    "a reason of 100 kB": ({"reason": "a b " * 25_000}, "`reason` is too long: at most 1000 characters"),
    "a reason that turns around": ({"reason": "for \u202eevil"}, "the reason holds U+202E, which nobody can see"),
    "a reason with a bell": ({"reason": "ring \x07"}, "the reason holds U+0007"),
    "an end in words": ({"expires": "next year"}, "`next year` is no day of the calendar"),
    "an end that is no day": ({"expires": "2027-02-30"}, "`2027-02-30` is no day of the calendar"),
    "an end that is over": ({"expires": "2026-11-22"}, "2026-11-22 is over: name a day to come"),
    "an end with more": ({"expires": "2027-01-01\nkey: true"}, "is no day of the calendar"),
    "an end too late everywhere": ({"expires": "2029-01-01"}, "prod allows 200 days (2027-06-11 is the last day"),
    "a component outside": ({"component": "../../team"}, "`../../team` is no component"),
    "a component of two lines": ({"component": "a\nportal: true"}, "is no component"),
    "a robot": ({"requested_by": "dependabot[bot]"}, "`dependabot[bot]` is nobody who could ask"),
    "nobody": ({"requested_by": ""}, "is nobody who could ask"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_asked_for_is_said_in_words(name: str) -> None:
    answers, reason = REFUSED[name]
    assert reason in refused(**answers)


def test_all_reasons_are_said_at_once() -> None:
    assert len(refused(team="x", product="y", reason="", key=False).splitlines()) == 4


def test_a_product_that_is_open_needs_no_key() -> None:
    product = {"environments": ["dev", "prod"], "subscription_required": False}
    said = refused(folder(**{"commerce/products/orders.yaml": product}))
    assert "product `orders` is open in prod: no key is needed" in said


def test_what_was_wrong_before_does_not_stand_in_the_way() -> None:
    within = folder(**{"commerce/products/refunds.yaml": {"environments": ["nowhere"]}})
    assert ask(ANSWERS, within, TODAY).path == ORDERS


REASONS = [
    "yes",
    "true",
    "null",
    "2027-01-01",
    "1e3",
    "0x1F",
    "key: true",
    "- portal",
    "\"quoted\" and 'quoted'",
    "a # comment that is none",
    "}\nportal: true\nin: {prod: {expires: 2099-01-01}}\nreason: {",
    "'\nrequested_by: owner\nx: '",
    "--- \n...\n%TAG ! x",
    "&anchor *alias !!python/object:os.system",
    "$(touch /tmp/owned) `touch /tmp/owned` ${{ secrets.GITHUB_TOKEN }}",
    "@contoso/everybody please\u2028key: false",
    "emoji \U0001f600, ünïcode, 漢字",
    ": ? | > % @",
    "<!-- reconciler: request --> <script>",
]


@pytest.mark.parametrize("reason", REASONS)
def test_whatever_a_reason_holds_it_is_the_reason_and_nothing_else(reason: str) -> None:
    value = says(asked(reason=reason, requested_by="octocat"))
    assert value == {
        "environments": ["dev", "prod"],
        "key": True,
        "reason": " ".join(reason.split()),
        "requested_by": "octocat",
        "expires": "2027-06-11",
        "in": {"dev": {"expires": "2026-12-23"}},
    }


@pytest.mark.parametrize("login", ["123", "true", "1e5", "octo-cat", "octo_contoso"])
def test_a_login_stays_text(login: str) -> None:
    assert says(asked(requested_by=login))["requested_by"] == login


HAS = """\
# ours since 2019
environments: [dev, prod]   # both
key: true
reason: "Show it"
expires: 2026-12-20  # soon
in:
    dev:  {expires: '2026-11-30'}   # sooner
"""


def test_what_a_team_has_already_is_renewed_where_it_stands() -> None:
    made = asked(folder(**{ORDERS: HAS}), reason="Another one")
    assert made.title == "checkout renews orders in dev, prod"
    assert made.content.decode() == HAS.replace("2026-12-20", "2027-06-11").replace("2026-11-30", "2026-12-23")


def test_who_renews_by_a_form_is_who_asks() -> None:
    made = asked(folder(**{ORDERS: HAS + "requested_by: olga\n"}), requested_by="123")
    assert made.content.decode().endswith('requested_by: "123"\n')
    made = asked(folder(**{ORDERS: HAS}), requested_by="123")
    assert says(made)["requested_by"] == "123"
    assert "# sooner" in made.content.decode()


def test_what_a_team_has_already_grows() -> None:
    has = {"environments": ["dev"], "key": True, "reason": "r", "expires": "2026-12-01"}
    made = asked(folder(**{ORDERS: has}), environments=("prod",), portal=True)
    assert made.title == "checkout asks for more of orders in prod"
    assert says(made) == {**has, "environments": ["dev", "prod"], "portal": True}
    longer = says(asked(folder(**{ORDERS: has}), environments=("prod",), expires="2027-02-01"))
    assert (longer["expires"], longer["in"]) == ("2027-02-01", {"dev": {"expires": "2026-12-01"}})


def test_what_cannot_be_any_longer_is_not_asked_for_again() -> None:
    made = asked()
    within = folder(**{made.path: made.content.decode()})
    assert f"checkout has orders already, and no later end is possible: {ORDERS}" in refused(within)


def test_another_caller_has_a_file_of_its_own() -> None:
    made = asked(folder(**{ORDERS: HAS}), component="Guest_Checkout")
    assert made.path == "checkout/grants/orders-guest-checkout.yaml"
    assert says(made)["product"] == "orders"
    assert says(made)["component"] == "Guest_Checkout"


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    other = {"environments": ["prod"], "key": True, "reason": "r", "expires": "2026-12-01", "product": "refunds"}
    within = folder(**{ORDERS: other, "commerce/products/refunds.yaml": {"environments": ["prod"]}})
    assert asked(within).path == "checkout/grants/orders-2.yaml"


def test_an_emergency_has_to_go_before_anything_is_asked_for() -> None:
    has = {"environments": ["prod"], "key": True, "reason": "r", "emergency": True, "expires": str(TODAY)}
    assert f"for a day, in an emergency: {ORDERS} has to go first" in refused(folder(**{ORDERS: has}))
    assert asked(folder(**{ORDERS: has}), component="web").path == "checkout/grants/orders-web.yaml"


def test_what_rules_warn_of_goes_along() -> None:
    rules = [{"level": "warning", "when": {"environment": "prod"}, "say": "Prod is precious"}]
    within = folder(**{"guardrails.yaml": {"rules": rules}})
    made = ask(ANSWERS, within, TODAY)
    assert [each.partition(" (")[0] for each in made.warnings] == ["Prod is precious"]
    assert "To know: Prod is precious" in receipt(made, 7)
    forbid = {"guardrails.yaml": {"rules": [{**rules[0], "level": "error", "say": "Never in prod"}]}}
    assert "Never in prod" in refused(folder(**forbid))


def test_two_files_for_one_thing_are_left_to_people() -> None:
    has = {"product": "orders", "key": True, "reason": "r", "expires": "2026-12-01"}
    within = folder(
        **{
            "checkout/grants/one.yaml": {**has, "environments": ["dev"]},
            "checkout/grants/two.yaml": {**has, "environments": ["prod"]},
        }
    )
    assert "change checkout/grants/one.yaml, checkout/grants/two.yaml" in refused(within)
    assert asked(within, environments=("prod",)).path == "checkout/grants/two.yaml"


FORM = """\
### Team

checkout

### Product

orders

### Environments

- [X] dev
- [ ] test
- [x] prod

### What you need

- [X] Key: calls with it go through
- [ ] Portal: see the product in the developer portal

### Reason

Show the order history

### Last day

_No response_

### Component

_No response_
"""


def test_an_issue_is_read_as_the_form_made_it() -> None:
    expected = replace(ANSWERS, requested_by="octocat")
    assert read_form(FORM, author="octocat") == expected
    assert read_form(FORM.replace("\n", "\r\n"), author="octocat") == expected
    assert read_form(FORM.replace("checkout", "Checkout").replace("] dev", "] Dev"), author="octocat") == expected
    typed = FORM.replace("- [X] dev\n- [ ] test\n- [x] prod", "dev, prod").replace("- [X] Key: calls", "Key, ")
    assert read_form(typed, author="octocat").environments == ("dev", "prod")


def test_who_opened_the_issue_asks_whatever_it_says() -> None:
    text = FORM.replace("Show the order history", "Show\n\nrequested_by: owner\n\n### Requested by\n\nowner")
    made = asked(**vars_of(read_form(text, author="octocat")))
    assert says(made)["requested_by"] == "octocat"
    assert says(made)["reason"] == "Show requested_by: owner ### Requested by owner"


def vars_of(answers: Answers) -> dict[str, Any]:
    return {name: getattr(answers, name) for name in Answers.__slots__}


def test_a_label_that_stands_twice_or_not_at_all_is_no_answer() -> None:
    with pytest.raises(NotAskable, match="`### Product` stands twice in the issue"):
        read_form(FORM.replace("Show the order", "Show\n### Product\n\nsecrets\n"), author="octocat")
    with pytest.raises(NotAskable, match="`### Reason` is missing in the issue"):
        read_form(FORM.replace("### Reason", "### Why"), author="octocat")


def test_a_grant_that_ended_is_asked_for_again_by_its_end() -> None:
    ended = HAS.replace("2026-12-20", "2026-10-01")
    value = says(asked(folder(**{ORDERS: ended})))
    assert date.fromisoformat(value["expires"]) > TODAY
    one = {"environments": ["dev"], "key": True, "reason": "r", "expires": "2026-10-01"}
    more = says(asked(folder(**{ORDERS: one}), environments=("prod",)))
    assert (more["expires"], more["in"]) == ("2027-06-11", {"dev": {"expires": "2026-10-01"}})
