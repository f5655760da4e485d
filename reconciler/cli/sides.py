"""A question's options in; what was declared then, and both sides of each environment, out."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.errors import FINE, worst

if TYPE_CHECKING:
    from reconciler.cli.several import Here, Several
    from reconciler.declarations import Declarations
    from reconciler.questions import Sides
    from reconciler.sources import Files
    from reconciler.usage import Usage

At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="DAY|REV",
        help="As it was declared at the end of that day, or at a git revision: no service remembers what it was.",
    ),
]
Live = Annotated[
    bool, typer.Option("--live", help="Look at the service, too, and say on which side each answer is seen.")
]
UsedBy = Annotated[
    Path | None,
    typer.Option(
        "--usage", metavar="FILE", help="Say how each is used: by a file of `reconciler usage`, without asking anybody."
    ),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """Where is asked, and as of when."""

    access: Path
    environments: list[str] | None
    at: str | None
    live: bool
    day: date
    usage: Path | None = None

    @property
    def used(self) -> bool:
        """Whether it is known, or asked, how each is used."""
        return self.live or self.usage is not None


@dataclass(frozen=True, slots=True)
class Then:
    """What was declared, in which files, as of which day; `head` is the commit up to which history tells of it."""

    declarations: "Declarations"
    files: "Files"
    day: date
    head: str = "HEAD"


def declared(asked: Asked) -> "Then":
    """Give what is declared as of when it is asked: in the folder, or by git."""
    from reconciler.cli import run  # noqa: PLC0415  the help must not wait for the models
    from reconciler.errors import DeclarationError, Refused  # noqa: PLC0415
    from reconciler.history import commit_of, committed_by, day_of  # noqa: PLC0415
    from reconciler.load import load  # noqa: PLC0415
    from reconciler.sources import from_revision  # noqa: PLC0415

    if asked.at is None:
        wanted = run.declared(asked.access, day=asked.day)
        return Then(wanted.declarations, wanted.files, asked.day)
    if asked.live:
        raise run.WrongUsage("Say --live, for what is there now, or --at, for what was declared then; not both.")
    repository, head = asked.access.parent, "HEAD"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", asked.at):
        try:
            day = date.fromisoformat(asked.at)
        except ValueError as error:
            raise run.WrongUsage(f"{asked.at} is no day of the calendar.") from error
        commit = committed_by(repository, day)
        if commit is None:
            raise Refused(f"Nothing was committed by {day}. Fetch more of the history, if there is more.")
    else:
        commit = head = commit_of(repository, asked.at)
        day = day_of(repository, commit)
    files = from_revision(repository, commit, asked.access.name)
    loaded = load(files)
    if loaded.problems:
        raise DeclarationError(loaded.problems)
    return Then(_for_what_is_there(loaded.declarations), files, day, head)


def _for_what_is_there(declarations: "Declarations") -> "Declarations":
    """Leave out grants for products that nobody declares: two merges that fit by their lines alone leave such."""
    from reconciler.ends import product_of  # noqa: PLC0415  as above

    known = {None, *(product.name for product in declarations.products)}
    return replace(declarations, grants=tuple(each for each in declarations.grants if product_of(each) in known))


def both_sides(
    declarations: "Declarations",
    environments: Sequence[str],
    day: date,
    *,
    live: bool,
    kept: "Mapping[str, Usage] | None" = None,
) -> "tuple[Mapping[str, Sides], Mapping[str, Usage], int]":
    """Give both sides of each environment, or what is declared, and the exit code: a service may not be reached.

    How it is used is asked of what lives only where what is `kept` of that is given, and does not say it.
    """
    from reconciler.compile import as_of  # noqa: PLC0415  as above
    from reconciler.questions import Sides  # noqa: PLC0415

    if not live:
        return {name: Sides(*as_of(declarations, name, day)) for name in environments}, kept or {}, FINE
    ran, looked = asyncio.run(_looked(declarations, environments, day, kept))
    ran.tell_failures()
    usages = {name: usage for name, (_, usage) in looked.items() if usage}
    return {name: sides for name, (sides, _) in looked.items()}, usages, worst(ran.codes().values())


async def _looked(
    declarations: "Declarations", environments: Sequence[str], day: date, kept: "Mapping[str, Usage] | None"
) -> "tuple[Several, Mapping[str, tuple[Sides, Usage | None]]]":
    from reconciler.azure.calling import tried  # noqa: PLC0415  as above
    from reconciler.azure.documents import in_policies  # noqa: PLC0415
    from reconciler.azure.reading import read  # noqa: PLC0415
    from reconciler.cli.run import withheld  # noqa: PLC0415
    from reconciler.cli.several import several  # noqa: PLC0415
    from reconciler.cli.using import place  # noqa: PLC0415
    from reconciler.compile import as_of  # noqa: PLC0415
    from reconciler.questions import Sides  # noqa: PLC0415
    from reconciler.usage import made  # noqa: PLC0415

    async def one(here: "Here") -> "tuple[Sides, Usage | None]":
        held = await withheld(here.session, note=here.note)
        desired, undated = as_of(declarations, here.name, day, held)
        live = await read(here.session, includes=in_policies(undated.state))
        usage = kept.get(here.name) if kept is not None else None
        if usage is None and kept is not None:
            usage = await tried(here.session, place(declarations, here.name), day, made=made(live))
            if usage.why:
                here.note(f"How it is used is not known: {usage.why}.")
        return Sides(desired, undated, live), usage

    async with several(declarations, environments) as ran:
        return ran, await ran.each("Reading", one)
