"""`reconciler backstage`: declarations and one read of a service in; the catalog that Backstage reads out."""

import asyncio
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.approved import Approved, approved_file
from reconciler.cli.console import err, progress
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Day, Folder, OneEnvironment, day
from reconciler.words import count

if TYPE_CHECKING:
    from reconciler.backstage.catalog import Catalog
    from reconciler.cli.wanted import Wanted

Publish = Annotated[
    str | None,
    typer.Option(
        "--publish",
        metavar="BRANCH",
        help="Commit it to this branch of `origin` and push it, into a folder named after the environment; what is "
        "checked out stays as it is.",
    ),
]
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
    publish: Publish = None,
    approved: Approved = False,
    repository: RepositoryName = None,
    as_of: Day = None,
) -> None:
    """Write a Backstage catalog: APIs with owners and definitions, products, who calls what, and how to ask for it.

    Tell Backstage of [bold]catalog-info.yaml[/bold] once, by its address. What has not changed is neither fetched nor
    written again, and nothing else in the folder is touched. How it looks stands in [bold]access/backstage.yaml[/bold].
    """
    from reconciler.cli import run  # noqa: PLC0415  the help must not wait for the models

    today = day(as_of)
    environments = approved_file(access, repository, today) if approved else None
    wanted = run.declared(access, day=today, environments=environments)
    name = run.only(wanted.declarations, environment)
    if publish is not None:
        _publish(publish, access, name, lambda folder: _write(wanted, name, today, access, folder / name))
    elif output == _STREAM:
        from reconciler.backstage.writing import stream  # noqa: PLC0415  as above

        sys.stdout.write(stream(_catalog(wanted, name, today)).decode())
    else:
        _write(wanted, name, today, access, output)


def _publish(branch: str, access: Path, name: str, write: Callable[[Path], None]) -> None:
    from reconciler.cli.on_github import server_and_token  # noqa: PLC0415  as above
    from reconciler.publishing import publish  # noqa: PLC0415

    server, token = server_and_token()
    made = publish(
        access.parent, branch, write, message=f"The catalog of {name}, as it is declared", token=token, server=server
    )
    typer.echo(f"{branch} of origin: {made[:9]}." if made else f"{branch} of origin says all of that already.")


def _catalog(wanted: "Wanted", name: str, today: date) -> "Catalog":
    """Read the service, and say what could only be guessed."""
    catalog = asyncio.run(_read(wanted, name, today))
    for team in catalog.owners.unknown():
        err().print(
            f"! {team}: its group is taken to be called as the team is. Entra did not say: name it by `entra_group:`, "
            "and let this identity read groups.",
            style="yellow",
            soft_wrap=True,
        )
    return catalog


async def _read(wanted: "Wanted", name: str, today: date) -> "Catalog":
    from reconciler.azure.seeing import see  # noqa: PLC0415  as above
    from reconciler.backstage.catalog import Catalog  # noqa: PLC0415
    from reconciler.backstage.estate import Estate  # noqa: PLC0415
    from reconciler.backstage.seen import seen  # noqa: PLC0415
    from reconciler.cli import run  # noqa: PLC0415
    from reconciler.cli.entra import titles  # noqa: PLC0415

    settings = wanted.declarations.environments[name]
    with progress(f"Reading {settings.service_name}") as bar:
        async with run.connected(wanted.declarations, name) as session:
            session.limiter.tell = bar.note
            withheld, read = await asyncio.gather(run.withheld(session), see(session))
    estate = Estate(wanted.declarations, name, day=today, withheld=withheld)
    existing = wanted.declarations.backstage.groups == "existing"
    groups = await titles(wanted.declarations, name, today) if existing else {}
    return Catalog(estate, seen(settings.service, *read), wanted.files, groups=groups)


def _write(wanted: "Wanted", name: str, today: date, access: Path, folder: Path) -> None:
    """Write what differs from what lies there."""
    from reconciler.backstage.kept import changes  # noqa: PLC0415  as above
    from reconciler.backstage.writing import files  # noqa: PLC0415
    from reconciler.commits import commits  # noqa: PLC0415
    from reconciler.folder import write  # noqa: PLC0415

    found = files(_catalog(wanted, name, today), commits(access))
    made = changes(found, lambda file: _lying(folder / file), folder=folder.as_posix())
    write(folder, made, tell=lambda _: None)
    written, gone = sum(file in made for file in found), sum(content is None for content in made.values())
    typer.echo(f"{folder.name}: {count(len(found), 'file')}, {written} written, {gone} taken away.")


def _lying(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
