"""`reconciler demo`: a sample company and a local Azure in; one whole round of the main job, to watch, out."""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from reconciler.cli.console import out
from reconciler.errors import SOME_FAILED

if TYPE_CHECKING:
    from reconciler.apply import Outcome
    from reconciler.cli.demo_gateway import Visitors
    from reconciler.declarations import Declarations
    from reconciler.plan import Plan

_TODAY = date(2026, 11, 23)  # the sample's grants have dates, and the demo is not to age
_ENVIRONMENT = "prod"
_ENDED = ("checkout", "shipping")


@dataclass(frozen=True, slots=True)
class _Round:
    """One plan, what became of it, what callers were told after it, and how often one was let in until it was 429."""

    plan: "Plan"
    outcomes: "tuple[Outcome, ...]" = ()
    told: Mapping[str, int] = field(default_factory=dict)
    let_in: int = 0


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(demo)


def demo() -> None:
    """Watch one round of the main job: plan, apply, plan again, end one grant; and who is let in before and after.

    It needs no Azure and changes nothing.

    A sample company's declarations meet a local Azure that holds what such companies have before they begin: keys
    nobody declared, links clicked in the portal, an owner who left.
    """
    from reconciler.cli.demo_gateway import Visitors  # noqa: PLC0415  the help must not wait for all of this
    from reconciler.cli.demo_service import before_adoption  # noqa: PLC0415
    from reconciler.cli.extra import emulator  # noqa: PLC0415
    from reconciler.cli.run import declared  # noqa: PLC0415
    from reconciler.naming import fill_in  # noqa: PLC0415
    from reconciler.sample import sample_folder  # noqa: PLC0415

    console, began = out(), time.monotonic()
    declarations = declared(sample_folder(), day=_TODAY).declarations
    settings = declarations.environments[_ENVIRONMENT]
    apis = [fill_in(api.value.api, declarations.variables(_ENVIRONMENT)) for api in declarations.apis]
    with emulator().serve() as server, _exported(server.environment):
        server.azure.seed(settings.service, before_adoption(apis))
        local = settings.model_copy(update={"endpoint": server.url})
        declarations = replace(declarations, environments={_ENVIRONMENT: local})
        rounds = asyncio.run(_rounds(console, declarations, Visitors(server, local)))
        requests = len(server.azure.log.entries)
    _sum_up(console, rounds, requests, time.monotonic() - began)
    if any(outcome.result != "done" for each in rounds for outcome in each.outcomes):
        raise typer.Exit(SOME_FAILED)


async def _rounds(console: Console, declarations: "Declarations", visitors: "Visitors") -> list[_Round]:
    from reconciler.cli.run import connected, plan  # noqa: PLC0415  as above
    from reconciler.cli.wanted import Wanted  # noqa: PLC0415

    after = replace(
        declarations, grants=tuple(each for each in declarations.grants if (each.team, each.name) != _ENDED)
    )
    scenes = (
        ("A company declares who may use what. The first plan for its service:", Wanted(declarations)),
        ("Planned again: what is declared is what is there.", Wanted(declarations, declarations)),
        ("Checkout gives shipping back, its key and its client: one file less in git.", Wanted(after, declarations)),
        ("And planned once more.", Wanted(after, after)),
    )
    rounds: list[_Round] = []
    visitors.prepare()
    _rule(console, "Before anything is declared, at the gateway:")
    await visitors.call(console)
    async with connected(declarations, _ENVIRONMENT) as session:
        for heading, wanted in scenes:
            _heading(console, heading)
            one = await _one(console, session, await plan(session, wanted, _ENVIRONMENT, day=_TODAY))
            if one.outcomes:
                told = await visitors.call(console)
                let_in = 0 if rounds else await visitors.insist(console)
                one = replace(one, told=told, let_in=let_in)
            rounds.append(one)
    return rounds


async def _one(console: Console, session: object, plan: "Plan") -> _Round:
    from reconciler.cli.apply import perform  # noqa: PLC0415  as above
    from reconciler.report.story import tell  # noqa: PLC0415
    from reconciler.report.text import show, show_outcomes  # noqa: PLC0415

    show(console, tell(plan), brief=True)
    if not plan.written.changes:
        return _Round(plan)
    console.print(Text("\n$ reconciler apply --environment prod", style="bold cyan"))
    outcomes = await perform(session, plan)  # type: ignore[arg-type]
    show_outcomes(console, outcomes)
    return _Round(plan, outcomes)


def _heading(console: Console, text: str) -> None:
    _rule(console, text)
    console.print(Text("$ reconciler plan --environment prod", style="bold cyan"))


def _rule(console: Console, text: str) -> None:
    console.print()
    console.rule(Text(text, style="bold"), align="left", style="dim")


def _sum_up(console: Console, rounds: list[_Round], requests: int, seconds: float) -> None:
    """Say in ten lines what was seen, each with its figure."""
    first, again, ended, last = rounds
    gained = first.plan.written.gained
    writes = [each.plan.written.writes for each in rounds]
    unmanaged = sum(last.plan.unmanaged.values())
    _rule(console, "What you saw")
    for line in (
        "1. Teams declared in YAML what they own and what they ask for; each file was checked first.",
        f"2. One read of the service gave a plan: {len(gained)} times somebody gains access, in words, then the rows.",
        f"3. Keys that nobody declared on a product in enforce were suspended, not deleted: {_suspended(first.plan)}.",
        f"4. What no file declares was left alone: {unmanaged} things, the protected and the clicked among them.",
        f"5. The plan said it would cost {writes[0]} writes, in an order that no reference breaks; each was read back.",
        f"6. Planned again: {len(again.plan.written.changes)} changes, {writes[1]} writes.",
        f"7. One grant was removed from git: {len(ended.plan.written.changes)} changes, {writes[2]} writes.",
        f"8. At the gateway: {_statuses(first)} while it was granted, {_statuses(ended)} at once when it was not.",
        f"9. Above its tier, of {first.let_in + 1} calls a minute, it was told 429. The tool itself read no key.",
        f"10. All of it: {requests} requests to a local Azure, {seconds:.1f} seconds. Next: reconciler init",
    ):
        console.print(Text(f"  {line}"), soft_wrap=True)


def _statuses(told: _Round) -> str:
    """Say what a key and a token of the same grant were answered."""
    from reconciler.cli.demo_gateway import BY_KEY, BY_TOKEN  # noqa: PLC0415  as above

    return f"{told.told.get(BY_KEY)} for the key and {told.told.get(BY_TOKEN)} for the token"


def _suspended(plan: "Plan") -> int:
    return sum(
        plan.why.get(change.address) == "undeclared" and change.action == "update" for change in plan.written.changes
    )


@contextmanager
def _exported(variables: Mapping[str, str]) -> Iterator[None]:
    """Set what azure-identity reads, so that its own default credential is what logs in."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
