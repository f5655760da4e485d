"""`reconciler plan`: declarations and a service in; what would change, for people or machines, out. Writes nothing."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.approved import Approved, approved_file
from reconciler.cli.console import err, out, progress
from reconciler.cli.on_github import PullRequest, RepositoryName, fetched
from reconciler.cli.options import ACCESS, Day, Environments, Folder, PlanFormat, Previous, Since, day
from reconciler.errors import SOMETHING_TO_DO, UnsafePlan

if TYPE_CHECKING:
    from reconciler.plan import Plan

Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead.")]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="End with 10 when something would be written.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(plan)


def plan(
    *,
    access: Folder = ACCESS,
    environment: Environments = None,
    previous: Previous = None,
    since: Since = None,
    pull_request: PullRequest = None,
    approved: Approved = False,
    repository: RepositoryName = None,
    format: PlanFormat = "text",  # noqa: A002
    output: Output = None,
    exit_code: ExitCode = False,
    as_of: Day = None,
) -> None:
    """Show what an apply would do: who gains and loses access, then each resource. Reads Azure, writes nothing.

    Azure's credentials are found as usual: workload identity in a pipeline, [bold]az login[/bold] at a desk. A Reader
    role is enough. The fingerprint at the end stands for exactly this plan: [bold]apply --expect[/bold] takes it.
    """
    from reconciler.cli import entra, run  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.guard import guard  # noqa: PLC0415
    from reconciler.report.render import render  # noqa: PLC0415

    today = day(as_of)
    head = fetched(access, pull_request) if pull_request is not None else None
    if head and not since:
        since = f"{head}^1"  # what GitHub merged it onto
    places = approved_file(access, repository, today) if approved else None
    wanted = run.declared(access, day=today, previous=previous, since=since, head=head, environments=places)
    if head and wanted.previous is None:
        raise run.WrongUsage(f"Nothing was declared at {since}: whoever runs the repository merges the first files.")
    chosen = run.chosen(wanted.declarations, environment)
    environments = run.spoken_to(wanted, chosen)
    for name in sorted({*chosen} - {*environments}):
        err().print(f"! {name} is new: it is spoken to when this is merged.", style="bold yellow", soft_wrap=True)

    async def one(name: str) -> "Plan":
        with progress(f"Reading {wanted.trusted.environments[name].service_name}") as bar:
            async with run.connected(wanted.trusted, name) as session:
                session.limiter.tell = bar.note
                held = await run.withheld(session)
                made = await run.plan(session, wanted, name, day=today, withheld=held)
            return replace(made, warnings=(*made.warnings, *await entra.of_change(wanted, name, today)))

    plans = [asyncio.run(one(name)) for name in environments]
    render(plans, format, output, out())
    for each in plans:
        limits = wanted.trusted.environments[each.target.environment].limits.removals
        try:
            guard(each, percent=limits.percent, at_least=limits.at_least)
        except UnsafePlan as refusal:
            err().print(f"! {refusal}", style="bold yellow", soft_wrap=True)
    if exit_code and any(each.written.changes for each in plans):
        raise typer.Exit(SOMETHING_TO_DO)
