"""`reconciler remind`: declarations and what other verbs found, as JSON, in; one open issue for each team out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.approved import Approved, approved_file
from reconciler.cli.console import err
from reconciler.cli.on_github import RepositoryName, on_github
from reconciler.cli.options import ACCESS, Day, Folder, day
from reconciler.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.github import Repository
    from reconciler.reminding import Reminder, Told

Drift = Annotated[
    list[Path] | None, typer.Option("--drift", metavar="FILE", help="What `drift --format json` printed; repeatable.")
]
Plans = Annotated[
    list[Path] | None, typer.Option("--plan", metavar="FILE", help="What `plan --format json` printed; repeatable.")
]
LeftOut = Annotated[
    list[Path] | None,
    typer.Option("--left-out", metavar="FILE", help="What `converge` did not apply, as JSON; repeatable."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what the issues would say.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(remind)


def remind(
    *,
    access: Folder = ACCESS,
    drift: Drift = None,
    plan: Plans = None,
    left_out: LeftOut = None,
    dry_run: DryRun = False,
    approved: Approved = False,
    repository: RepositoryName = None,
    as_of: Day = None,
) -> None:
    """Tell each team what it should look at, in one issue that is kept up to date, and closed when nothing is left.

    Access that ends, for who uses it; for who owns a product, what another hand changed, and what observe mode leaves
    in force; for the platform team, what is nobody's. Made to run each day, after [bold]drift[/bold] and
    [bold]plan[/bold]; reads no Azure. GITHUB_TOKEN must be set.
    """
    from reconciler.cli.run import declared  # noqa: PLC0415  the help must not wait for the models
    from reconciler.reminding import reminders, unseen  # noqa: PLC0415

    today = day(as_of)
    places = approved_file(access, repository, today) if approved else None
    declarations = declared(access, day=today, environments=places).declarations
    told = _told(drift, plan, left_out)
    made, nobodys = reminders(declarations, today, told)
    if missing := unseen(declarations, told):
        names = ", ".join(missing)
        err().print(f"Nobody looked at {names}: no issue is closed, until somebody did.", soft_wrap=True)
    if nobodys:
        what = count(nobodys, "thing")
        err().print(f"{what} can be told to nobody: name a `platform_team` in guardrails.yaml.", soft_wrap=True)
    if dry_run:
        for each in made:
            typer.echo(f"{each.title}\n\n{each.body}\n")
        return
    _keep(made, on_github(repository), closes=not missing)
    typer.echo(f"{count(len(made), 'team')} of {len(declarations.teams)} should look at something.")


def _keep(made: "Iterable[Reminder]", there: "Repository", *, closes: bool) -> None:
    """Write what changed, and close what is over: also of teams that are none any more."""
    from reconciler.reminding import DONE, LABEL, is_reminder, marker  # noqa: PLC0415  as above

    kept = {name: issue for name, issue in there.kept_issues().items() if is_reminder(name, issue.title)}
    for each in made:
        stands = kept.pop(marker(each.team), None)
        if stands and (stands.title, stands.body, LABEL in stands.labels) == (each.title, each.body.strip(), True):
            continue
        number = there.keep_issue(marker(each.team), title=each.title, body=each.body, labels=[LABEL])
        typer.echo(f"{each.team}: issue {number}")
    for name in sorted(kept) if closes else ():
        there.close_issue(name, saying=DONE)


def _told(drift: list[Path] | None, plan: list[Path] | None, left_out: list[Path] | None) -> "Told":
    """Read the documents: what is not given is not told, and a file that is not there stops everything."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.reminding import told  # noqa: PLC0415

    try:
        texts = [[path.read_text(encoding="utf-8") for path in paths or ()] for paths in (drift, plan, left_out)]
        return told(*texts)
    except ValueError as error:
        named = ", ".join(str(path) for paths in (drift, plan, left_out) for path in paths or ())
        raise WrongUsage(f"{named}: {error}") from error
