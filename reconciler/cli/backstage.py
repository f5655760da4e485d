"""`reconciler backstage`: a folder of declarations in; a Backstage catalog, written, published or served, out."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.approved import Approved, approved_file
from reconciler.cli.console import err
from reconciler.cli.on_github import RepositoryName
from reconciler.cli.options import ACCESS, Day, Folder, OneEnvironment, day
from reconciler.words import count

if TYPE_CHECKING:
    from reconciler.cli.wanted import Wanted
    from reconciler.live import Made

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="The catalog's folder; - prints one stream.")
]
Publish = Annotated[
    str | None,
    typer.Option(
        "--publish",
        metavar="BRANCH",
        help="Commit it to this branch of `origin` and push it, into a folder named after the environment; what is "
        "checked out stays as it is.",
    ),
]
Serve = Annotated[
    bool,
    typer.Option("--serve", help="Serve it over HTTP to whoever shows the token in RECONCILER_SERVE_TOKEN."),
]
Host = Annotated[str, typer.Option("--host", help="With --serve: the address to listen on. There is no TLS in it.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="With --serve: the port to listen on.")]
Every = Annotated[
    int, typer.Option("--every", min=10, metavar="SECONDS", help="With --serve: how old an answer may be.")
]
AsApplied = Annotated[
    bool,
    typer.Option(
        "--applied",
        help="Tell of what the service remembers was applied to it, and not yet of what is merged and waits.",
    ),
]
_FOLDER, _STREAM = Path("catalog"), Path("-")
_SHORTEST = 32  # characters of a token that nobody guesses


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen, how old an answer may be in seconds, and the folder whose applied commit is told of, if one."""

    address: str
    every: int
    applied: Path | None


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(backstage)


def backstage(
    *,
    access: Folder = ACCESS,
    environment: OneEnvironment = None,
    output: Output = _FOLDER,
    publish: Publish = None,
    serve: Serve = False,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    every: Every = 300,
    applied: AsApplied = False,
    approved: Approved = False,
    repository: RepositoryName = None,
    as_of: Day = None,
) -> None:
    """Write a Backstage catalog: APIs with owners and definitions, products, who calls what, and how to ask for it.

    Tell Backstage of [bold]catalog-info.yaml[/bold] once, by its address. What has not changed is neither fetched nor
    written again, and nothing else in the folder is touched. How it looks stands in [bold]access/backstage.yaml[/bold].
    """
    from reconciler.cli import run  # noqa: PLC0415  the help must not wait for the models

    if sum((serve, publish is not None, output != _FOLDER)) > 1:
        raise run.WrongUsage("Say one of --output, --publish and --serve.")
    today = day(as_of)
    environments = approved_file(access, repository, today) if approved else None
    wanted = run.declared(access, day=today, environments=environments)
    name = run.only(wanted.declarations, environment)
    of = access if applied else None
    if serve:
        listen = Listen(f"{host}:{port}", every, of)
        _serve(lambda: run.declared(access, day=day(as_of), environments=environments), name, listen)
    elif publish is not None:
        _publish(publish, access, name, lambda folder: _write(wanted, name, today, folder / name, of))
    elif output == _STREAM:
        from reconciler.backstage.writing import stream  # noqa: PLC0415  as above
        from reconciler.cli.catalog import catalog  # noqa: PLC0415

        sys.stdout.write(stream(catalog(wanted, name, today, applied=of)).decode())
    else:
        _write(wanted, name, today, output, of)


def _write(wanted: "Wanted", name: str, today: date, folder: Path, applied: Path | None) -> None:
    """Write what differs from what lies there."""
    from reconciler.backstage.catalog import DEFINITIONS  # noqa: PLC0415  as above
    from reconciler.cli.catalog import catalog, files  # noqa: PLC0415
    from reconciler.folder import write  # noqa: PLC0415
    from reconciler.kept import changes  # noqa: PLC0415

    lying = folder / DEFINITIONS
    kept = {each.name: each.read_bytes() for each in lying.iterdir() if each.is_file()} if lying.is_dir() else {}
    found = files(catalog(wanted, name, today, kept, applied))
    made = changes(found, lambda file: _lying(folder / file), folder=folder.as_posix())
    write(folder, made, tell=lambda _: None)
    written, gone = sum(file in made for file in found), sum(content is None for content in made.values())
    typer.echo(f"{folder.name}: {count(len(found), 'file')}, {written} written, {gone} taken away.")


def _lying(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _publish(branch: str, access: Path, name: str, write: Callable[[Path], None]) -> None:
    from reconciler.cli.on_github import server_and_token  # noqa: PLC0415  as above
    from reconciler.publishing import publish  # noqa: PLC0415

    server, token = server_and_token()
    message = f"The catalog of {name}, as it is declared"
    made = publish(access.parent, branch, write, message=message, token=token, server=server)
    typer.echo(f"{branch} of origin: {made[:9]}." if made else f"{branch} of origin says all of that already.")


def _serve(declared: "Callable[[], Wanted]", name: str, how: Listen) -> None:
    """Serve until told to stop. Declarations are read again each time: whoever keeps the folder fresh tells nobody."""
    from reconciler.backstage.writing import whole  # noqa: PLC0415  as above
    from reconciler.cli import extra  # noqa: PLC0415
    from reconciler.cli.catalog import files, read  # noqa: PLC0415
    from reconciler.cli.listening import listening  # noqa: PLC0415
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415
    from reconciler.definitions import Library  # noqa: PLC0415

    live, token = extra.live(), os.environ.get("RECONCILER_SERVE_TOKEN", "")
    if len(token) < _SHORTEST:
        raise WrongUsage(
            f"Set RECONCILER_SERVE_TOKEN to what callers must show, {_SHORTEST} characters or more, such as "
            "`openssl rand -hex 32` prints."
        )

    from reconciler.serving import serve  # noqa: PLC0415  an optional part, as `live` is

    last: list[Library] = []

    async def make() -> "Made":
        wanted = declared()
        library = last[0] if last else Library(wanted.declarations.environments[name].service)
        catalog = await read(wanted, name, day(None), library, how.applied)
        last[:] = [catalog.library]
        made: Made = live.Made.of(files(catalog), whole(catalog))
        return made

    host, _, port = how.address.rpartition(":")
    serve(
        live.create_app(live.Fresh(make, how.every), token),
        listening(host, int(port)),
        tell=lambda url: err().print(f"Serving on {url}. Ctrl-C stops it.", soft_wrap=True),
    )
