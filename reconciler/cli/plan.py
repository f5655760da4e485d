"""`reconciler plan`: declarations and a service in; what would change, for people or machines, out. Writes nothing."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.approved import Approved, approved_file
from reconciler.cli.console import err, out
from reconciler.cli.on_github import PullRequest, RepositoryName, fetched
from reconciler.cli.options import ACCESS, Day, Elsewhere, Environments, Folder, PlanFormat, Previous, Since, day
from reconciler.errors import FINE, SOMETHING_TO_DO, worst

if TYPE_CHECKING:
    from reconciler.cli.several import Here, Several
    from reconciler.cli.wanted import Wanted
    from reconciler.plan import Plan

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
    output: Elsewhere = None,
    exit_code: ExitCode = False,
    as_of: Day = None,
) -> None:
    """Show what an apply would do: who gains and loses access, then each resource. Reads Azure, writes nothing.

    Azure's credentials are found as usual: workload identity in a pipeline, [bold]az login[/bold] at a desk. A Reader
    role is enough. The fingerprint at the end stands for exactly this plan: [bold]apply --expect[/bold] takes it.
    Environments are read side by side; what goes wrong in one stops no other.
    """
    from reconciler.cli import entra, run  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.cli.refusals import warn_of_refusals  # noqa: PLC0415
    from reconciler.cli.several import several  # noqa: PLC0415
    from reconciler.report.render import render  # noqa: PLC0415

    today = day(as_of)
    head = fetched(access, pull_request) if pull_request is not None else None
    if head and not since:
        since = f"{head}^1"  # what GitHub merged it onto
    places = approved_file(access, repository, today) if approved else None
    wanted = run.declared(access, day=today, previous=previous, since=since, head=head, environments=places)
    if head and wanted.previous is None:
        raise run.WrongUsage(f"Nothing was declared at {since}: whoever runs the repository merges the first files.")
    environments = _spoken_to(wanted, environment)

    async def one(here: "Here") -> "Plan":
        held = await run.withheld(here.session, note=here.note)
        made = await run.plan(here.session, wanted, here.name, day=today, withheld=held)
        return replace(made, warnings=(*made.warnings, *await entra.of_change(wanted, here.name, today)))

    async def planned() -> "tuple[Several, dict[str, Plan]]":
        async with several(wanted.trusted, environments) as ran:
            return ran, await ran.each("Reading", one)

    ran, plans = asyncio.run(planned())
    ran.tell_failures()
    render(list(plans.values()), format, output, out(), failed=ran.documents())
    warn_of_refusals(plans.values(), wanted)
    there_is = {name: len(each.written.changes) for name, each in plans.items()}
    ran.tell_summary(out() if format == "text" and output is None else err(), there_is)
    to_do = SOMETHING_TO_DO if exit_code and any(there_is.values()) else FINE
    if code := worst([*ran.codes().values(), to_do]):
        raise typer.Exit(code)


def _spoken_to(wanted: "Wanted", environment: list[str] | None) -> list[str]:
    """Choose the environments, and say which are not planned for yet."""
    from reconciler.cli import run  # noqa: PLC0415  as above

    chosen = run.chosen(wanted.declarations, environment)
    known = run.spoken_to(wanted, chosen)
    for name in sorted({*chosen} - {*known}):
        err().print(f"! {name} is new: it is spoken to when this is merged.", style="bold yellow", soft_wrap=True)
    return known
