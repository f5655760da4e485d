"""`reconciler drift`: declarations and a service in; what was changed by another hand since it was applied, out."""

import asyncio
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli.approved import Approved, approved_file
from reconciler.cli.console import err, out
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Day, Environments, Folder, Format, day
from reconciler.errors import FINE, SOMETHING_TO_DO, AzureError, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.cli.several import Here, Several
    from reconciler.cli.wanted import Wanted
    from reconciler.drift import By, Difference, Drift, Hand
    from reconciler.entra.findings import Looked
    from reconciler.resource import State

Applied = Annotated[
    str | None,
    typer.Option("--applied", metavar="REV", help="The git revision that was applied last. Default: the files here."),
]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="End with 10 when anything differs.")]
_MOST = 10  # names in one line
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(drift)


def drift(
    *,
    access: Folder = ACCESS,
    environment: Environments = None,
    applied: Applied = None,
    approved: Approved = False,
    repository: RepositoryName = None,
    format: Format = "text",  # noqa: A002
    exit_code: ExitCode = False,
    as_of: Day = None,
) -> None:
    """Show what in the service is not as it was applied: keys and links that were added, removed or changed.

    Everything governed is compared in full, in every mode; what no file declares is named apart. Writes nothing.
    [bold]reconciler apply[/bold] brings a product back that is in [bold]enforce[/bold].
    """
    from reconciler.cli import entra, run  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.cli.several import several  # noqa: PLC0415

    today = day(as_of)
    places = approved_file(access, repository, today) if approved else None
    wanted = run.declared(access, day=today, previous=applied, environments=places)
    names = run.chosen(wanted.declarations, environment)

    async def one(here: "Here") -> "tuple[Drift, Looked | None]":
        return await _one(here, wanted, today), await entra.of_all(wanted.declarations, here.name, today)

    async def looked_at() -> "tuple[Several, dict[str, tuple[Drift, Looked | None]]]":
        async with several(wanted.declarations, names) as ran:
            return ran, await ran.each("Reading", one)

    ran, found = asyncio.run(looked_at())
    ran.tell_failures()
    if format == "json":
        rows = [{**_document(each), "entra": entra.document(looked)} for each, looked in found.values()]
        failed = [each.model_dump() for each in ran.documents()]
        typer.echo(json.dumps({"drift": rows, "failed": failed}, indent=2))
    else:
        for each, looked in found.values():
            _show(each)
            _show_ids(looked, wanted)
    numbers = {name: len(each.differences) + len(each.waiting) for name, (each, _) in found.items()}
    ran.tell_summary(out() if format == "text" else err(), numbers, what="differences")
    to_do = SOMETHING_TO_DO if exit_code and any(numbers.values()) else FINE
    if code := worst([*ran.codes().values(), to_do]):
        raise typer.Exit(code)


async def _one(here: "Here", wanted: "Wanted", today: date) -> "Drift":
    from reconciler.azure.documents import in_policies  # noqa: PLC0415  as above
    from reconciler.azure.reading import read  # noqa: PLC0415
    from reconciler.cli.run import withheld  # noqa: PLC0415
    from reconciler.drift import drift  # noqa: PLC0415
    from reconciler.plan import Target, settings_of  # noqa: PLC0415

    declared, name = wanted.declarations, here.name
    actual = await read(here.session, includes=in_policies(*_meant(wanted, name)))
    held = await withheld(here.session, note=here.note)
    hands = await _hands(here)
    applied = wanted.previous if wanted.previous and name in wanted.previous.environments else declared
    return drift(
        Target(name, declared.environments[name].service),
        applied=applied,
        declared=declared,
        actual=actual,
        day=today,
        settings=settings_of(applied.guardrails),
        hands=hands,
        withheld=held,
    )


def _meant(wanted: "Wanted", name: str) -> "Iterator[State]":
    from reconciler.compile import compile as meaning  # noqa: PLC0415  as above

    for each in (wanted.declarations, wanted.previous):
        if each and name in each.environments:
            yield meaning(each, name, day=None).state


async def _hands(here: "Here") -> "dict[str, Hand]":
    """Ask the activity log who wrote what last; who may not read it goes on without."""
    from reconciler.azure.activity import PORTAL, events  # noqa: PLC0415  as above
    from reconciler.drift import Hand  # noqa: PLC0415

    try:
        found = await events(here.session, datetime.now(UTC))
    except AzureError as error:
        here.note(f"Who did it is not known: {error}")
        return {}
    hands: dict[str, Hand] = {}
    for event in found:  # newest first
        by: By = "pipeline" if not event.is_person else "portal" if event.program == PORTAL else "person"
        hands.setdefault(event.resource, Hand(event.caller, event.when, by))
    return hands


def _show(drift: "Drift") -> None:
    from rich.text import Text  # noqa: PLC0415  as above

    from reconciler.diff import writes as cost  # noqa: PLC0415
    from reconciler.errors import printable  # noqa: PLC0415
    from reconciler.words import count  # noqa: PLC0415

    console = out()
    console.print(Text(f"{drift.target.environment}: {drift.target.service.rsplit('/', 1)[-1]}", style="bold"))
    for each in drift.differences:
        text = f"  {_SIGNS[each.did]} {each.change.address} {each.did}{_detail(each)}: {each.cause}{_hand(each)}"
        console.print(Text(printable(text), style="yellow"), soft_wrap=True)
    for waiting in drift.waiting:
        missing = f"{waiting.missing.kind} {waiting.missing.name[0]}"
        text = f"  ! {waiting.resource.address} removed, and cannot come back: {missing} is gone"
        console.print(Text(printable(text), style="red"), soft_wrap=True)
    for change in drift.not_applied:
        console.print(Text(printable(f"  \u00b7 {change.address}: {change.action}, not applied yet")), soft_wrap=True)
    if not drift.differences and not drift.waiting:
        console.print("  Everything governed is as it was applied.")
    else:
        writes = cost(each.change for each in drift.differences)
        differences = count(len(drift.differences), "difference")
        console.print(Text(f"  {differences}; {count(writes, 'write')} would bring it back.", style="bold"))
    if drift.unmanaged:
        more = f" and {len(drift.unmanaged) - _MOST} more" if len(drift.unmanaged) > _MOST else ""
        names = printable(", ".join(map(str, drift.unmanaged[:_MOST])))
        console.print(Text(f"  In no file, and left alone: {names}{more}", style="dim"), soft_wrap=True)


def _show_ids(looked: "Looked | None", wanted: "Wanted") -> None:
    from rich.text import Text  # noqa: PLC0415  as above

    from reconciler.cli.entra import lines  # noqa: PLC0415

    for line in lines(looked, wanted, notes=False) if looked else ():
        out().print(Text(f"  ! {line}", style="yellow"), soft_wrap=True)


def _hand(difference: "Difference") -> str:
    hand = difference.hand
    return f", {hand.who}, {hand.when:%Y-%m-%d %H:%M} UTC" if hand else ""


def _detail(difference: "Difference") -> str:
    if difference.did != "changed":
        return ""
    names = [name for name in difference.change.differs if name not in difference.change.kind.remarks]
    return f" in {', '.join(names)}" if names else ""


def _product(difference: "Difference") -> str | None:
    """Name the product that a difference is about: its owner wants to know."""
    from reconciler.access import opens  # noqa: PLC0415  as above

    change = difference.change
    to = opens(change.resource) if change.address.kind == "subscription" else change.address
    return to.name[0] if to is not None and to.kind.startswith("product") else None


def _document(drift: "Drift") -> dict[str, Any]:
    return {
        "environment": drift.target.environment,
        "service": drift.target.service,
        "differences": [
            {
                "kind": each.change.address.kind,
                "name": list(each.change.address.name),
                "product": _product(each),
                "did": each.did,
                "cause": each.cause,
                "who": each.hand.who if each.hand else None,
                "when": each.hand.when.isoformat() if each.hand else None,
                "properties": list(each.change.differs),
                "writes": each.change.writes,
            }
            for each in drift.differences
        ],
        "cannot_come_back": {str(each.resource.address): str(each.missing) for each in drift.waiting},
        "not_applied": [str(change.address) for change in drift.not_applied],
        "unmanaged": [str(address) for address in drift.unmanaged],
    }
