"""A repository and a folder in; the line of commits by which its files became what they are, oldest first, out.

The line is that of first parents: what a branch was moved by. Only files that a commit changed are read, each content
once, by as many calls of git for ten thousand commits as for one.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.errors import Problem
from reconciler.history import opened
from reconciler.sources import blobs, place_of, taken_from_git

if TYPE_CHECKING:
    from git import Repo

_PULL_REQUEST: Final = re.compile(r"Merge pull request #(\d+) from |.*\(#(\d+)\)$")
_LINE: Final = "--format=%H%n%P%n%ct%n%an%n%B"
_EVERY: Final = "--format=%H%n%P%n%an"
_AS_THEY_ARE: Final = ("-z", "--no-show-signature", "--encoding=UTF-8")  # whatever is configured at a desk
_SUBMODULE: Final = b"160000"
Left = bytes | tuple[Problem, ...] | None
"""What a commit left at a path: a content, why it is not taken, or nothing."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit that changed the folder. `day` is the first at whose end the branch stood there or further on.

    Clocks go wrong: a commit that a later one precedes by its date counts from that date on, as `--at` has it.
    `authors` wrote what it brought: of a merge those of its branch. `edits` are by path below the folder.
    """

    commit: str
    day: date
    authors: tuple[str, ...]
    message: str
    edits: Mapping[str, Left]

    @property
    def subject(self) -> str:
        """Give the first line; of GitHub's own merge commits that is the title, which stands below."""
        lines = [line for line in self.message.splitlines() if line.strip()] or [""]
        return lines[1] if lines[0].startswith("Merge pull request #") and len(lines) > 1 else lines[0]

    @property
    def number(self) -> int | None:
        """Give the pull request that its message names, as GitHub writes it there."""
        found = _PULL_REQUEST.match(self.message.partition("\n")[0])
        return int(found[1] or found[2]) if found else None


@dataclass(frozen=True, slots=True)
class Line:
    """The revisions of a folder, and the tip they lead to. A shallow clone's first one stands for all before it.

    `commits` are all of the line, also those that changed nothing in the folder.
    """

    folder: str
    tip: str
    revisions: tuple[Revision, ...]
    shallow: bool
    commits: tuple[str, ...] = ()


def revisions(repository: Path, folder: str, head: str = "HEAD") -> Line:
    """Read the line that leads to `head`; `folder` is seen from `repository`, which may lie inside a work tree."""
    root = Path(folder).as_posix()
    with (
        opened(repository, f"the history of {root}") as repo,
        repo.git.custom_environment(GIT_NO_REPLACE_OBJECTS="1"),  # `git replace` shows another history to one desk
    ):
        below = place_of(repo, repository, folder)
        tip = repo.git.rev_parse("--verify", f"{head}^{{commit}}")
        line = list(_records(repo.git.log(*_AS_THEY_ARE, "--first-parent", _LINE, tip, stdout_as_string=False), 5))
        days = _days(line)
        brought = _brought(repo, tip, [commit for commit, *_ in reversed(line)])
        edits = _edits(repo, root, tip, below)
        shallow = repo.git.rev_parse("--is-shallow-repository") == "true"
    found = (
        Revision(commit, days[commit], brought[commit] or (author,), message.strip(), edits[commit])
        for commit, _, _, author, message in reversed(line)
        if commit in edits
    )
    return Line(root, tip, tuple(found), shallow, tuple(commit for commit, *_ in reversed(line)))


def _records(text: bytes, parts: int) -> Iterator[list[str]]:
    for record in filter(None, text.decode(errors="replace").split("\0")):
        yield record.split("\n", parts - 1)


def _days(line: Iterable[list[str]]) -> dict[str, date]:
    """Give the day from which on each commit counts; newest first in."""
    found: dict[str, date] = {}
    earliest = date.max
    for commit, _, seconds, *_ in line:
        earliest = min(earliest, datetime.fromtimestamp(int(seconds), UTC).date())
        found[commit] = earliest
    return found


def _brought(repo: "Repo", tip: str, line: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Name the authors of what each commit of the line brought: a merge's own author only merged."""
    rows = _records(repo.git.log(*_AS_THEY_ARE, _EVERY, tip, stdout_as_string=False), 3)
    every = {commit: (parents.split(), author) for commit, parents, author in rows}
    seen: set[str] = set()
    found: dict[str, tuple[str, ...]] = {}
    for commit in line:
        authors: dict[str, None] = {}
        waiting = [commit]
        while waiting:
            each = waiting.pop()
            if each in seen or each not in every:
                continue
            seen.add(each)
            parents, author = every[each]
            if len(parents) <= 1:
                authors[author] = None
            waiting += parents
        found[commit] = tuple(sorted(authors))
    return found


def _edits(repo: "Repo", root: str, tip: str, below: str) -> dict[str, dict[str, Left]]:
    """Give what each commit of the line left at each path that it changed against its first parent."""
    shown = ("--raw", "--no-abbrev", "--no-renames", "--diff-merges=first-parent", "--format=%x01%H")
    log = repo.git(c="log.showRoot=true").log
    text = log(*_AS_THEY_ARE, "--first-parent", *shown, tip, "--", below, stdout_as_string=False)
    rows = list(_rows(text, "" if below == "." else f"{below}/"))
    wanted = dict.fromkeys(blob for _, _, mode, blob in rows if mode is not None and mode != _SUBMODULE)
    contents = dict(zip(wanted, blobs(repo, wanted), strict=True))
    found: dict[str, dict[str, Left]] = {}
    for commit, path, mode, blob in rows:
        left = None if mode is None else taken_from_git(root, path, mode, contents.get(blob, b""))
        found.setdefault(commit, {})[path] = left
    return found


def _rows(text: bytes, below: str) -> Iterator[tuple[str, str, bytes | None, bytes]]:
    """Take git's words apart: commit, path, and the mode and the name of what stands there; no mode where nothing does.

    What is hidden does not count.
    """
    commit, tokens = "", iter(text.split(b"\0"))
    for token in tokens:
        if (said := token.lstrip(b"\n")).startswith(b"\1"):
            commit = said[1:].decode()
        elif said.startswith(b":"):
            _, mode, _, blob, status = said[1:].split()
            path = os.fsdecode(next(tokens)).removeprefix(below)
            if not any(part.startswith(".") for part in path.split("/")):
                yield commit, path, None if status == b"D" else mode, blob
