"""Whom GitHub asks for a review follows from the teams."""

from organisations import declared, organisation

from reconciler.codeowners import HEAD, codeowners

TEAMS = {
    "guardrails.yaml": {"platform_team": "platform"},
    "platform/team.yaml": {"display_name": "Platform", "github": "contoso/platform"},
    "checkout/team.yaml": {"display_name": "Checkout", "github": "contoso/checkout", "reviewers": ["chris"]},
}


def test_each_team_is_asked_for_its_folder_and_the_platform_team_for_the_rest() -> None:
    assert codeowners(declared(organisation(**TEAMS)), "access") == HEAD + (
        "/access/ @contoso/platform\n"
        "/.github/ @contoso/platform\n"
        "/access/checkout/ @contoso/checkout @chris\n"
        "/access/platform/ @contoso/platform\n"
    )


def test_without_anybody_there_is_no_line() -> None:
    assert codeowners(declared(organisation()), "access") == HEAD
