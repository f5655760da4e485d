"""`reconciler validate`: a folder in, every problem of every file out."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reconciler.cli.options import ACCESS, Day, Folder, day
from reconciler.errors import INVALID, DeclarationError, Problem, errors, printable
from reconciler.guarded import command
from reconciler.words import count

if TYPE_CHECKING:
    from reconciler.declarations import Declarations
    from reconciler.findings import Finding

    Found = tuple[str, Finding, tuple[str, int]]

Format = Annotated[
    Literal["text", "github", "json", "sarif"],
    typer.Option(
        "--format",
        help="text for people, github for annotations in a workflow, json for machines; "
        "sarif, of what --live finds, for the code-scanning page.",
    ),
]
Live = Annotated[bool, typer.Option("--live", help="Look at the services, too: what is wrong with access there.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(validate)


def validate(access: Folder = ACCESS, *, format: Format = "text", as_of: Day = None, live: Live = False) -> None:  # noqa: A002
    """Check every file: form, names, references, owners, dates. Reads no Azure, unless asked to, and writes nothing.

    Each problem is one line, [bold]file:line:column: what is wrong (what to do)[/bold]. Exit code 3 if there is any.
    What [bold]--live[/bold] finds in the services are warnings: keys around products, doors left open, and the like.
    """
    from reconciler.check import check, ended  # noqa: PLC0415  the help must not wait for the models
    from reconciler.load import load  # noqa: PLC0415
    from reconciler.sources import from_folder  # noqa: PLC0415

    today = day(as_of)
    try:
        files = from_folder(access)
        loaded = load(files)
        problems = sorted({*loaded.problems, *check(loaded, files, today), *ended(loaded, files, today)})
    except DeclarationError as error:
        problems = list(error.problems)
    if format == "sarif" and not live:
        from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as below

        raise WrongUsage("--format sarif is of what is found in the services: add --live.")
    if live and not errors(problems):
        findings = _findings(loaded.declarations, access, today)
        if format == "sarif":
            from reconciler.audit.sarif import sarif  # noqa: PLC0415  as below

            typer.echo(json.dumps(sarif(findings), indent=2))
            return
        problems = sorted([*problems, *(_problem(name, finding, place) for name, finding, place in findings)])
    _print(problems, format)
    if errors(problems):
        raise typer.Exit(INVALID)
    if format != "json":
        typer.echo(_all_is_valid(loaded.declarations, len(problems)))


def _all_is_valid(found: "Declarations", warnings: int) -> str:
    parts = {"team": found.teams, "API": found.apis, "product": found.products, "grant": found.grants}
    summary = ", ".join(count(len(items), what) for what, items in parts.items())
    but = f", with {count(warnings, 'warning')}" if warnings else ""
    return f"Everything is valid{but}: {summary}."


def _print(problems: list[Problem], format: str) -> None:  # noqa: A002
    if format == "json":
        typer.echo(_json(problems))
    elif format == "github":
        for problem in problems:
            command(_annotation(problem))
    else:
        for problem in problems:
            if problem.level == "warning":
                typer.echo(f"warning: {problem}")
        if wrong := errors(problems):
            raise DeclarationError(wrong)


def _findings(declarations: "Declarations", access: Path, today: date) -> "list[Found]":
    """Look at each environment's service; a finding stands at the file that declares the thing, if one does."""
    import asyncio  # noqa: PLC0415  only this waits for anything

    from reconciler.cli.audit import look, placed  # noqa: PLC0415  nor needs anything else Azure's client

    found: list[Found] = []
    for name in declarations.environments:
        audit, places = asyncio.run(look(declarations, name, today, known=True))
        found += [(name, each, placed(each, places, access)) for each in audit.found]
    return found


def _problem(name: str, finding: "Finding", place: tuple[str, int]) -> Problem:
    message = f"{name}: {finding.text} [{finding.rule.name}]"
    return Problem(*place, 1, message, finding.rule.way_out.rstrip("."), level="warning")


def _json(problems: list[Problem]) -> str:
    fields = ("path", "line", "column", "level", "message", "hint")
    rows = [{field: getattr(problem, field) for field in fields} for problem in problems]
    return json.dumps({"valid": all(row["level"] == "warning" for row in rows), "problems": rows}, indent=2)


def _annotation(problem: Problem) -> str:
    """GitHub reads commands from the log: what an author wrote must not become one."""
    message = f"{problem.message} ({problem.hint})" if problem.hint else problem.message
    place = f"file={_escaped(printable(problem.path), more=True)},line={problem.line},col={problem.column}"
    return f"::{problem.level} {place}::{_escaped(printable(message))}"


def _escaped(text: str, *, more: bool = False) -> str:
    for raw, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), *((((":", "%3A"), (",", "%2C"))) if more else ())):
        text = text.replace(raw, code)
    return text
