"""The one comment on a pull request: inert whatever people write, within GitHub's limit, and kept current by parts."""

from typing import Any

import pytest
from cloud import Cloud
from hypothesis import given, settings
from hypothesis import strategies as st
from organisations import SERVICE, TODAY, declared, environment, organisation
from rendered import pictures, strange

from reconciler.approvals import Decision, Need
from reconciler.compile import compile
from reconciler.plan import Plan, Settings, Target, plan, unnamed
from reconciler.report.approvals import Approvals
from reconciler.report.approvals import markdown as approvals
from reconciler.report.markdown import LIMIT, inert, render
from reconciler.report.picture import MOST, Edge, picture
from reconciler.report.story import tell

GRANT = {"environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30"}
BOTH = {**GRANT, "portal": True}
ORDERS = "commerce/products/orders.yaml"
PRODUCT = {"environments": ["prod"], "manage": "product", "display_name": "Orders", "apis": ["orders"]}
APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
BASE = organisation(
    **{
        ORDERS: {**PRODUCT, "mode": "enforce"},
        "checkout/grants/orders.yaml": None,
        "billing/team.yaml": {"display_name": "Billing"},
        "billing/grants/orders.yaml": GRANT,
        "mobile/team.yaml": {"display_name": "Mobile"},
        "mobile/grants/orders.yaml": BOTH,
    }
)
ASKED = {**BASE, "checkout/grants/orders.yaml": GRANT}
ATTACKS = (
    "@octocat please approve",
    "octocat@contoso.example",
    "![x](https://evil.example/x.png)",
    "[approve](https://evil.example)",
    "<https://evil.example>",
    "https://evil.example",
    "www.evil.example",
    "<img src=x onerror=alert(1)>",
    "</details><h1>Approved</h1>",
    "<!-- end: prod --><!-- part: approvals -->",
    "<!-- reconciler -->",
    "```",
    "`code` **bold** _it_ ~~no~~ #1 GH-1",
    "contoso/access#1",
    ":white_check_mark: approved",
    "a | b |\n|---|---|\n| c | d",
    "line\n\n# heading\n\n- item\n> quote",
    "line\r\n\r\n    code",
    "[x]: https://evil.example\n[x]",
    '"] click n1 "javascript:alert(1)"',
    '%%{init: {"securityLevel": "loose"}}%%',
    '"]; n1 --> n9; style n1 fill:#f00',
    "\n```\n\n@octocat",
    "javascript:alert(1)",
    "\u202eevil\u2066\u200f",
    "&lt;b&gt; &#64;octocat &commat;octocat",
    "\\@octocat \\[x\\](y) \\",
    "$x^2$ $$y$$",
    "end",
)


def applied(contents: dict[str, Any] = BASE, **living: dict[str, Any]) -> Cloud:
    cloud = Cloud().seed(APIS)
    cloud.converge(contents)
    return cloud.seed(living)


def undeclared(title: str) -> dict[str, dict[str, Any]]:
    return {"subscriptions/old": {"scope": "/products/orders", "displayName": title, "state": "active"}}


def section(plan: Plan, **options: Any) -> str:
    text = render(tell(plan), **options)
    assert strange(text) == []
    return text


# One environment


def test_a_section_says_what_access_comes_and_goes_and_draws_it() -> None:
    given_back = {path: value for path, value in ASKED.items() if path != "billing/grants/orders.yaml"}
    text = section(applied().plan(given_back, BASE))
    order = ["### prod", "checkout gains orders", "billing loses orders", "```mermaid", "<details>", "2 changes", "It "]
    places = [text.index(each) for each in order]
    assert places == sorted(places)
    (drawn,) = pictures(text)
    assert [line.strip() for line in drawn.splitlines()[2:]] == [
        'n1(["checkout"])',
        'n2["orders"]',
        'n3(["billing"])',
        'n4(["mobile"])',
        'n1 ==>|"gains key"| n2',
        'n3 -.->|"loses key"| n2',
        'n4 -->|"key and portal"| n2',
        "linkStyle 0 stroke:#1a7f37,stroke-width:4px",
        "linkStyle 1 stroke:#cf222e,stroke-width:2px,stroke-dasharray:6 4",
        "linkStyle 2 stroke:#8c959f,stroke-width:1px",
    ]


def test_a_plan_of_what_differs_draws_the_same_by_what_the_files_say() -> None:
    cloud = applied()
    whole, scoped = cloud.plan(ASKED, BASE), cloud.plan(ASKED, BASE, scoped=True)
    assert pictures(section(scoped)) == pictures(section(whole)) != []


def test_a_key_that_was_read_is_drawn_as_its_team_also_where_it_is_not_planned_for() -> None:
    base = {**BASE, ORDERS: PRODUCT}
    unseen = {**base, "mobile/grants/orders.yaml": GRANT}
    (drawn,) = pictures(section(applied(base).plan(unseen, base, scoped=True)))
    assert 'n3(["billing"])' in drawn  # the keys of a product are read when a group no longer sees it
    assert "subscription" not in drawn


def test_who_reaches_a_product_that_begins_to_ask_for_no_key_is_everybody() -> None:
    base = {**BASE, ORDERS: PRODUCT, "billing/grants/orders.yaml": None, "mobile/grants/orders.yaml": None}
    base = {path: value for path, value in base.items() if value}
    text = section(applied(base).plan({**base, ORDERS: {**PRODUCT, "subscription_required": False}}, base))
    assert '(["everybody"])' in text
    assert '|"gains open access"|' in text


def test_who_reaches_the_same_thing_without_a_declaration_is_drawn_too() -> None:
    watched = {**BASE, ORDERS: PRODUCT}  # add: what nobody declared stays
    cloud = applied(watched, **undeclared("Partner"))
    text = section(cloud.plan({**ASKED, ORDERS: PRODUCT}, watched))
    assert '(["subscription old #40;Partner#41;"])' in text
    assert "loses" not in text


def test_a_plan_without_changes_says_so_in_one_line() -> None:
    assert section(applied().plan(BASE, BASE)) == "### prod\\: apim-test\n\nNothing that matters changes.\n"


def test_nothing_is_drawn_where_nobody_gains_or_loses() -> None:
    renamed = {**BASE, ORDERS: {**PRODUCT, "mode": "enforce", "display_name": "All orders"}}
    text = section(applied().plan(renamed, BASE))
    assert "Nobody gains or loses access." in text
    assert pictures(text) == []


def test_what_observe_only_shows_is_not_drawn_as_if_it_happened() -> None:
    observed = {"environments.yaml": {"prod": environment(mode="observe")}}
    text = section(Cloud().seed(APIS).plan(organisation(**observed)))
    assert "**Observed only, nothing of this is written**" in text
    assert pictures(text) == []


def test_what_no_file_names_asks_for_the_fingerprint_in_the_review() -> None:
    cloud = applied(**undeclared("Partner"))
    plan = cloud.plan(ASKED, BASE)
    assert [str(each) for each in unnamed(plan)] == ["subscription old"]
    text = section(plan)
    asked = f"**Whoever approves writes the fingerprint `{plan.fingerprint}` into the review**"
    assert f"{asked}, because this takes away what no file names: subscription old." in text
    assert "Whoever approves" not in section(cloud.plan(ASKED, BASE, scoped=True))


def test_what_goes_along_with_a_product_and_has_no_file_asks_for_the_fingerprint_too() -> None:
    everything = {"environments.yaml": {"prod": environment(mode="enforce")}}
    base = {**BASE, **everything}
    cloud = applied(base, **undeclared("Partner"))
    gone = {path: value for path, value in base.items() if "orders.yaml" not in path}
    plan = cloud.plan(gone, base)
    assert "subscription old" in {str(each.address) for change in plan.written.changes for each in change.cascades}
    assert [str(each) for each in unnamed(plan)] == ["subscription old"]
    withdrawn = applied(base).plan(gone, base)
    assert withdrawn.written.changes
    assert unnamed(withdrawn) == ()


# The picture


def test_a_picture_of_many_has_the_first_and_counts_the_rest() -> None:
    edges = [Edge(f"team-{number}", "orders", "key", "gained") for number in range(40)]
    drawn = picture(edges)
    assert drawn.count('(["team-') == MOST - 1
    assert "And 29 consumers more.*" in drawn
    one = picture([Edge("checkout", f"p{number}", "key", "lost") for number in range(12)])
    assert "And 1 thing more.*" in one
    assert "more" not in picture(edges[: MOST - 1])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30), st.sampled_from(["gained", "lost", "kept"]))))
def test_no_name_breaks_out_of_a_picture(names: list[tuple[str, str, Any]]) -> None:
    drawn = picture([Edge(who, thing, "key", fate) for who, thing, fate in names])
    assert strange(drawn) == []
    assert len(pictures(drawn)) == bool(names)


# Inertness


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_name_in_the_service_is_inert_in_every_place_of_a_section(attack: str) -> None:
    cloud = applied(**undeclared(attack[:100]))
    cloud.seed({"products/orders": {"displayName": f"X {attack[:90]}", "description": attack}})
    described = {**PRODUCT, "mode": "enforce", "description": "Ours"}
    plan = cloud.plan({**BASE, ORDERS: described}, BASE)
    text = section(plan)
    assert len(pictures(text)) == 1
    assert text.count("subscription old") == 3  # named, lost and drawn
    assert "displayName" in text


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_an_author_writes_is_inert_or_refused(attack: str) -> None:
    words = {**GRANT, "reason": attack, "component": attack[:60], "requested_by": attack}
    product = {**PRODUCT, "display_name": attack, "description": attack}
    team = {"display_name": attack, "email": "a@contoso.example"}
    written = {ORDERS: product, "checkout/team.yaml": team}
    plain = {**BASE, ORDERS: PRODUCT}
    cloud = applied(plain)
    section(cloud.plan({**plain, **written}, plain))
    try:
        section(cloud.plan({**plain, **written, "checkout/grants/orders.yaml": words}, plain))
    except AssertionError as refused:
        assert "component" in str(refused)  # noqa: PT017  what `check` refuses never comes to a plan


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_approvals_are_inert_whoever_is_named_how(attack: str) -> None:
    needs = (Need(("commerce",), f"checkout asks for {attack}", f"checkout/grants/{attack}.yaml"),)
    who = {"commerce": f"@contoso/{attack}"}
    decision = Decision(met=((needs[0], attack),), awaited=needs, refused_by=(attack,), own=(attack,), outdated=("x",))
    for decided in (None, decision):
        text = approvals(Approvals(needs, who, "access", decided))
        assert strange(text) == []
        assert text.count("\n- ") == (1 if decided is None else 5)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("@#:/wg.h-1 a[]()!<>`*_|\\&;\n\u202e"), max_size=40))
def test_no_mixture_of_signs_calls_anybody(text: str) -> None:
    assert strange(f"- :memo: {inert(text)}") == []
    assert strange(f"| a |\n|---|\n| {inert(text)} |") == []


# The limit


def crowd(number: int) -> Plan:
    contents = organisation(**{ORDERS: PRODUCT, "checkout/grants/orders.yaml": None})
    for index in range(number):
        contents[f"t{index}/team.yaml"] = {"display_name": f"T{index}"}
        contents[f"t{index}/grants/orders.yaml"] = BOTH
    meaning = compile(declared(contents), "prod", day=TODAY)
    return plan(
        Target("prod", SERVICE),
        desired=meaning,
        declared=meaning,
        previous=None,
        actual={},
        day=TODAY,
        settings=Settings(),
    )


@pytest.mark.story
def test_ten_thousand_grants_stay_within_the_limit_and_keep_what_matters() -> None:
    plan = crowd(10_000)
    assert len(plan.written.gained) > 10_000
    text = section(plan)
    assert LIMIT * 0.9 < len(text) <= LIMIT
    assert plan.fingerprint in text
    assert len(pictures(text)) == 1
    assert "<details><summary>Resources (" in text
    needs = tuple(Need(("commerce",), f"t{index} asks for orders", "x.yaml") for index in range(10_000))
    asked = approvals(Approvals(needs, {"commerce": "@olga"}, "access", Decision(awaited=needs)))
    assert LIMIT * 0.9 < len(asked) <= LIMIT
    assert strange(asked) == []
