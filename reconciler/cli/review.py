"""`reconciler review`: declarations and how access is used in; a campaign, its pull requests, status and report out."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reconciler.cli.console import err
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Day, Folder, day
from reconciler.words import count

if TYPE_CHECKING:
    from reconciler.cli.reviewed import Scene

Due = Annotated[
    datetime | None,
    typer.Option("--due", formats=["%Y-%m-%d"], metavar="DAY", help="The last day to answer. Default: in 30 days."),
]
UsedBy = Annotated[
    Path | None,
    typer.Option("--usage", metavar="FILE", help="A file of `reconciler usage`: what is unused is advised to end."),
]
New = Annotated[bool, typer.Option("--new", help="Begin another campaign, although not everybody has answered.")]
Status = Annotated[bool, typer.Option("--status", help="Only say who has answered, and who is late. Needs no GitHub.")]
Remind = Annotated[
    bool,
    typer.Option("--remind", help="Tell whoever has not answered, in their pull request, and open it if it is gone."),
]
Report = Annotated[bool, typer.Option("--report", help="Only report what was decided on each grant, by whom and when.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be proposed.")]
Base = Annotated[str, typer.Option("--base", metavar="BRANCH", help="The branch that pull requests are meant for.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report there.")]
Format = Annotated[
    Literal["markdown", "json"], typer.Option("--format", help="Of the report: for people, or for machines.")
]
_DAYS = 30


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(review)


def review(
    *,
    access: Folder = ACCESS,
    due: Due = None,
    usage: UsedBy = None,
    new: New = False,
    status: Status = False,
    remind: Remind = False,
    report: Report = False,
    dry_run: DryRun = False,
    format: Format = "markdown",  # noqa: A002
    output: Output = None,
    base: Base = "main",
    repository: RepositoryName = None,
    as_of: Day = None,
) -> None:
    """Ask each owner whether the access they gave is still needed: a campaign, with one pull request for each owner.

    [bold]access/reviews.yaml[/bold] says who is asked about what, and the platform team approves it. Each owner's pull
    request writes [bold]reviewed:[/bold] into the grants' files, as usage advises: keep, shorten, end. The owner
    changes that, and approves. What nobody has answered in time ends or goes on: [bold]missed_review[/bold] says which.
    GITHUB_TOKEN must be set to propose and to remind.
    """
    from reconciler.cli.reviewed import opened, propose, remind_all, show, write  # noqa: PLC0415  the help is quick
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415

    if status + remind + report > 1 or (new and status + remind + report):
        raise WrongUsage("Say one of --new, --status, --remind and --report.")
    scene = opened(access, day(as_of), usage, base, repository)
    if status:
        show(scene)
    elif report:
        write(scene, format, output)
    elif remind:
        remind_all(scene, dry_run=dry_run)
    else:
        begun = _begun(scene, due.date() if due else scene.day + timedelta(days=_DAYS), new=new)
        propose(scene, begun, dry_run=dry_run)


def _begun(scene: "Scene", due: date, *, new: bool) -> bool:
    """Begin a campaign in the scene, unless one is running: then what is missing of that is proposed."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.errors import Refused  # noqa: PLC0415
    from reconciler.reviewing import begun, forgotten, over  # noqa: PLC0415

    running = scene.review
    if running is not None and not new and not over(scene.declarations, running):
        return False
    if due < scene.day:
        raise WrongUsage(f"{due} is over: name a later day by --due.")
    if running is not None and (ended := forgotten(scene.declarations, running, scene.day)):
        what = f"{count(len(ended), 'grant')} ended because nobody reviewed {'it' if len(ended) == 1 else 'them'}"
        hint = "Another campaign would give that back. Have them go (`reconciler renew`), or answered, first"
        raise Refused(f"{what}: {', '.join(ended[:5])}{' and more' * (len(ended) > 5)}. {hint}.")  # noqa: PLR2004
    scene.review, nobodys = begun(scene.declarations, scene.day, due)
    if nobodys:
        said = f"{count(len(nobodys), 'grant')} can be asked of nobody: name a `platform_team` in guardrails.yaml."
        err().print(said, soft_wrap=True)
    return scene.review is not None
