"""A team's word about an API counts, and `unowned` yields to it: in each environment by itself, and by approval."""

from typing import Any

import pytest
from cloud import Cloud
from organisations import TODAY, declared, environment, files, organisation
from test_adopt import adopted, company, nothing_changes, text, valid

from reconciler.approvals import needed
from reconciler.check import check
from reconciler.codeowners import codeowners
from reconciler.declarations import Declarations
from reconciler.load import load

STAGES = {
    "environments.yaml": {
        name: environment(variables={"letter": name[0]}, service=f"{environment()['service']}-{name}")
        for name in ("dev", "prod")
    }
}
PLATFORM = {
    "guardrails.yaml": {"platform_team": "platform"},
    "platform/team.yaml": {"display_name": "Platform"},
    "unowned/team.yaml": {"display_name": "Nobody"},
}
LISTED = "unowned/apis.yaml"
CLAIM = "checkout/apis/legacy.yaml"


def company_with(*apis: dict[str, Any], **more: Any) -> Declarations:
    return declared(organisation(**{**STAGES, **PLATFORM, LISTED: list(apis), **more}))


def owners(declarations: Declarations) -> set[tuple[str, str, tuple[str, ...] | None]]:
    names = {"orders", "refunds"}
    return {
        (each.team, each.value.api, tuple(each.value.environments) if each.value.environments else None)
        for each in declarations.apis
        if each.value.api not in names
    }


def test_one_api_a_file_says_what_a_line_of_the_list_says() -> None:
    api = {"api": "legacy", "system": "shop", "environments": ["prod"], "classification": "restricted"}
    alone, listed = (company_with(**{path: value}) for path, value in ((CLAIM, api), ("checkout/apis.yaml", [api])))
    first, second = (next(each for each in side.apis if each.name == "legacy") for side in (alone, listed))
    assert (first.team, first.name, first.value) == (second.team, second.name, second.value)
    assert needed(listed, alone) == ()
    assert codeowners(listed, "access") == codeowners(alone, "access")


@pytest.mark.parametrize(
    ("nobodys", "claim", "left"),
    [
        ({"api": "legacy"}, {"api": "legacy"}, set()),
        ({"api": "legacy-$(letter)"}, {"api": "legacy-d", "environments": ["dev"]}, {("prod",)}),
        ({"api": "legacy-d"}, {"api": "legacy-$(letter)"}, {("prod",)}),
        ({"api": "legacy", "environments": ["dev"]}, {"api": "legacy", "environments": ["prod"]}, {("dev",)}),
        ({"api": "legacy", "environments": ["dev"]}, {"api": "legacy", "environments": ["dev"]}, set()),
        ({"api": "legacy"}, {"api": "other"}, {None}),
    ],
)
def test_unowned_yields_where_a_team_says_its_word_and_nowhere_else(
    nobodys: dict[str, Any], claim: dict[str, Any], left: set[Any]
) -> None:
    found = owners(company_with(nobodys, **{CLAIM: claim}))
    assert {where for team, _, where in found if team == "unowned"} == left
    assert {team for team, _, _ in found} >= {"checkout"}


def test_two_teams_still_cannot_own_one_api() -> None:
    contents = organisation(**{"checkout/apis/orders.yaml": {"api": "orders"}})
    written = files(contents)
    messages = [problem.message for problem in check(load(written), written, TODAY)]
    assert any("is also owned in" in message for message in messages)


@pytest.mark.parametrize("claim", [{"api": "legacy"}, {"api": "legacy", "environments": ["prod"]}])
def test_nobody_takes_an_api_out_of_unowned_without_the_platform_team(claim: dict[str, Any]) -> None:
    base = company_with({"api": "legacy"})
    for more in ({CLAIM: claim}, {"checkout/apis.yaml": [claim]}, {CLAIM: claim, LISTED: []}):
        found = {need.why: need.teams for need in needed(base, company_with({"api": "legacy"}, **more))}
        assert found["checkout claims API legacy, which nobody owned"] == ("platform",)
        assert found["checkout owns API legacy"] == ("checkout",)


def test_a_word_for_data_that_unowned_says_does_not_go_unseen() -> None:
    nobodys = {"api": "legacy", "classification": "restricted"}
    found = needed(company_with(nobodys), company_with(nobodys, **{CLAIM: {"api": "legacy"}}))
    assert any(need.why == "API legacy is restricted no more" and need.teams == ("platform",) for need in found)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- api: legacy", "list"),
        ("{api: legacy, apis: x}", "apis"),
        ("{}", "api"),
    ],
)
def test_a_file_with_anything_but_one_api_is_refused(content: str, message: str) -> None:
    problems = load(files(organisation(**{CLAIM: content}))).problems
    assert [problem.path for problem in problems] == [f"access/{CLAIM}"]
    assert message in problems[0].message


def test_a_broken_file_is_not_taken_for_one_that_names_nothing() -> None:
    written = files(organisation(**{"commerce/apis.yaml": None, "commerce/apis/orders.yaml": "{api: orders, x: 1}"}))
    messages = [problem.message for problem in check(load(written), written, TODAY)]
    assert not any("no team owns" in message for message in messages)


def test_the_next_adoption_takes_out_of_the_list_what_a_team_took_over() -> None:
    with_team = {"shop/team.yaml": b"display_name: Shop\n", "shop/apis/mine.yaml": b"api: orders  # ours\n"}
    cloud = company(Cloud())
    _, contents = adopted(cloud)
    assert "- api: orders\n" in text(contents, LISTED)
    before = text(contents, LISTED)
    contents = {**contents, **with_team}
    assert [each.team for each in valid(contents).apis if each.name == "orders"] == ["shop"]
    _, again = adopted(cloud, contents)
    assert text(again, LISTED) == before.replace("- api: orders\n", "")
    assert text(again, "shop/apis/mine.yaml") == "api: orders  # ours\n"
    nothing_changes(cloud, again)


def test_the_next_adoption_takes_a_file_away_that_a_team_took_over_and_writes_over_none() -> None:
    cloud = company(Cloud())
    _, contents = adopted(cloud)
    alone = {
        **contents,
        LISTED: b"[]\n",
        **{f"unowned/apis/{name}.yaml": f"api: {name}\n".encode() for name in names_in(text(contents, LISTED))},
        "shop/team.yaml": b"display_name: Shop\n",
        "shop/apis/mine.yaml": b"api: orders  # ours\n",
    }
    assert "unowned/apis/orders.yaml" in alone
    _, again = adopted(cloud, alone)
    assert {each for each in alone if each not in again and "/apis/" in each} == {"unowned/apis/orders.yaml"}
    nothing_changes(cloud, again)
    other = min(each for each in again if each.startswith("unowned/apis/"))
    name = other.rpartition("/")[2]
    said = f"owners: [{{team: shop, apis: [{name.removesuffix('.yaml')}]}}]".encode()
    moved = {each: content for each, content in again.items() if each != "shop/apis/mine.yaml"}
    moved |= {f"shop/apis/{name}": b"api: orders  # ours\n", "adoption.yaml": said}
    _, last = adopted(cloud, moved)
    assert text(last, f"shop/apis/{name}") == "api: orders  # ours\n"
    assert other in last
    _, last = adopted(cloud, {**again, "adoption.yaml": said})
    assert text(last, f"shop/apis/{name}") == text(again, other)
    assert other not in last


def names_in(listed: str) -> list[str]:
    return [line.removeprefix("- api: ") for line in listed.splitlines()]
