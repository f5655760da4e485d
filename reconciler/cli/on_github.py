"""What a command is told of GitHub, by options and by the variables of GitHub Actions, in; the repository there out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer

from reconciler.errors import printable
from reconciler.history import fetch

if TYPE_CHECKING:
    from reconciler.converge.judging import GitHubSide
    from reconciler.github import Repository

BRANCH: Final = "origin/main"
_API = "https://api.github.com"
_SERVER = "https://github.com"
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})

PullRequest = Annotated[
    int | None,
    typer.Option(
        "--pull-request",
        metavar="N",
        help="Fetch this pull request from `origin` and read its files as data, whatever is checked out.",
    ),
]
RepositoryName = Annotated[
    str | None, typer.Option("--repository", envvar="GITHUB_REPOSITORY", metavar="OWNER/NAME", help="On GitHub.")
]


def on_github(name: str | None) -> "Repository":
    """Give the repository, as whom GITHUB_TOKEN stands for."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  the help must not wait for GitHub's client
    from reconciler.github import Repository  # noqa: PLC0415

    token = os.environ.get("GITHUB_TOKEN")
    if not name or not token:
        raise WrongUsage("To ask GitHub, set GITHUB_TOKEN and name the repository: --repository OWNER/NAME.")
    return Repository(name, token, api=_over_tls("GITHUB_API_URL", _API))


def github_side(there: "Repository") -> "GitHubSide":
    """Give what judging merges needs of GitHub."""
    from reconciler.converge.judging import GitHubSide  # noqa: PLC0415  as above

    server, token = server_and_token()
    return GitHubSide(there, token, server)


def server_and_token() -> tuple[str, str | None]:
    """Say where git is to be shown a token, and which."""
    return _over_tls("GITHUB_SERVER_URL", _SERVER), os.environ.get("GITHUB_TOKEN")


def _over_tls(variable: str, usual: str) -> str:
    """Give an address that a token is shown to: anybody on the way would read it without TLS."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  as above

    url = os.environ.get(variable) or usual
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
        raise WrongUsage(f"{variable} is {printable(url)}: a token is shown over https:// alone.")
    return url


def fetched(access: Path, number: int) -> str:
    """Fetch GitHub's trial merge of a pull request, and give its name."""
    ref = f"refs/pull/{number}/merge"
    server, token = server_and_token()
    fetch(access.parent, ref, token=token, server=server)
    return ref
