"""Commits and a repository on GitHub in; the pull request that brought each of them, and who approved it, out."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from reconciler.approvals import Brought
from reconciler.cli.console import err
from reconciler.errors import ReconcilerError, printable
from reconciler.github import Repository
from reconciler.github.values import PullRequest
from reconciler.history import before, digest_of_change


def brought(there: Repository, access: Path, commits: Iterable[str]) -> dict[str, Brought]:
    """Ask GitHub, and not the commit's words: anybody can write a number. Of what it does not tell nothing is given."""
    found: dict[str, Brought] = {}
    request_of = cache(there.pull_request)
    for commit in dict.fromkeys(filter(None, commits)):
        try:
            number = there.merged_by(commit)
            found[commit] = _told(request_of(number), access, commit) if number is not None else Brought(None)
        except ReconcilerError as error:
            err().print(f"! {printable(str(error))}", style="yellow", soft_wrap=True)
    return found


def _told(request: PullRequest, access: Path, commit: str) -> Brought:
    """Count an approval of the last push, or of one that changed the same: a later word replaces an earlier one."""
    last = {said.login: said for said in request.reviews}
    approved = (
        said.login
        for said in last.values()
        if said.state == "APPROVED" and _same(access, commit, said.commit, request.head)
    )
    return Brought(request.number, tuple(approved), request.people | {request.author})


def _same(access: Path, commit: str, seen: str, head: str) -> bool:
    """Whether what was seen is what was merged."""
    if seen == head:
        return True
    try:
        base = before(access.parent, commit)
        digests = {digest_of_change(access.parent, base or commit, each, access.name) for each in (seen, head)}
    except ReconcilerError:
        return False  # one of them is not here any more
    return len(digests) == 1
