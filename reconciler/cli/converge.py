"""`reconciler converge`: a repository and GitHub in; what is merged and approved applied to one service, out."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reconciler.cli.apply import Allow, perform
from reconciler.cli.console import err, out, progress
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Day, Folder, OneEnvironment, day
from reconciler.errors import REFUSED, SOME_FAILED, GitHubError, ReconcilerError, printable

if TYPE_CHECKING:
    from reconciler.apply import Outcome
    from reconciler.converge.judging import GitHubSide
    from reconciler.converge.outcome import Convergence
    from reconciler.github import Repository
    from reconciler.plan import Plan

Full = Annotated[
    bool, typer.Option("--full", help="Look at everything besides, as each day: drift goes, and what has ended ends.")
]
Record = Annotated[
    Path | None, typer.Option("--record", metavar="FILE", help="Write the outcome record there: JSON, for machines.")
]
Comment = Annotated[bool, typer.Option("--comment", help="Say it on each merged pull request, too.")]
Notes = Annotated[
    bool, typer.Option("--notes", help="Leave what the service remembers as git notes, too: refs/notes/reconciler/ENV.")
]
Format = Annotated[
    Literal["text", "markdown", "json"],
    typer.Option("--format", help="text for people, markdown for a job's summary, json for machines."),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(converge)


def converge(
    *,
    access: Folder = ACCESS,
    environment: OneEnvironment = None,
    repository: RepositoryName = None,
    full: Full = False,
    allow: Allow = None,
    comment: Comment = False,
    notes: Notes = False,
    record: Record = None,
    format: Format = "text",  # noqa: A002
    as_of: Day = None,
) -> None:
    """Apply what is merged and approved, from the commit applied last to HEAD, each merge with its own approval.

    Reviews are read from GitHub anew; no check and no comment is believed. What reached the branch without approval is
    named and left out, with what was built on it. A plan in which somebody gains or loses more than was approved is
    not applied. What was applied last is remembered by the service itself: [bold]reconciler memory[/bold] shows it.
    Exit code 1 when something was not done, 4 when something is left out.
    """
    from reconciler.cli.approved import asked_of  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.cli.run import only  # noqa: PLC0415
    from reconciler.converge import telling  # noqa: PLC0415
    from reconciler.converge.environments import trusted  # noqa: PLC0415

    place, side = asked_of(access, repository)
    declared = trusted(place, side, day(as_of))
    name = only(declared, environment)

    async def run() -> "Convergence":
        from reconciler.cli.run import connected  # noqa: PLC0415  as above
        from reconciler.converge.walk import converge as walk  # noqa: PLC0415

        with progress(f"Asking {declared.environments[name].service_name}") as bar:
            async with connected(declared, name) as session:
                session.limiter.tell = bar.note

                async def write(plan: "Plan") -> "tuple[Outcome, ...]":
                    return await perform(session, plan)

                return await walk(session, place, side, name, day=day(as_of), write=write, full=full, allow=allow)

    done = asyncio.run(run())
    _print(done, format)  # first: a disk that is full must not keep back what was done
    if record is not None:
        record.write_text(json.dumps(telling.record(done), indent=2) + "\n", encoding="utf-8")
    if comment:
        _comment(side.there, done)
    if notes and done.remembered:
        _leave_notes(access, side, done)
    if done.left_out:
        raise typer.Exit(REFUSED)
    if done.unfinished:
        raise typer.Exit(SOME_FAILED)


def _print(done: "Convergence", format: str) -> None:  # noqa: A002
    from reconciler.converge import telling  # noqa: PLC0415  as above

    if format == "json":
        typer.echo(json.dumps(telling.record(done), indent=2))
    elif format == "markdown":
        typer.echo(telling.markdown(done))
    else:
        for matters, text in telling.lines(done):
            out().print(printable(text), style="yellow" if matters else None, soft_wrap=True)


def _leave_notes(access: Path, side: "GitHubSide", done: "Convergence") -> None:
    from reconciler.notes import leave  # noqa: PLC0415  as above

    try:
        leave(access.parent, done.remembered, done.target.environment, token=side.token, server=side.server)
    except ReconcilerError as error:
        err().print(f"! {error}", style="bold yellow", soft_wrap=True)


def _comment(there: "Repository", done: "Convergence") -> None:
    """What was done stays done where GitHub does not take the word of it."""
    from reconciler.converge import telling  # noqa: PLC0415  as above

    for each in done.done:
        if each.merge is not None and each.merge.number is not None:
            marker, text = telling.comment(done, each)
            try:
                there.keep_comment(each.merge.number, marker, text)
            except GitHubError as error:
                err().print(f"! {error}", style="bold yellow", soft_wrap=True)
