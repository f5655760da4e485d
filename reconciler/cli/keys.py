"""What `deliver`, `rotate` and `probe` share: options, by which files they go, and how they look, act and tell."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sized
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, Protocol, TypeVar

import typer

from reconciler.cli.console import interruptible, out, progress
from reconciler.errors import FINE, REFUSED, SOME_FAILED, DeclarationError, Refused, errors, printable

if TYPE_CHECKING:
    from reconciler.azure.session import Session
    from reconciler.azure.vault import Vaults
    from reconciler.declarations import Declarations
    from reconciler.delivery.doing import Done, Looked
    from reconciler.delivery.marks import Mark
    from reconciler.delivery.reading import Order
    from reconciler.memory import Applied

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


class Step(Protocol):
    """What may be done about one key."""

    @property
    def action(self) -> str:
        """In a word."""

    @property
    def writes(self) -> bool:
        """Whether something is written."""

    @property
    def mark(self) -> "Mark":
        """Whose it is."""


S = TypeVar("S", bound=Step)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, by the options of a command."""

    access: Path
    environment: str | None
    repository: str | None
    day: date
    team: str | None
    grant: str | None
    from_files: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Way(Generic[S]):
    """How a command looks and acts; `doing` says so to who waits."""

    doing: str
    look: "Callable[[Session, Vaults, Order], Awaitable[Looked[S]]]"
    act: "Callable[..., Awaitable[tuple[Done[S], ...]]]"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[S]):
    """Of which environment, what was seen, and what became of it."""

    environment: str
    looked: "Looked[S]"
    done: "tuple[Done[S], ...]"


def carry_out(asked: Asked, way: Way[S]) -> Outcome[S]:
    """Look, and act unless it is a dry run. The first Ctrl-C finishes what is running."""
    from reconciler.cli.run import only  # noqa: PLC0415  the help must not wait for Azure's client

    believed = trusted(asked)
    name = only(believed, asked.environment)

    async def run() -> Outcome[S]:
        from reconciler.azure.vault import vaults  # noqa: PLC0415  as above
        from reconciler.cli.run import connected  # noqa: PLC0415

        async with connected(believed, name) as session, vaults() as opened:
            with progress(f"Asking {believed.environments[name].service_name}") as bar:
                session.limiter.tell = bar.note
                order = await in_force(session, asked, believed, name)
                looked = await way.look(session, opened, order)
            _known(order, looked.steps)
            todo = () if asked.dry_run else tuple(step for step in looked.steps if step.writes)
            if not todo:
                return Outcome(name, looked, ())
            with interruptible() as stop, progress(way.doing, total=len(todo)) as bar:
                session.limiter.tell = bar.note
                done = await way.act(session, opened, todo, stop=stop, tell=lambda each: bar.step(_said(way, each)))
            return Outcome(name, looked, done)

    return asyncio.run(run())


def tell(record: dict[str, Any], lines: Iterable[tuple[bool, str]], *, format: str, file: Path | None) -> None:  # noqa: A002
    """Write the record where it is asked for, and show one of the two."""
    told = json.dumps(record, indent=2)
    if file is not None:
        file.write_text(told + "\n", encoding="utf-8")
    if format == "json":
        typer.echo(told)
        return
    for matters, text in lines:
        out().print(printable(text), style="yellow" if matters else None, soft_wrap=True)


def exit_code(outcome: Outcome[S], *, waits: str) -> int:
    """Say how it ends: refused, something was not done, or fine. `waits` is the action that somebody must look at."""
    actions = {each.action for each in outcome.looked.steps}
    if "refuse" in actions:
        return REFUSED
    failed = any(each.result != "done" for each in outcome.done)
    return SOME_FAILED if waits in actions or outcome.looked.unread or failed else FINE


def _said(way: Way[S], done: "Done[S]") -> str:
    mark = done.step.mark
    return f"{way.doing}: {mark.team}/{mark.grant} {done.result}"


def _known(order: "Order", steps: Sized) -> None:
    """Raise WrongUsage where what is named is declared nowhere, and no vault has anything of it."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above
    from reconciler.words import did_you_mean  # noqa: PLC0415

    teams = set(order.declarations.teams)
    grants = {f"{each.team}/{each.name}" for each in order.declarations.grants}
    for what, name, known in (("team", order.team, teams), ("grant", order.grant, grants)):
        if name is not None and name not in known and not steps:
            hint = did_you_mean(name, known)
            raise WrongUsage(f"There is no {what} {name!r} in {order.environment}{f': {hint}' if hint else '.'}")


def trusted(asked: Asked) -> "Declarations":
    """Give the files by which the service is spoken to."""
    return _from_folder(asked) if asked.from_files else _approved(asked)


def _from_folder(asked: Asked) -> "Declarations":
    from reconciler.cli.run import declared  # noqa: PLC0415  as above

    return declared(asked.access, day=asked.day).declarations


def _approved(asked: Asked) -> "Declarations":
    from reconciler.cli.approved import approved  # noqa: PLC0415  as above
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415

    try:
        return approved(asked.access, asked.repository, asked.day)
    except WrongUsage as error:
        raise WrongUsage(f"{error} Or say --from-files, to believe the folder.") from error


async def in_force(session: "Session", asked: Asked, believed: "Declarations", name: str) -> "Order":
    """Go by what was applied, and by what is cut off by hand. A folder that is believed needs no memory."""
    from reconciler.azure.remembering import recall  # noqa: PLC0415  as above
    from reconciler.delivery.reading import Order  # noqa: PLC0415
    from reconciler.withheld import NOTHING, withheld  # noqa: PLC0415

    applied = (found := await recall(session)).applied
    held = withheld(applied.withheld) if applied else NOTHING
    if asked.from_files:
        return Order(believed, name, asked.day, held, asked.team, asked.grant)
    if applied is None:
        raise Refused(
            f"What was applied to {name} last is not known: {found.trouble}. `reconciler memory` shows how to go on."
        )
    return Order(_in_force(asked, applied, name), name, asked.day, held, asked.team, asked.grant)


def _in_force(asked: Asked, applied: "Applied", name: str) -> "Declarations":
    from reconciler.as_applied import as_applied  # noqa: PLC0415  as above
    from reconciler.converge.standing import standing  # noqa: PLC0415

    access = asked.access
    stands = standing(access.name, as_applied(access.parent, access.name, applied), asked.day)
    if name not in stands.declarations.environments:
        raise DeclarationError(errors(stands.problems)) if stands.problems else Refused(f"{name} is not applied yet.")
    return stands.declarations
