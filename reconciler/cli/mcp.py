"""`reconciler mcp`: a folder of declarations in; a server that assistants ask, over stdio or HTTP, out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli.console import err
from reconciler.cli.on_github import RepositoryName, on_github
from reconciler.cli.options import ACCESS, Day, Folder, OneEnvironment
from reconciler.cli.request import Base

if TYPE_CHECKING:
    from reconciler.asking import Answers, Asked
    from reconciler.assist.tools import Propose

TOKEN = "RECONCILER_MCP_TOKEN"  # noqa: S105  the name of a variable
_SHORTEST = 16

Catalog = Annotated[
    Path | None,
    typer.Option(
        "--catalog", metavar="DIR", help="A folder that `reconciler backstage -o` wrote: definitions of APIs."
    ),
]
Live = Annotated[
    bool, typer.Option("--live", help="Read names, endpoints and operations from the service. A Reader role is enough.")
]
Proposes = Annotated[
    bool, typer.Option("--propose", help="Also open pull requests on GitHub, for which GITHUB_TOKEN must be set.")
]
Http = Annotated[bool, typer.Option("--http", help="Over streamable HTTP instead of stdio.")]
Host = Annotated[str, typer.Option("--host", help="With --http: the address to listen on.")]
Port = Annotated[int, typer.Option("--port", help="With --http; 0 takes a free one.", min=0, max=65_535)]
Names = Annotated[
    list[str] | None,
    typer.Option("--name", metavar="HOST", help="With --http: a name that callers reach it by; may be repeated."),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(mcp)


def mcp(
    *,
    access: Folder = ACCESS,
    catalog: Catalog = None,
    live: Live = False,
    environment: OneEnvironment = None,
    propose: Proposes = False,
    base: Base = "main",
    repository: RepositoryName = None,
    http: Http = False,
    host: Host = "127.0.0.1",
    port: Port = 8765,
    name: Names = None,
    as_of: Day = None,
) -> None:
    """Let an assistant ask which APIs there are, who owns and uses them, how to get access, and what ends.

    It speaks the Model Context Protocol over stdio, as assistants start it; [bold]--http[/bold] serves it on loopback.
    Anywhere else, and wherever it may propose, callers show the token in RECONCILER_MCP_TOKEN. It reads, and drafts
    requests as patches: it never writes to Azure. docs/assistants.md says how to add it to an assistant.
    """
    from reconciler.cli import extra  # noqa: PLC0415  an optional part
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  the help must not wait for the models
    from reconciler.cli.watching import Watched  # noqa: PLC0415

    made = extra.assistant()
    if environment is not None and not live:
        raise WrongUsage("-e says which service --live reads: say --live, too.")
    world = Watched(access, catalog, environment, as_of, live=live)
    asks = proposer(access, base, repository) if propose else None
    if not http:
        if host != "127.0.0.1" or name:
            raise WrongUsage("--host and --name are for --http.")
        made.server.server(world, propose=asks).run("stdio")
        return
    _serve(made, world, asks, at=(host, port), names=name or [])


def _serve(made: Any, world: Any, propose: "Propose | None", *, at: tuple[str, int], names: list[str]) -> None:
    from pydantic import SecretStr  # noqa: PLC0415  as above

    from reconciler.cli.listening import listening  # noqa: PLC0415
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415
    from reconciler.serving import serve  # noqa: PLC0415

    over, token, (host, port) = made.http, _token(), at
    alone = over.is_loopback(host) and not names
    if token is None and (propose is not None or not alone):
        why = "with --propose" if alone else "away from loopback"
        raise WrongUsage(f"Set {TOKEN} to what callers must show as a bearer token: over HTTP {why} it is needed.")
    if not over.is_loopback(host) and not names:
        raise WrongUsage("Say by which name callers reach it, by --name: calls by any other name are refused.")
    listener = listening(host, port)
    auth = over.auth(f"http://localhost:{listener.getsockname()[1]}") if token else None
    verifier = over.OneToken(SecretStr(token)) if token else None
    application = over.app(made.server.server(world, propose=propose, auth=auth, verifier=verifier), names)
    serve(application, listener, path=over.PATH, tell=lambda url: err().print(f"Serving {url}", soft_wrap=True))


def _token() -> str | None:
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above

    token = os.environ.get(TOKEN, "")
    if token and (len(token) < _SHORTEST or not token.isascii() or not token.isprintable() or " " in token):
        raise WrongUsage(f"{TOKEN} needs at least {_SHORTEST} characters, without blanks: make one by chance.")
    return token or None


def proposer(access: Path, base: str, repository: str | None) -> "Propose":
    """Give what opens a pull request: as `reconciler request --open` does."""
    from reconciler.cli.request import opened  # noqa: PLC0415  as above

    on_github(repository)  # what is missing is said at once, and not when somebody asks

    def propose(asked: "Asked", answers: "Answers") -> int:
        return opened(asked, answers, access, base=base, repository=repository)

    return propose
