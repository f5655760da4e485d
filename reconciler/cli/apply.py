"""`reconciler apply`: declarations and a service in; the smallest set of changes made, and what became of each, out."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.console import err, interruptible, out, progress
from reconciler.cli.options import ACCESS, Folder, OneEnvironment, PlanFormat, Previous, Since, day
from reconciler.errors import SOME_FAILED, StalePlan

if TYPE_CHECKING:
    from reconciler.apply import Outcome
    from reconciler.azure.session import Session
    from reconciler.cli.wanted import Wanted
    from reconciler.plan import Plan

Expect = Annotated[
    str | None, typer.Option("--expect", metavar="FINGERPRINT", help="Apply the plan that was reviewed, or nothing.")
]
Allow = Annotated[
    str | None,
    typer.Option(
        "--allow", metavar="FINGERPRINT", help="Apply this one plan although it removes more than the limits."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. Only a terminal is asked.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(apply)


def apply(
    *,
    access: Folder = ACCESS,
    environment: OneEnvironment = None,
    previous: Previous = None,
    since: Since = None,
    expect: Expect = None,
    allow: Allow = None,
    yes: Yes = False,
    format: PlanFormat = "text",  # noqa: A002
) -> None:
    """Make the service what is declared, by the smallest set of changes, and read back each of them.

    A failure stops only what depends on it. Ctrl-C finishes what is running and says what was and was not done;
    running again goes on from there. Exit code 1 when something was not done, 4 when the plan was refused.
    """
    from reconciler.cli import run  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.report.render import render  # noqa: PLC0415
    from reconciler.report.text import show_outcomes  # noqa: PLC0415

    today = day(None)
    wanted = run.declared(access, day=today, previous=previous, since=since)
    name = run.only(wanted.declarations, environment)
    if not run.spoken_to(wanted, [name]):
        raise run.WrongUsage(f"{name} is new here: apply without --since, or after its merge.")

    async def planned_and_applied() -> "tuple[Plan, tuple[Outcome, ...]]":
        async with run.connected(wanted.trusted, name) as session:
            with progress(f"Reading {wanted.trusted.environments[name].service_name}") as bar:
                session.limiter.tell = bar.note
                held = await run.withheld(session, needed=True)
                plan = await run.plan(session, wanted, name, day=today, withheld=held)
            _refuse(plan, wanted, expect=expect, allow=allow)
            if format == "text":
                render([plan], "text", None, out())
            if plan.written.changes and sys.stdin.isatty() and not (yes or expect or allow):
                typer.confirm("\nApply this?", abort=True)
            return plan, await perform(session, plan)

    plan, outcomes = asyncio.run(planned_and_applied())
    if format == "text":
        show_outcomes(out(), outcomes)
    else:
        render([plan], format, None, out(), outcomes={name: outcomes})
        show_outcomes(err(), outcomes)
    if any(outcome.result != "done" for outcome in outcomes):
        raise typer.Exit(SOME_FAILED)


def _refuse(plan: "Plan", wanted: "Wanted", *, expect: str | None, allow: str | None) -> None:
    from reconciler.guard import guard  # noqa: PLC0415

    for given in (expect, allow):
        if given is not None and given != plan.fingerprint:
            raise StalePlan(
                f"The plan is now {plan.fingerprint}, not {given}: something changed since it was made. "
                "Plan again, review it, and apply with the new fingerprint."
            )
    if allow is None:
        limits = wanted.trusted.environments[plan.target.environment].limits.removals
        guard(plan, percent=limits.percent, at_least=limits.at_least)


async def perform(session: "Session", plan: "Plan") -> "tuple[Outcome, ...]":
    """Apply a plan with a progress bar; the first Ctrl-C stops cleanly."""
    from reconciler.apply import apply as make  # noqa: PLC0415
    from reconciler.azure.writing import write  # noqa: PLC0415

    with interruptible() as stop, progress("Applying", total=len(plan.written.changes)) as bar:
        session.limiter.tell = bar.note
        return await make(
            plan.written.changes,
            lambda changes: write(session, changes),
            stop=stop,
            tell=lambda outcome: bar.step(f"{outcome.result}: {outcome.change.address}"),
        )
