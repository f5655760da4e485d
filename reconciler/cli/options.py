"""The options that several verbs share, each with its words."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

Folder = Annotated[
    Path, typer.Option("--access", metavar="DIR", help="The folder of declarations.", envvar="RECONCILER_ACCESS")
]
ACCESS = Path("access")
Previous = Annotated[
    str | None,
    typer.Option(
        "--previous",
        metavar="REV",
        help="The git revision that was applied last. What it declared and is gone now is taken back; "
        "without it, only enforce takes anything back.",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="REV",
        help="Only what differs from this git revision, as a pull request does: quick on a service of any size, and "
        "no other product's drift comes with it.",
    ),
]
PlanFormat = Annotated[
    Literal["text", "markdown", "json"],
    typer.Option("--format", help="text for people, markdown for a pull request, json for machines."),
]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="text for people, json for machines.")]
Elsewhere = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead.")]
Environments = Annotated[
    list[str] | None, typer.Option("--environment", "-e", help="One environment; may be repeated. Default: all.")
]
OneEnvironment = Annotated[
    str | None, typer.Option("--environment", "-e", help="The environment. Needed where more than one is declared.")
]
Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint", metavar="URL", help="Of Resource Manager: only another cloud, or a local one."),
]
Day = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DAY", help="As if it were that day, UTC. Default: today."),
]


def day(as_of: datetime | None) -> date:
    """Give the day asked for, or today. RECONCILER_AS_OF is for rehearsals: it asks every verb for one day."""
    if as_of is None and (said := os.environ.get("RECONCILER_AS_OF")):
        try:
            return date.fromisoformat(said)
        except ValueError as error:
            raise typer.BadParameter(f"RECONCILER_AS_OF is {said!r}, and no day such as 2026-11-23.") from error
    return as_of.date() if as_of else datetime.now(UTC).date()


def moment(today: date) -> datetime:
    """Give this moment, on the day that is asked for."""
    return datetime.combine(today, datetime.now(UTC).timetz())
