"""`reconciler renew`: declarations in; one pull request for each team whose access ends, or the files, out."""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.console import err
from reconciler.cli.on_github import RepositoryName, on_github
from reconciler.cli.options import ACCESS, Day, Folder, day
from reconciler.words import count, did_you_mean

if TYPE_CHECKING:
    from reconciler.github import Repository
    from reconciler.renewing import Renewal
    from reconciler.sources import Files

Teams = Annotated[list[str] | None, typer.Option("--team", help="Only of this team; may be repeated. Default: all.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show how the files would differ.")]
Write = Annotated[bool, typer.Option("--write", help="Change the files here, instead of proposing it on GitHub.")]
Base = Annotated[str, typer.Option("--base", metavar="BRANCH", help="The branch that pull requests are meant for.")]

_BRANCH = "access/renew-"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(renew)


def renew(
    *,
    access: Folder = ACCESS,
    team: Teams = None,
    dry_run: DryRun = False,
    write: Write = False,
    base: Base = "main",
    repository: RepositoryName = None,
    as_of: Day = None,
) -> None:
    """Propose to each team that its access goes on, before it ends; and that what has ended goes.

    Made to run each week: one pull request a team, [bold]access/renew-TEAM[/bold], which says what ends when and why it
    was asked for. People change it as they like; from then on it is left alone. GITHUB_TOKEN must be set.
    """
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  the help must not wait for the models
    from reconciler.renewing import renewals  # noqa: PLC0415
    from reconciler.sources import from_folder  # noqa: PLC0415

    if dry_run and write:
        raise WrongUsage("Say --dry-run or --write, not both.")
    files = from_folder(access)
    _known(team or [], files)
    found = [each for each in renewals(files, day(as_of)) if not team or each.team in team]
    for each in found:
        for path in each.by_hand:
            err().print(f"{files.shown(path)} has to be changed by hand.", soft_wrap=True)
    found = [each for each in found if each.files]
    if not found:
        typer.echo("Nothing ends soon, and nothing has ended.")
    elif dry_run:
        for each in found:
            _show(each, files)
    elif write:
        from reconciler.folder import write as write_files  # noqa: PLC0415  as above

        for each in found:
            write_files(access, each.files, tell=lambda name: typer.echo(files.shown(name)))
    else:
        there = on_github(repository)
        open_already = there.proposals(_BRANCH)
        # Those without a pull request first: where GitHub's limits end a run, the next one goes on.
        for each in sorted(found, key=lambda each: _BRANCH + each.team in open_already):
            _propose(each, there, access, base)


def _known(teams: list[str], files: "Files") -> None:
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.load import load  # noqa: PLC0415

    known = load(files).declarations.teams
    if strange := [team for team in teams if team not in known]:
        hint = did_you_mean(strange[0], known)
        raise WrongUsage(f"There is no team {strange[0]!r}{f': {hint}' if hint else '.'}")


def _show(renewal: "Renewal", files: "Files") -> None:
    for path, after in renewal.files.items():
        before, shown = files.contents[path], files.shown(path)
        was, will_be = ((text or b"").decode().splitlines(keepends=True) for text in (before, after))
        typer.echo("".join(difflib.unified_diff(was, will_be, shown, shown if after is not None else "/dev/null")))


def _propose(renewal: "Renewal", there: "Repository", access: Path, base: str) -> None:
    from reconciler.cli.proposing import Taken, propose  # noqa: PLC0415  as above

    try:
        number = propose(
            there,
            access,
            branch=_BRANCH + renewal.team,
            base=base,
            title=renewal.title,
            body=renewal.body,
            files=renewal.files,
            keep_reviewed=True,
        )
    except Taken as taken:
        typer.echo(f"{renewal.team}: {taken}")
    else:
        typer.echo(f"{renewal.team}: pull request {number}, {count(len(renewal.files), 'grant')}")
