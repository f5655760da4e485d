"""A repository and a folder in; the commits that changed its files, newest first, out."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from reconciler.errors import ReconcilerError
from reconciler.history import opened

_MOST = 5_000  # commits: what is older is history for historians
_LISTED = ("-z", "--no-merges", "--no-renames", "--name-only", f"--max-count={_MOST}", "--format=%x00%H %ct %s")


@dataclass(frozen=True, slots=True)
class Commit:
    """A change. `paths` are below the folder."""

    sha: str
    day: date
    subject: str
    paths: frozenset[str]


def commits(folder: Path, head: str = "HEAD") -> tuple[Commit, ...]:
    """List them, merges left out: what they bring has its own. A folder that git does not know has none."""
    try:
        with opened(folder, f"the history of {folder}") as repo:
            below = os.path.relpath(os.path.realpath(folder), os.path.realpath(repo.working_tree_dir or "."))
            text = repo.git.log(head, *_LISTED, "--", below)
    except ReconcilerError:
        return ()
    return tuple(_each(text, "" if below == "." else f"{below}/"))


def _each(text: str, below: str) -> Iterator[Commit]:
    """Take git's words apart: before each commit stands an empty one, and no path is empty."""
    for record in re.split(r"(?:^|\0)\0+", text):
        said, *names = record.split("\0")
        if said:
            sha, seconds, subject = said.split(" ", 2)
            paths = frozenset(name.removeprefix("\n").removeprefix(below) for name in names)
            yield Commit(sha, datetime.fromtimestamp(int(seconds), UTC).date(), subject, paths - {""})
