"""A question, and what selects its answers, in; each answer with what it says, for people or machines, out."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

import typer

from reconciler.cli.console import out
from reconciler.cli.sides import Asked, both_sides, declared
from reconciler.errors import printable
from reconciler.words import count, did_you_mean

if TYPE_CHECKING:
    from reconciler.questions import Can
    from reconciler.usage import Seen, Usage

    Use = Callable[[str, Can], Seen | None]  # how something is used in an environment, where that is asked

_HOW = {"key": "key", "token": "token", "portal": "sees it in the portal", "open": "open, asks for no key"}


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
    sides, usages, code = both_sides(declarations, environments, then.day, live=asked.live, kept=_kept(asked))
    found = {each: select(side.answers(), called(declarations, each, name)) for each, side in sides.items()}
    names = frozenset[str]().union(*(known(declarations, each) for each in environments))
    meant = frozenset[str]().union(*(called(declarations, each, name) for each in environments))
    if not (names & meant or any(found.values()) or code):
        hint = did_you_mean(name, names)
        raise WrongUsage(f"Nothing here is called {name!r}{f': {hint}' if hint else '.'}")
    use = _using(asked, usages)
    if format == "json":
        rows = [
            _document(environment, each, use(environment, each))
            for environment, each_of in found.items()
            for each in each_of
        ]
        typer.echo(json.dumps({"day": str(then.day), "live": asked.live, "answers": rows}, indent=2))
    else:
        _show(found, asked, use)
    if code:
        raise typer.Exit(code)


def _kept(asked: Asked) -> "Mapping[str, Usage]":
    from reconciler.usage.kept import read  # noqa: PLC0415  as above

    return read(asked.usage)


def _using(asked: Asked, usages: "Mapping[str, Usage]") -> "Use":
    """Say how each is used, where somebody wants to know; a link in the portal and an open door are not used."""
    from reconciler.cli.using import ages  # noqa: PLC0415  as above
    from reconciler.usage import seen  # noqa: PLC0415

    if not asked.used:
        return lambda _environment, _each: None
    given = ages(asked.access)
    return lambda environment, each: seen(usages.get(environment), each.by, given.get(each.path))


def _document(environment: str, each: "Can", use: "Seen | None") -> dict[str, Any]:
    access = each.access
    return {
        "environment": environment,
        "who": access.who,
        "to": access.thing,
        "how": access.how,
        "tier": access.tier,
        "until": str(access.until) if access.until else None,
        "apis": list(each.apis),
        "calls": each.calls,
        "by": str(each.by),
        "file": each.path or None,
        "seen": each.seen,
        "used": use
        and {
            "standing": use.standing,
            "last": str(use.used.last) if use.used.last else None,
            "exact": use.used.exact,
            "calls": use.used.calls,
            "errors": use.used.errors,
        },
    }


def _show(found: "dict[str, Sequence[Can]]", asked: Asked, use: "Use") -> None:
    from rich.table import Table  # noqa: PLC0415  as above
    from rich.text import Text  # noqa: PLC0415

    console = out()
    for environment, answers in found.items():
        console.print(Text(environment, style="bold"))
        table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
        titles = (
            "who",
            "what",
            "how",
            "tier",
            "until",
            *(("seen",) if asked.live else ()),
            *(("used",) if asked.used else ()),
            "file",
        )
        for title in titles:
            table.add_column(title, overflow="fold")
        for each in answers:
            table.add_row(*(Text(printable(cell)) for cell in _cells(each, asked, use(environment, each))))
        if answers:
            console.print(table)
        console.print(Text(f"  {count(len(answers), 'answer')}.", style="dim"))


def _cells(each: "Can", asked: Asked, use: "Seen | None") -> Iterable[str]:
    access = each.access
    yield access.who
    apis = sorted(each.opens.apis) if each.calls and each.opens and each.opens.apis else each.apis
    yield f"{access.thing}: {', '.join(apis)}" if each.apis else access.thing
    yield _HOW[access.how] if each.calls or access.how == "portal" else f"{_HOW[access.how]}, which alone opens nothing"
    yield access.tier or ""
    yield str(access.until) if access.until else ""
    if asked.live:
        yield each.seen if each.seen == "both" else f"{each.seen} only"
    if asked.used:
        yield str(use or "")
    yield f"{asked.access.as_posix()}/{each.path}" if each.path else ""
