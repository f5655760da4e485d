"""`reconciler rotate`: keys that are due, or said to be known to others, in; new ones in their vaults out."""

from functools import partial
from typing import Annotated

import typer

from reconciler.cli.keys import Asked, DryRun, FromFiles, Grant, Record, Team, Way, carry_out, exit_code, tell
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Day, Folder, Format, OneEnvironment, day, moment

Now = Annotated[
    bool,
    typer.Option(
        "--now", help="Somebody else has the key: make both anew at once. Needs --grant or --team; asks for no rule."
    ),
]
Overlap = Annotated[
    int | None,
    typer.Option(
        "--overlap",
        metavar="DAYS",
        min=1,
        help="How long old keys go on beside those made now. Default: `rotation_overlap` in guardrails.yaml.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(rotate)


def rotate(
    *,
    access: Folder = ACCESS,
    environment: OneEnvironment = None,
    team: Team = None,
    grant: Grant = None,
    now: Now = False,
    overlap: Overlap = None,
    dry_run: DryRun = False,
    from_files: FromFiles = False,
    repository: RepositoryName = None,
    record: Record = None,
    format: Format = "text",  # noqa: A002
    as_of: Day = None,
) -> None:
    """Make keys anew as `rotation:` asks for it, and say what comes within the next days.

    The key that nobody uses is made anew and delivered; the old one goes on for some days, and is made anew then. What
    is due is told by the tags of secrets alone, so that a run which was stopped goes on with the next. Exit code 4 for
    a secret of another hand, 1 when something else was not done.
    """
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.delivery import rotating, turns_told  # noqa: PLC0415
    from reconciler.delivery.turns import Ask  # noqa: PLC0415

    if now and not (team or grant):
        raise WrongUsage("Say whose key it is: --now needs --grant TEAM/NAME or --team TEAM.")
    if now and overlap:
        raise WrongUsage("Say --now or --overlap: a key that somebody else has goes on for no day.")
    today = day(as_of)
    ask = Ask(moment(today), overlap, at_once=now, named=grant is not None)
    asked = Asked(access, environment, repository, today, team, grant, from_files, dry_run)
    act = partial(rotating.rotate, clock=partial(moment, today))
    came = carry_out(asked, Way("Rotating", partial(rotating.look, ask=ask), act))
    lines = turns_told.lines(came.looked, came.done, ask, dry=dry_run)
    tell(turns_told.record(came.environment, came.looked, came.done), lines, format=format, file=record)
    if code := exit_code(came, waits="hold"):
        raise typer.Exit(code)
