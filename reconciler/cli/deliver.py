"""`reconciler deliver`: what is approved and applied in; each key in the vault of whoever may use it, out."""

from functools import partial

import typer

from reconciler.cli.keys import Asked, DryRun, FromFiles, Grant, Record, Team, Way, carry_out, exit_code, tell
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Day, Folder, Format, OneEnvironment, day, moment


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(deliver)


def deliver(
    *,
    access: Folder = ACCESS,
    environment: OneEnvironment = None,
    team: Team = None,
    grant: Grant = None,
    dry_run: DryRun = False,
    from_files: FromFiles = False,
    repository: RepositoryName = None,
    record: Record = None,
    format: Format = "text",  # noqa: A002
    as_of: Day = None,
) -> None:
    """Deliver the key of each grant to its team's Key Vault, and disable the secrets of grants that are over.

    It goes by the files that the service remembers as applied. Which secrets are there is told by their tags: a key is
    read only to be delivered, and nothing shows it. A secret of another hand is named and left. Exit code 4 for such a
    one, 1 when something else was not done.
    """
    from reconciler.delivery import delivering, telling  # noqa: PLC0415  the help must not wait for Azure's client

    today = day(as_of)
    asked = Asked(access, environment, repository, today, team, grant, from_files, dry_run)
    act = partial(delivering.deliver, clock=partial(moment, today))
    came = carry_out(asked, Way("Delivering", delivering.look, act))
    lines = telling.lines(came.looked, came.done, dry=dry_run)
    tell(telling.record(came.environment, came.looked, came.done), lines, format=format, file=record)
    if code := exit_code(came, waits="wait"):
        raise typer.Exit(code)
