"""The scoreboard: what each team has, how far it is governed, and what nobody owns."""

from datetime import date

from organisations import TODAY, declared, environment, organisation

from reconciler.scoreboard import Score, scores

LATER = date(2027, 7, 1)
CONTENTS = organisation(
    **{
        "environments.yaml": {
            "prod": environment(mode="observe"),
            "dev": environment(mode="add", variables={"letter": "d"}),
        },
        "commerce/products/orders.yaml": {
            "environments": ["prod", "dev"],
            "apis": ["orders"],
            "in": {"dev": {"mode": "enforce"}},
        },
        "unowned/team.yaml": {"display_name": "Nobody yet"},
        "unowned/products/old.yaml": {"environments": ["dev"]},
        "unowned/grants/all.yaml": {
            "environments": ["prod"],
            "api": "*",
            "key": True,
            "reason": "x",
            "expires": "2027-06-30",
        },
        "checkout/grants/orders.yaml": {
            "environments": ["prod", "dev"],
            "key": True,
            "reason": "x",
            "expires": "2027-07-01",
            "in": {"dev": {"expires": "2027-06-30"}},
        },
    }
)


def test_each_team_has_its_line_nobody_comes_last_and_all_is_the_sum() -> None:
    declarations = declared(CONTENTS, TODAY)
    assert scores(declarations, ["prod", "dev"], LATER) == (
        Score("checkout", keys=2, expired=1),
        Score("commerce", apis=4, products=2, observed=1, governed=1, enforced=1),
        Score("unowned", products=1, governed=1, keys=1, expired=1, broad=1),
        Score("all", apis=4, products=3, observed=1, governed=2, enforced=1, keys=3, expired=2, broad=1),
    )


def test_one_environment_is_counted_alone() -> None:
    declarations = declared(CONTENTS, TODAY)
    assert scores(declarations, ["prod"], TODAY)[-1] == Score("all", apis=2, products=1, observed=1, keys=2, broad=1)
