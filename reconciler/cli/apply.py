"""`reconciler apply`: declarations and a service in; the smallest set of changes made, and what became of each, out."""

import asyncio
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.console import Bar, err, interruptible, out, progress
from reconciler.cli.options import ACCESS, Folder, PlanFormat, Previous, Since, day
from reconciler.errors import FINE, SOME_FAILED, Refused, StalePlan, worst

if TYPE_CHECKING:
    from rich.console import Console

    from reconciler.apply import Outcome
    from reconciler.azure.session import Session
    from reconciler.cli.several import Here, Several
    from reconciler.cli.wanted import Wanted
    from reconciler.plan import Plan

Chosen = Annotated[
    list[str] | None,
    typer.Option(
        "--environment", "-e", help="The environment; may be repeated. Needed where more than one is declared."
    ),
]
All = Annotated[bool, typer.Option("--all", help="Every environment that is declared.")]
Expect = Annotated[
    list[str] | None,
    typer.Option(
        "--expect",
        metavar="FINGERPRINT",
        help="Apply the plan that was reviewed, or nothing. Of several environments, once for each.",
    ),
]
Allow = Annotated[
    str | None,
    typer.Option(
        "--allow", metavar="FINGERPRINT", help="Apply this one plan although it removes more than the limits."
    ),
]
Allowed = Annotated[
    list[str] | None,
    typer.Option(
        "--allow", metavar="FINGERPRINT", help="Apply this plan although it removes more than the limits; repeatable."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. Only a terminal is asked.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(apply)


def apply(
    *,
    access: Folder = ACCESS,
    environment: Chosen = None,
    every: All = False,
    previous: Previous = None,
    since: Since = None,
    expect: Expect = None,
    allow: Allowed = None,
    yes: Yes = False,
    format: PlanFormat = "text",  # noqa: A002
) -> None:
    """Make the service what is declared, by the smallest set of changes, and read back each of them.

    A failure stops only what depends on it. Ctrl-C finishes what is running and says what was and was not done;
    running again goes on from there. Several environments are read first, and then applied side by side: one that is
    refused or not reached stops no other. Exit code 1 when something was not done, 4 when a plan was refused.
    """
    from reconciler.cli import run  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.cli.several import several  # noqa: PLC0415
    from reconciler.report.render import render  # noqa: PLC0415

    today = day(None)
    wanted = run.declared(access, day=today, previous=previous, since=since)
    names = _chosen(wanted, environment, every=every)

    async def one(here: "Here") -> "Plan":
        held = await run.withheld(here.session, needed=True, note=here.note)
        return await run.plan(here.session, wanted, here.name, day=today, withheld=held)

    async def planned_and_applied() -> "tuple[Several, dict[str, Plan], dict[str, tuple[Outcome, ...]]]":
        async with several(wanted.trusted, names) as ran:
            plans = await ran.each("Reading", one)
            _refuse(ran, plans, wanted, expect=expect or (), allow=allow or ())
            if ran.alone:
                ran.tell_failures()
            if format == "text":
                render(list(plans.values()), "text", None, out())
            ran.tell_failures()
            steps = {name: len(each.written.changes) for name, each in plans.items() if name not in ran.failures}
            if any(steps.values()) and sys.stdin.isatty() and not (yes or expect or allow):
                typer.confirm("\nApply this?", abort=True)
            with interruptible() as stop:
                outcomes = await ran.each(
                    "Applying", lambda here: _made(here.session, plans[here.name], stop, here.bar), steps=steps
                )
            ran.tell_failures()
            return ran, plans, outcomes

    ran, plans, outcomes = asyncio.run(planned_and_applied())
    console = out() if format == "text" else err()
    if format != "text":
        render(list(plans.values()), format, None, out(), outcomes=outcomes, failed=ran.documents())
    _tell(console, ran, plans, outcomes)
    undone = any(each.result != "done" for made in outcomes.values() for each in made)
    if code := worst([*ran.codes().values(), SOME_FAILED if undone else FINE]):
        raise typer.Exit(code)


def _chosen(wanted: "Wanted", environment: list[str] | None, *, every: bool) -> list[str]:
    """Give the environments to apply to: none that is not named, and none twice at the same time."""
    from reconciler.cli import run  # noqa: PLC0415  as above

    declared = wanted.declarations
    if every and environment:
        raise run.WrongUsage("Say --environment or --all, not both.")
    names = run.chosen(declared, environment)
    if len(names) > 1 and not (every or environment):
        raise run.WrongUsage(f"Say which environment: --environment {' or '.join(names)}; or --all of them.")
    known = run.spoken_to(wanted, names)
    if new := [name for name in names if name not in known]:
        raise run.WrongUsage(f"{', '.join(new)} is new here: apply without --since, or after its merge.")
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(declared.environments[name].service.lower(), name)
        if other != name:
            raise run.WrongUsage(f"{other} and {name} are one service: apply to one after the other.")
    return names


def _refuse(
    ran: "Several", plans: "Mapping[str, Plan]", wanted: "Wanted", *, expect: Collection[str], allow: Collection[str]
) -> None:
    """Let fail what is not the plan that was reviewed, or takes away too much: nothing of it is applied."""
    from reconciler.guard import guard  # noqa: PLC0415  as above

    made = {plan.fingerprint for plan in plans.values()}
    moved = [each for each in allow if each not in made]
    for name, plan in plans.items():
        limits = wanted.trusted.environments[name].limits.removals
        try:
            if expect and plan.fingerprint not in expect:
                raise _stale(plan, expect)
            if plan.fingerprint in allow:
                continue
            if moved:
                raise _stale(plan, moved)
            guard(plan, percent=limits.percent, at_least=limits.at_least)
        except Refused as refusal:
            ran.failures[name] = refusal


def _stale(plan: "Plan", given: Iterable[str]) -> StalePlan:
    return StalePlan(
        f"The plan is now {plan.fingerprint}, not {' or '.join(given)}: something changed since it was made. "
        "Plan again, review it, and apply with the new fingerprint."
    )


def _tell(
    console: "Console",
    ran: "Several",
    plans: "Mapping[str, Plan]",
    outcomes: "Mapping[str, tuple[Outcome, ...]]",
) -> None:
    from reconciler.report.text import show_outcomes  # noqa: PLC0415  as above

    for name, made in outcomes.items():
        if not ran.alone:
            console.print(f"\n{name}: {plans[name].target.service.rsplit('/', 1)[-1]}", style="bold")
        show_outcomes(console, made)
    ran.tell_summary(console, {name: len(each.written.changes) for name, each in plans.items()}, outcomes)


async def perform(session: "Session", plan: "Plan") -> "tuple[Outcome, ...]":
    """Apply a plan with a progress bar; the first Ctrl-C stops cleanly."""
    with interruptible() as stop, progress("Applying", total=len(plan.written.changes)) as bar:
        session.limiter.tell = bar.note
        return await _made(session, plan, stop, bar)


async def _made(session: "Session", plan: "Plan", stop: asyncio.Event, bar: Bar) -> "tuple[Outcome, ...]":
    from reconciler.apply import apply as make  # noqa: PLC0415  as above
    from reconciler.azure.writing import write  # noqa: PLC0415

    return await make(
        plan.written.changes,
        lambda changes: write(session, changes),
        stop=stop,
        tell=lambda outcome: bar.step(f"{outcome.result}: {outcome.change.address}"),
    )
