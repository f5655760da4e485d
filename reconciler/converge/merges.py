"""A repository and two commits in; the merges between them that change the declarations, oldest first, out.

A merge commit and a squashed one are a merge each; the commits of a rebased pull request are one together.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.errors import DeclarationError
from reconciler.history import before
from reconciler.sources import Edits, edits


@dataclass(frozen=True, slots=True)
class Place:
    """Where the declarations stand: a folder of a repository, and the commit that is to be converged to."""

    repository: Path
    folder: str
    tip: str


@dataclass(frozen=True, slots=True)
class Merge:
    """What moved the branch: by which pull request, if by any. `unfit` says why its files are not taken at all."""

    commits: tuple[str, ...]
    before: str
    number: int | None
    edits: Edits
    unfit: str = ""

    @property
    def after(self) -> str:
        """Where the branch stood afterwards."""
        return self.commits[-1]

    @property
    def name(self) -> str:
        """How people call it."""
        return f"#{self.number}" if self.number else self.after[:12]


def merges(place: Place, commits: Iterable[str], merged_by: Callable[[str], int | None]) -> list[Merge]:
    """Gather the commits of a line into merges; a commit that changes no declaration is none."""
    found: list[Merge] = []
    for commit in commits:
        parent = before(place.repository, commit)
        if parent is None or not (this := _merge(place, parent, commit)):
            continue
        number = merged_by(commit)
        last = found[-1] if found else None
        if last and number is not None and last.number == number:  # what it changes elsewhere may lie in between
            found[-1] = _together(place, last, commit)
        else:
            found.append(replace(this, number=number))
    return found


def _merge(place: Place, parent: str, commit: str) -> Merge | None:
    try:
        changed = edits(place.repository, parent, commit, place.folder)
    except DeclarationError as error:
        return Merge((commit,), parent, None, {}, unfit=str(error.problems[0]))
    return Merge((commit,), parent, None, changed) if changed else None


def _together(place: Place, merge: Merge, commit: str) -> Merge:
    whole = _merge(place, merge.before, commit)
    commits = (*merge.commits, commit)
    return replace(whole or replace(merge, edits={}), commits=commits, number=merge.number)
