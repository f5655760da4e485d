"""`reconciler codeowners`: the teams in, .github/CODEOWNERS out, or whether the one on disk is fresh."""

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.options import ACCESS, Folder, day
from reconciler.errors import SOME_FAILED

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where it stands. Default: .github/CODEOWNERS beside access/."),
]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; end with 1 when it is stale.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(codeowners)


def codeowners(*, access: Folder = ACCESS, output: Output = None, check: Check = False) -> None:
    """Write whom GitHub asks to review what: each team for its folder, the platform team for the rest.

    It asks and decides nothing; [bold]reconciler approvals[/bold] decides.
    """
    from reconciler.cli.run import declared  # noqa: PLC0415  the help must not wait for the models
    from reconciler.codeowners import codeowners as text  # noqa: PLC0415

    path = output or access.parent / ".github" / "CODEOWNERS"
    wanted = text(declared(access, day=day(None)).declarations, access.name)
    fresh = path.is_file() and path.read_bytes() == wanted.encode()
    if fresh:
        typer.echo(f"{path} is fresh.")
    elif check:
        typer.echo(f"{path} is stale: run `reconciler codeowners`", err=True)
        raise typer.Exit(SOME_FAILED)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted, encoding="utf-8")
        typer.echo(f"{path} is written.")
