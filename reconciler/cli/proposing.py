"""Changed declarations in; an open pull request with exactly them out, unless people work on it already."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.run import WrongUsage
from reconciler.errors import Refused

if TYPE_CHECKING:
    from reconciler.github import Repository


class Taken(Refused):
    """People have changed what was proposed: it is theirs now."""


def propose(
    there: "Repository",
    access: Path,
    *,
    branch: str,
    base: str,
    title: str,
    body: str,
    files: Mapping[str, bytes | None],
    keep_reviewed: bool = False,
) -> int:
    """Propose files below the folder. What people made of an earlier proposal is not overwritten: raises Taken.

    With `keep_reviewed` a review is enough for that: another end next week must not take approvals back.
    """
    folder = _in_repository(access)
    if (number := there.proposals(branch).get(branch)) is not None:
        request = there.pull_request(number)
        if request.strangers or request.people - {request.author}:
            raise Taken(f"Pull request {number} is left as it is: people have changed what was proposed there.")
        if keep_reviewed and request.reviews:
            raise Taken(f"Pull request {number} is left as it is: it has been reviewed.")
    texts = {f"{folder}/{path}": None if content is None else content.decode() for path, content in files.items()}
    return there.propose(branch=branch, base=base, title=title, body=body, message=title, files=texts)


def _in_repository(access: Path) -> str:
    """Name the folder as the repository does: this is run from its top."""
    below = os.path.relpath(os.path.realpath(access))
    if below == "." or below.startswith(".."):
        raise WrongUsage(f"Run this from the top of the repository, with --access naming the folder in it: {below}.")
    return Path(below).as_posix()
