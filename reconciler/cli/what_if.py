"""`reconciler what-if`: an edit that is not committed yet in; what it would change, in words, out. Asks no Azure."""

from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.console import err, out
from reconciler.cli.options import ACCESS, Day, Elsewhere, Environments, Folder, PlanFormat, day

if TYPE_CHECKING:
    from datetime import date

    from reconciler.cli.wanted import Wanted
    from reconciler.plan import Plan

Base = Annotated[
    str, typer.Option("--base", metavar="REV", help="The git revision that the edit is held against: where it began.")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="what-if")(what_if)


def what_if(
    *,
    access: Folder = ACCESS,
    environment: Environments = None,
    base: Base = "HEAD",
    format: PlanFormat = "text",  # noqa: A002
    output: Elsewhere = None,
    as_of: Day = None,
) -> None:
    """Say what an edit would change, before it is committed: who gains and loses access, then each resource.

    Asks the files and git alone, and no Azure: each service is taken to be as the base declares it. So it needs no
    sign-in and takes no time; what somebody did by hand there, only [bold]plan[/bold] sees.
    """
    from reconciler.cli import run  # noqa: PLC0415  the help must not wait for the models
    from reconciler.cli.refusals import warn_of_refusals  # noqa: PLC0415
    from reconciler.report.render import render  # noqa: PLC0415

    today = day(as_of)
    wanted = run.declared(access, day=today, since=base)
    plans = [_supposing(wanted, name, today) for name in run.chosen(wanted.declarations, environment)]
    render(plans, format, output, out())
    warn_of_refusals(plans, wanted)
    err().print(f"Each service is taken to be as declared at {base}: Azure was not asked.", style="dim")


def _supposing(wanted: "Wanted", environment: str, today: "date") -> "Plan":
    from reconciler.asked import asked  # noqa: PLC0415  as above
    from reconciler.cli.run import plan_of  # noqa: PLC0415
    from reconciler.plan import Target  # noqa: PLC0415
    from reconciler.supposing import supposed  # noqa: PLC0415

    asks = asked(wanted.declarations, wanted.previous, environment, day=today, scoped=True)
    target = Target(environment, wanted.declarations.environments[environment].service)
    return plan_of(wanted, target, asks, supposed(wanted.previous, asks, today), today)
