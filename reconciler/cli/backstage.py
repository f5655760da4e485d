"""`reconciler backstage`: declarations and one read of a service in; the catalog that Backstage reads out."""

import asyncio
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.console import err, progress
from reconciler.cli.options import ACCESS, Day, Folder, OneEnvironment, day
from reconciler.words import count

if TYPE_CHECKING:
    from reconciler.backstage.catalog import Catalog
    from reconciler.cli.wanted import Wanted

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="The catalog's folder; - prints one stream.")
]
_STREAM = Path("-")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(backstage)


def backstage(
    *,
    access: Folder = ACCESS,
    environment: OneEnvironment = None,
    output: Output = Path("catalog"),
    as_of: Day = None,
) -> None:
    """Write a Backstage catalog: APIs with owners and definitions, products, who calls what, and how to ask for it.

    Tell Backstage of [bold]catalog-info.yaml[/bold] once, by its address. What has not changed is neither fetched nor
    written again, and nothing else in the folder is touched. How it looks stands in [bold]access/backstage.yaml[/bold].
    """
    from reconciler.backstage.writing import files, stream  # noqa: PLC0415  the help must not wait for the models
    from reconciler.cli import run  # noqa: PLC0415
    from reconciler.commits import commits  # noqa: PLC0415

    today = day(as_of)
    wanted = run.declared(access, day=today)
    name = run.only(wanted.declarations, environment)
    catalog = asyncio.run(_catalog(wanted, name, today))
    for team in catalog.owners.unknown():
        err().print(
            f"! {team}: its group is taken to be called as the team is. Entra did not say: name it by `entra_group:`, "
            "and let this identity read groups.",
            style="yellow",
            soft_wrap=True,
        )
    if output == _STREAM:
        sys.stdout.write(stream(catalog).decode())
    else:
        _write(files(catalog, commits(access)), output)


async def _catalog(wanted: "Wanted", name: str, today: date) -> "Catalog":
    from reconciler.azure.seeing import see  # noqa: PLC0415  as above
    from reconciler.backstage.catalog import Catalog  # noqa: PLC0415
    from reconciler.backstage.estate import Estate  # noqa: PLC0415
    from reconciler.backstage.seen import seen  # noqa: PLC0415
    from reconciler.cli import run  # noqa: PLC0415

    settings = wanted.declarations.environments[name]
    with progress(f"Reading {settings.service_name}") as bar:
        async with run.connected(wanted.declarations, name) as session:
            session.limiter.tell = bar.note
            withheld, read = await asyncio.gather(run.withheld(session), see(session))
    estate = Estate(wanted.declarations, name, day=today, withheld=withheld)
    return Catalog(estate, seen(settings.service, *read), wanted.files)


def _write(files: Mapping[str, bytes], output: Path) -> None:
    from reconciler.backstage.kept import changes  # noqa: PLC0415  as above
    from reconciler.folder import write  # noqa: PLC0415

    made = changes(files, lambda name: _lying(output / name), folder=output.as_posix())
    write(output, made, tell=lambda _: None)
    written, gone = sum(name in made for name in files), sum(content is None for content in made.values())
    typer.echo(f"{output}: {count(len(files), 'file')}, {written} written, {gone} taken away.")


def _lying(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
