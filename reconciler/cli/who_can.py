"""`reconciler who-can`: a product or an API in; everybody who can use it, by what, until when, out."""

from typing import Annotated

import typer

from reconciler.cli.answers import answer
from reconciler.cli.options import ACCESS, Day, Environments, Folder, Format, day
from reconciler.cli.sides import Asked, At, Live, UsedBy

Thing = Annotated[
    str, typer.Argument(metavar="THING", help="A product by its name, or a product or an API by its id in the service.")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="who-can")(who_can)


def who_can(
    thing: Thing,
    *,
    access: Folder = ACCESS,
    environment: Environments = None,
    live: Live = False,
    at: At = None,
    usage: UsedBy = None,
    format: Format = "text",  # noqa: A002
    as_of: Day = None,
) -> None:
    """Say who can use a product or an API: by which key, token or open door, until when, and in which file that stands.

    Asks the files alone, and no Azure. With [bold]--live[/bold] both sides stand side by side: what is declared and not
    there, and what is there and nobody declared. Keys for one API or for all of them are among the answers.
    """
    from reconciler.questions import who_can  # noqa: PLC0415  the help must not wait for the models

    answer(Asked(access, environment, at, live, day(as_of), usage), thing, format, who_can)
