"""A repository and what was applied in; git notes of it out, and which of them the service's own record denies.

Notes are a convenience for whoever has the repository at hand. Nothing is decided by them: the record counts.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError
from reconciler.history import NOBODY, authorised, opened
from reconciler.memory import Applied, Unreliable, decode, encode

if TYPE_CHECKING:
    from git import Repo


def leave(repository: Path, applied: Iterable[Applied], environment: str, *, token: str | None, server: str) -> None:
    """Leave a note on each commit that was applied, and push them. Raises ReconcilerError where that is not allowed."""
    ref = _ref(environment)
    with opened(repository, f"the notes of {environment}") as repo, repo.git.custom_environment(**NOBODY):
        with repo.git.custom_environment(**authorised(token, server)):
            if repo.git.ls_remote("origin", ref):
                repo.git.fetch("--quiet", "origin", f"+{ref}:{ref}")
        for each in applied:
            repo.git.notes("--ref", ref, "add", "--force", "--message", encode(each), each.commit)
        with repo.git.custom_environment(**authorised(token, server)):
            repo.git.push("--quiet", "origin", f"{ref}:{ref}")


def noted(repository: Path, environment: str, service: str) -> dict[str, Applied | str]:
    """Read the note on each commit: what a service remembered then, or why the note says nothing."""
    with opened(repository, f"the notes of {environment}") as repo:
        return _read(repo, _ref(environment), service)


def denied(repository: Path, applied: Applied) -> tuple[str, ...]:
    """Follow the chain backwards from what the service remembers, and name the notes that are not what it was.

    Where a note is missing the chain cannot be followed further: that is said of no note.
    """
    notes = noted(repository, applied.environment, applied.service)
    wrong = [
        f"the note on {commit[:12]} was rewritten: {said}" for commit, said in notes.items() if isinstance(said, str)
    ]
    by_digest = {each.digest: each for each in notes.values() if isinstance(each, Applied)}
    known, link = {applied.digest}, applied.before
    while link in by_digest and link not in known:
        known.add(link)
        link = by_digest[link].before
    if not link or link in known:
        strangers = (each for each in by_digest.values() if each.digest not in known)
        wrong += [f"the note on {each.commit[:12]} was never what the service remembered" for each in strangers]
    return tuple(wrong)


def _ref(environment: str) -> str:
    return f"refs/notes/reconciler/{environment}"


def _read(repo: "Repo", ref: str, service: str) -> dict[str, Applied | str]:
    """Read each note: what it says, or why it says nothing."""
    found: dict[str, Applied | str] = {}
    if not repo.git.for_each_ref(ref):
        return found
    for row in repo.git.notes("--ref", ref, "list").splitlines():
        blob, _, commit = row.partition(" ")
        try:
            found[commit] = decode(repo.git.cat_file("blob", blob), service=service)
        except (Unreliable, ReconcilerError) as error:
            found[commit] = str(error)
    return found
