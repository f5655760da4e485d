"""Files in; a branch with one commit that holds them, and an open pull request for it, out: no clone is needed."""

from collections.abc import Mapping
from typing import Any

from githubkit.exception import RequestFailed

from reconciler.errors import GitHubError
from reconciler.github.answers import GitCommit, Made, Pull, Ref
from reconciler.github.session import UNKNOWN, Rest, Session

_WRITE = "contents: write` and `pull-requests: write"


def propose(
    session: Session,
    *,
    branch: str,
    base: str,
    title: str,
    body: str,
    message: str,
    files: Mapping[str, str | None],
) -> int:
    """Put files on a branch on top of another, None for one that goes, and keep one open pull request for it."""
    if branch == base:
        raise GitHubError(f"What is proposed for {base} needs a branch of its own.")
    with session.asking(f"proposing {title!r}", needs=_WRITE) as rest:
        tip = _tip(session, rest, base)
        if tip is None:
            raise GitHubError(f"There is no branch {base} in {session.name}, or GITHUB_TOKEN may not see it.")
        tree = _tree(session, rest, tip, files)
        if tree == tip.tree.sha:
            raise GitHubError(f"Nothing to propose: {base} holds these files already.")
        _move(session, rest, branch, tip=tip, tree=tree, message=message)
        return _request(session, rest, branch=branch, base=base, title=title, body=body)


def proposals(session: Session, beginning: str) -> dict[str, int]:
    """Find the open pull requests of this repository's branches that begin like this: one list for all of them."""
    with session.asking(f"looking for pull requests of {beginning}", needs="pull-requests: read") as rest:
        found = session.pages(Pull, rest.pulls.list, **session.named, state="open")
    ours = [each for each in found if each.head.repo and each.base.repo and each.head.repo.id == each.base.repo.id]
    return {each.head.ref: each.number for each in ours if each.head.ref.startswith(beginning)}


def _tip(session: Session, rest: Rest, branch: str) -> GitCommit | None:
    """Read where a branch stands."""
    ref = _there(lambda: rest.git.get_ref(*session.where, f"heads/{branch}"))
    if ref is None:
        return None
    sha = Ref.model_validate(ref).object.sha
    return GitCommit.model_validate(rest.git.get_commit(*session.where, sha).json())


def _there(ask: Any) -> Any:
    """Read what may not be there."""
    try:
        return ask().json()
    except RequestFailed as error:
        if error.response.status_code != UNKNOWN:
            raise
        return None


def _tree(session: Session, rest: Rest, tip: GitCommit, files: Mapping[str, str | None]) -> str:
    """Make the tree; GitHub refuses to delete what is not there, which is as good as deleted."""
    entries: list[Any] = []
    for path, content in sorted(files.items()):
        entry = {"path": path, "mode": "100644", "type": "blob"}
        if content is not None:
            entries.append({**entry, "content": content})
        elif _there(lambda path=path: rest.repos.get_content(*session.where, path, ref=tip.sha)) is not None:
            entries.append({**entry, "sha": None})
    if not entries:
        return tip.tree.sha
    made = rest.git.create_tree(*session.where, base_tree=tip.tree.sha, tree=entries)
    return Made.model_validate(made.json()).sha


def _move(session: Session, rest: Rest, branch: str, *, tip: GitCommit, tree: str, message: str) -> None:
    """Make the branch stand at one commit on the tip; where it does, nothing is written and no review grows old."""
    there = _tip(session, rest, branch)
    if there and (there.tree.sha, [each.sha for each in there.parents], there.message) == (tree, [tip.sha], message):
        return
    made = rest.git.create_commit(*session.where, message=message, tree=tree, parents=[tip.sha])
    sha = Made.model_validate(made.json()).sha
    if there is None:
        rest.git.create_ref(*session.where, ref=f"refs/heads/{branch}", sha=sha)
    else:
        rest.git.update_ref(*session.where, f"heads/{branch}", sha=sha, force=True)


def _request(session: Session, rest: Rest, *, branch: str, base: str, title: str, body: str) -> int:
    head = f"{session.where[0]}:{branch}"
    found = session.pages(Pull, rest.pulls.list, **session.named, state="open", head=head, base=base)
    if not found:
        made = rest.pulls.create(*session.where, title=title, head=branch, base=base, body=body)
        return Pull.model_validate(made.json()).number
    request = found[0]
    if (request.title, request.body or "") != (title, body):
        rest.pulls.update(*session.where, request.number, title=title, body=body)
    return request.number
