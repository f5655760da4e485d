"""`reconciler schema`: the models in, schemas/*.json out, or whether those on disk are fresh."""

from pathlib import Path
from typing import Annotated

import typer

from reconciler.errors import SOME_FAILED

Directory = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the schemas stand.")]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; end with 1 when a schema is stale.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(schema)


def schema(*, output: Directory = Path("schemas"), check: Check = False) -> None:
    """Write the JSON Schema of every kind of file, so that editors complete and explain each key.

    A file names its schema in its first line: [bold]# yaml-language-server: $schema=../../schemas/grant.json[/bold]
    """
    from reconciler.schemas import schemas  # noqa: PLC0415  building them takes longer than the help

    stale = [
        name
        for name, text in schemas().items()
        if not (path := output / name).exists() or path.read_text(encoding="utf-8") != text
    ]
    if check:
        for name in stale:
            typer.echo(f"{output / name} is stale: run `reconciler schema`", err=True)
        raise typer.Exit(SOME_FAILED if stale else 0)
    output.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (output / name).write_text(text, encoding="utf-8")
    typer.echo(
        f"{len(stale)} of {len(schemas())} schemas in {output} were stale and are written."
        if stale
        else "All schemas are fresh."
    )
