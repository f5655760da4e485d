"""What `who-can` and `what-can` share: options, from which files and services they answer, and how they tell it."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reconciler.cli.console import out
from reconciler.errors import FINE, printable, worst
from reconciler.words import count, did_you_mean

if TYPE_CHECKING:
    from reconciler.cli.several import Here, Several
    from reconciler.declarations import Declarations
    from reconciler.questions import Can, Sides
    from reconciler.sources import Files

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
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="text for people, json for machines.")]
_HOW = {"key": "key", "token": "token", "portal": "sees it in the portal", "open": "open, asks for no key"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Where is asked, and as of when."""

    access: Path
    environments: list[str] | None
    at: str | None
    live: bool
    day: date


@dataclass(frozen=True, slots=True)
class Then:
    """What was declared, in which files, as of which day; `head` is the commit up to which history tells of it."""

    declarations: "Declarations"
    files: "Files"
    day: date
    head: str = "HEAD"


def answer(
    asked: Asked,
    name: str,
    format: str,  # noqa: A002
    select: "Callable[[Sequence[Can], AbstractSet[str]], Sequence[Can]]",
) -> None:
    """Answer in each environment. A name that is nowhere is a mistake, and not somebody without access."""
    from reconciler.cli.run import WrongUsage, chosen  # noqa: PLC0415  the help must not wait for the models
    from reconciler.questions import called, known  # noqa: PLC0415

    then = declared(asked)
    declarations = then.declarations
    environments = chosen(declarations, asked.environments)
    sides, code = both_sides(declarations, environments, then.day, live=asked.live)
    found = {each: select(side.answers(), called(declarations, each, name)) for each, side in sides.items()}
    names = frozenset[str]().union(*(known(declarations, each) for each in environments))
    meant = frozenset[str]().union(*(called(declarations, each, name) for each in environments))
    if not (names & meant or any(found.values()) or code):
        hint = did_you_mean(name, names)
        raise WrongUsage(f"Nothing here is called {name!r}{f': {hint}' if hint else '.'}")
    if format == "json":
        rows = [_document(environment, each) for environment, each_of in found.items() for each in each_of]
        typer.echo(json.dumps({"day": str(then.day), "live": asked.live, "answers": rows}, indent=2))
    else:
        _show(found, asked)
    if code:
        raise typer.Exit(code)


def declared(asked: Asked) -> "Then":
    """Give what is declared as of when it is asked: in the folder, or by git."""
    from reconciler.cli import run  # noqa: PLC0415  as above
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
    declarations: "Declarations", environments: Sequence[str], day: date, *, live: bool
) -> "tuple[Mapping[str, Sides], int]":
    """Give both sides of each environment, or what is declared, and the exit code: a service may not be reached."""
    from reconciler.compile import as_of  # noqa: PLC0415  as above
    from reconciler.questions import Sides  # noqa: PLC0415

    if not live:
        return {name: Sides(*as_of(declarations, name, day)) for name in environments}, FINE
    ran, sides = asyncio.run(_looked(declarations, environments, day))
    ran.tell_failures()
    return sides, worst(ran.codes().values())


async def _looked(
    declarations: "Declarations", environments: Sequence[str], day: date
) -> "tuple[Several, Mapping[str, Sides]]":
    from reconciler.azure.documents import in_policies  # noqa: PLC0415  as above
    from reconciler.azure.reading import read  # noqa: PLC0415
    from reconciler.cli.run import withheld  # noqa: PLC0415
    from reconciler.cli.several import several  # noqa: PLC0415
    from reconciler.compile import as_of  # noqa: PLC0415
    from reconciler.questions import Sides  # noqa: PLC0415

    async def one(here: "Here") -> Sides:
        held = await withheld(here.session, note=here.note)
        desired, undated = as_of(declarations, here.name, day, held)
        return Sides(desired, undated, await read(here.session, includes=in_policies(undated.state)))

    async with several(declarations, environments) as ran:
        return ran, await ran.each("Reading", one)


def _document(environment: str, each: "Can") -> dict[str, Any]:
    access = each.access
    return {
        "environment": environment,
        "who": access.who,
        "to": access.thing,
        "how": access.how,
        "tier": access.tier,
        "until": str(access.until) if access.until else None,
        "apis": list(each.apis),
        "by": str(each.by),
        "file": each.path or None,
        "seen": each.seen,
    }


def _show(found: "dict[str, Sequence[Can]]", asked: Asked) -> None:
    from rich.table import Table  # noqa: PLC0415  as above
    from rich.text import Text  # noqa: PLC0415

    console = out()
    for environment, answers in found.items():
        console.print(Text(environment, style="bold"))
        table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
        titles = ("who", "what", "how", "tier", "until", *(("seen",) if asked.live else ()), "file")
        for title in titles:
            table.add_column(title, overflow="fold")
        for each in answers:
            table.add_row(*(Text(printable(cell)) for cell in _cells(each, asked)))
        if answers:
            console.print(table)
        console.print(Text(f"  {count(len(answers), 'answer')}.", style="dim"))


def _cells(each: "Can", asked: Asked) -> Iterable[str]:
    access = each.access
    yield access.who
    yield f"{access.thing}: {', '.join(each.apis)}" if each.apis else access.thing
    yield _HOW[access.how]
    yield access.tier or ""
    yield str(access.until) if access.until else ""
    if asked.live:
        yield each.seen if each.seen == "both" else f"{each.seen} only"
    yield f"{asked.access.as_posix()}/{each.path}" if each.path else ""
