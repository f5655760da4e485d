"""`reconciler what-can`: a team, a group, an application or a subscription in; everything it can use out."""

from typing import Annotated

import typer

from reconciler.cli.answers import answer
from reconciler.cli.options import ACCESS, Day, Environments, Folder, Format, day
from reconciler.cli.sides import Asked, At, Live, UsedBy

Who = Annotated[
    str, typer.Argument(metavar="WHO", help="A team; or the id of a group, an application or a subscription.")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="what-can")(what_can)


def what_can(
    who: Who,
    *,
    access: Folder = ACCESS,
    environment: Environments = None,
    live: Live = False,
    at: At = None,
    usage: UsedBy = None,
    format: Format = "text",  # noqa: A002
    as_of: Day = None,
) -> None:
    """Say what a team, a group, an application or a subscription can use: products with their APIs, and single APIs.

    Asks the files alone, and no Azure. With [bold]--live[/bold] both sides stand side by side. With [bold]--at[/bold]
    it is what was declared on a day, or at a revision.
    """
    from reconciler.questions import what_can  # noqa: PLC0415  the help must not wait for the models

    answer(Asked(access, environment, at, live, day(as_of), usage), who, format, what_can)
