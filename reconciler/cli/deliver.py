"""`reconciler deliver`: what is approved and applied in; each key in the vault of whoever may use it, out."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reconciler.cli.console import out, progress
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Day, Folder, OneEnvironment, day
from reconciler.errors import FINE, REFUSED, SOME_FAILED, DeclarationError, Refused, errors, printable

if TYPE_CHECKING:
    from datetime import date

    from reconciler.azure.session import Session
    from reconciler.declarations import Declarations
    from reconciler.delivery.delivering import Done, Looked, Order
    from reconciler.withheld import Withheld

Team = Annotated[str | None, typer.Option("--team", help="Only this team's keys.")]
Grant = Annotated[str | None, typer.Option("--grant", metavar="TEAM/NAME", help="Only one grant's key.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done. No key is read.")]
FromFiles = Annotated[
    bool,
    typer.Option(
        "--from-files", help="Believe the folder, approved or not: where nothing is on GitHub, or nothing remembered."
    ),
]
Record = Annotated[
    Path | None, typer.Option("--record", metavar="FILE", help="Write what was done there: JSON, without any key.")
]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="text for people, json for machines.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(deliver)


def deliver(
    *,
    access: Folder = ACCESS,
    environment: OneEnvironment = None,
    team: Team = None,
    grant: Grant = None,
    dry_run: DryRun = False,
    from_files: FromFiles = False,
    repository: RepositoryName = None,
    record: Record = None,
    format: Format = "text",  # noqa: A002
    as_of: Day = None,
) -> None:
    """Deliver the key of each grant to its team's Key Vault, and disable the secrets of grants that are over.

    It goes by the files that the service remembers as applied. Which secrets are there is told by their tags: a key is
    read only to be delivered, and nothing shows it. A secret of another hand is named and left. Exit code 4 for such a
    one, 1 when something else was not done.
    """
    from reconciler.cli.run import only  # noqa: PLC0415  the help must not wait for Azure's client
    from reconciler.delivery import telling  # noqa: PLC0415

    trusted = _from_folder(access, day(as_of)) if from_files else _approved(access, repository, day(as_of))
    name = only(trusted, environment)

    async def run() -> "tuple[Looked, tuple[Done, ...]]":
        from reconciler.azure.vault import vaults  # noqa: PLC0415  as above
        from reconciler.cli.run import connected  # noqa: PLC0415
        from reconciler.delivery import delivering  # noqa: PLC0415

        with progress(f"Asking {trusted.environments[name].service_name}") as bar:
            async with connected(trusted, name) as session, vaults() as opened:
                session.limiter.tell = bar.note
                found, held = await _in_force(session, access, trusted if from_files else None, name, day(as_of))
                order = delivering.Order(found, name, day(as_of), held, team, grant)
                looked = await delivering.look(session, opened, order)
                _known(order, looked)
                return looked, () if dry_run else await delivering.deliver(session, opened, looked.steps)

    looked, done = asyncio.run(run())
    told = json.dumps(telling.record(name, looked, done), indent=2)
    if record is not None:
        record.write_text(told + "\n", encoding="utf-8")
    if format == "json":
        typer.echo(told)
    else:
        for matters, text in telling.lines(looked, done, dry=dry_run):
            out().print(printable(text), style="yellow" if matters else None, soft_wrap=True)
    if code := _exit_code(looked, done):
        raise typer.Exit(code)


def _exit_code(looked: "Looked", done: "tuple[Done, ...]") -> int:
    actions = {each.action for each in looked.steps}
    if "refuse" in actions:
        return REFUSED
    failed = any(each.result == "failed" for each in done)
    return SOME_FAILED if "wait" in actions or looked.unread or failed else FINE


def _known(order: "Order", looked: "Looked") -> None:
    """Raise WrongUsage where what is named is declared nowhere, and no vault has anything of it."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.words import did_you_mean  # noqa: PLC0415

    teams = set(order.declarations.teams)
    grants = {f"{each.team}/{each.name}" for each in order.declarations.grants}
    for what, name, known in (("team", order.team, teams), ("grant", order.grant, grants)):
        if name is not None and name not in known and not looked.steps:
            hint = did_you_mean(name, known)
            raise WrongUsage(f"There is no {what} {name!r} in {order.environment}{f': {hint}' if hint else '.'}")


def _from_folder(access: Path, today: "date") -> "Declarations":
    from reconciler.cli.run import declared  # noqa: PLC0415  as above

    return declared(access, day=today).declarations


def _approved(access: Path, repository: str | None, today: "date") -> "Declarations":
    from reconciler.cli.approved import approved  # noqa: PLC0415  as above
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415

    try:
        return approved(access, repository, today)
    except WrongUsage as error:
        raise WrongUsage(f"{error} Or say --from-files, to believe the folder.") from error


async def _in_force(
    session: "Session", access: Path, given: "Declarations | None", name: str, today: "date"
) -> "tuple[Declarations, Withheld]":
    """Give what was applied, and what is cut off by hand. Files that are `given` need no memory."""
    from reconciler.as_applied import as_applied  # noqa: PLC0415  as above
    from reconciler.azure.remembering import recall  # noqa: PLC0415
    from reconciler.converge.standing import standing  # noqa: PLC0415
    from reconciler.withheld import NOTHING, withheld  # noqa: PLC0415

    found = await recall(session)
    held = withheld(found.applied.withheld) if found.applied else NOTHING
    if given is not None:
        return given, held
    if found.applied is None:
        raise Refused(
            f"What was applied to {name} last is not known: {found.trouble}. `reconciler memory` shows how to go on."
        )
    stands = standing(access.name, as_applied(access.parent, access.name, found.applied), today)
    if name not in stands.declarations.environments:
        raise DeclarationError(errors(stands.problems)) if stands.problems else Refused(f"{name} is not applied yet.")
    return stands.declarations, held
