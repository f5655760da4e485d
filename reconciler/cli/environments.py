"""`reconciler environments`: the declarations in; the services they govern, as a table or a workflow's matrix, out."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.approved import Approved
from reconciler.cli.approved import approved as approved_ones
from reconciler.cli.console import out
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Folder, day
from reconciler.errors import DeclarationError

if TYPE_CHECKING:
    from reconciler.declarations import Declarations, Environment

Json = Annotated[bool, typer.Option("--json", help="One line: the matrix of a workflow's job, for $GITHUB_OUTPUT.")]
Part = Annotated[
    str | None,
    typer.Option(
        "--part", metavar="N/M", help="With --json: only the N-th of M parts, for a matrix that would be too large."
    ),
]
_DIGITS = 8
_MOST = 256  # jobs that one matrix makes (GitHub, "Actions limits")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(environments)


def environments(
    *,
    access: Folder = ACCESS,
    as_json: Json = False,
    part: Part = None,
    approved: Approved = False,
    repository: RepositoryName = None,
) -> None:
    """Show the environments: their service and their mode. Reads no Azure.

    With [bold]--json[/bold] each has a [bold]concurrency[/bold] key, the same for the same service however it is
    written: runs that share it wait for each other. GitHub makes 256 jobs of one matrix at most: for more, a workflow
    has a job for each [bold]--part[/bold].
    """
    declared = approved_ones(access, repository, day(None)) if approved else _here(access)
    if as_json:
        typer.echo(matrix(_part_of(declared.environments, part)))
    else:
        _show(declared.environments)


def _part_of(declared: "Mapping[str, Environment]", part: str | None) -> "Mapping[str, Environment]":
    """Take every M-th from the N-th on. What is declared before stays in its part when one more comes."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  the help must not wait for the models

    said = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", part or "1/1")
    number, parts = (int(each) for each in said.groups()) if said else (0, 0)
    if not 1 <= number <= parts:
        raise WrongUsage(f"--part is {part!r}; write which of how many, such as 1/2.")
    names = list(declared)[number - 1 :: parts]
    if len(names) > _MOST:
        raise WrongUsage(
            f"GitHub makes {_MOST} jobs of one matrix at most, and these are {len(names)} environments. "
            f"Give them to several jobs: --part 1/{-(-len(names) * parts // _MOST)} and so on."
        )
    return {name: declared[name] for name in names}


def _here(access: Path) -> "Declarations":
    from reconciler.load import load  # noqa: PLC0415  the help must not wait for the models
    from reconciler.sources import from_folder  # noqa: PLC0415

    loaded = load(from_folder(access))
    if not loaded.declarations.environments:
        raise DeclarationError(loaded.problems)
    return loaded.declarations


def matrix(declared: "Mapping[str, Environment]") -> str:
    """Write one line that names each environment, its service, and what runs on that service wait by."""
    rows = [
        {"environment": name, "service": each.service_name, "concurrency": _concurrency(each)}
        for name, each in declared.items()
    ]
    return json.dumps({"include": rows})


def _concurrency(environment: "Environment") -> str:
    """Name a service so that two names of one are equal: Azure does not tell capitals apart."""
    digest = hashlib.sha256(environment.service.lower().encode()).hexdigest()
    return f"{environment.service_name.lower()}-{digest[:_DIGITS]}"


def _show(declared: "Mapping[str, Environment]") -> None:
    from rich.table import Table  # noqa: PLC0415  as above

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("environment", "service", "mode"):
        table.add_column(title, overflow="fold")
    for name, each in declared.items():
        table.add_row(name, each.service_name, each.mode)
    out().print(table)
