"""A clone and GitHub in; the environments by which services are spoken to, as they were approved, out.

At a desk the folder is believed. A workflow has what was pushed: an address in it that nobody approved must not hear a
token, and an environment that nobody approved to drop goes on.
"""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.on_github import github_side, on_github

if TYPE_CHECKING:
    from reconciler.converge.judging import GitHubSide
    from reconciler.converge.merges import Place
    from reconciler.declarations import Declarations

Approved = Annotated[
    bool,
    typer.Option(
        "--approved",
        help="As a workflow must: go by the environments.yaml that was approved, whatever was pushed since. "
        "GITHUB_TOKEN must be set.",
    ),
]


def approved(access: Path, repository: str | None, today: date) -> "Declarations":
    """Give what was declared where environments.yaml was approved last: its word counts on where services are."""
    from reconciler.converge.environments import trusted  # noqa: PLC0415  the help must not wait for GitHub's client

    return trusted(*asked_of(access, repository), today)


def approved_file(access: Path, repository: str | None, today: date) -> bytes:
    """Give that environments.yaml itself, to be read in the place of the one that is here."""
    from reconciler.converge.environments import trusted_at  # noqa: PLC0415  as above
    from reconciler.load import ENVIRONMENTS  # noqa: PLC0415
    from reconciler.sources import from_revision  # noqa: PLC0415

    place, side = asked_of(access, repository)
    commit = trusted_at(place, side, today)
    return from_revision(place.repository, commit, place.folder).contents[ENVIRONMENTS]


def asked_of(access: Path, repository: str | None) -> "tuple[Place, GitHubSide]":
    """Say of what is checked out, and of whom, approvals are asked."""
    from reconciler.converge.merges import Place  # noqa: PLC0415  as above
    from reconciler.history import commit_of  # noqa: PLC0415

    place = Place(access.parent, access.name, commit_of(access.parent, "HEAD"))
    return place, github_side(on_github(repository))
