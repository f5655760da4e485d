"""`reconciler kinds`: the registry in, a table of every kind of resource out."""

import json
from typing import TYPE_CHECKING

import typer

from reconciler.cli.console import out
from reconciler.cli.options import Format

if TYPE_CHECKING:
    from reconciler.kinds import Kind


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(kinds)


def kinds(format: Format = "text") -> None:  # noqa: A002
    """List the kinds of resource this tool knows: where they live in Azure, how they are read and taken back."""
    from rich.table import Table  # noqa: PLC0415

    from reconciler.kinds import KINDS  # noqa: PLC0415

    rows = [
        {
            "kind": kind.name,
            "path": kind.path,
            "read": _read(kind),
            "written": "never" if not kind.writable else "created, changed" if kind.fields else "created",
            "taken back": kind.taken_back if kind.removable else "never",
        }
        for kind in KINDS
    ]
    if format == "json":
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in rows[0]:
        table.add_column(column, header_style="bold")
    for row in rows:
        table.add_row(*row.values())
    out().print(table)


def _read(kind: "Kind") -> str:
    if kind.index:
        return f"{kind.index}, and each that may hold one"
    return kind.listing or " or ".join(kind.listing_by_part) or "with its gate"
