"""A folder, on disk or at a git revision, in; the bytes of its files out, in sorted order. Nothing is interpreted."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from reconciler.errors import DeclarationError, Problem
from reconciler.history import opened

if TYPE_CHECKING:
    from git import Repo

LARGEST = 1024 * 1024
_MOST_NAMED = 100_000  # characters of names that one command is given; an argument list holds about 20 times that
Edits = Mapping[str, tuple[bytes | None, bytes | None]]
"""For each path below a folder what stood there and what stands there: None where nothing does."""


@dataclass(frozen=True, slots=True)
class Files:
    """Contents by path below the folder, with `/`; `root` is the folder as its user named it."""

    root: str
    contents: Mapping[str, bytes]

    def shown(self, path: str = "") -> str:
        """Give what messages call a file, or the folder itself."""
        return _shown(self.root, path)

    def having(self, path: str, content: bytes) -> "Files":
        """Give these files with one more, or with another one in its place."""
        return Files(self.root, dict(sorted({**self.contents, path: content}.items())))


class NoFolder(DeclarationError):
    """The folder is not there. At an old revision that may only mean that nothing was declared yet."""


@dataclass(frozen=True, slots=True)
class _Unfit:
    """Why a file is not taken, and a way out."""

    message: str
    hint: str = ""


def from_folder(folder: Path) -> Files:
    """Read a folder on disk."""
    root = folder.as_posix()
    if not os.path.isdir(folder):  # noqa: PTH112  # Path.is_dir raises below a folder that cannot be read
        if os.path.lexists(folder):
            raise DeclarationError([Problem(root, 1, 1, "this is no folder")])
        raise NoFolder(
            [Problem(root, 1, 1, "no such folder", "name it by `--access`, or make one by `reconciler init`")]
        )
    return _gather(root, _on_disk(os.path.realpath(folder)))


def from_revision(repository: Path, revision: str, folder: str) -> Files:
    """Read a folder as it was at a revision; `folder` is seen from `repository`, which may lie inside a work tree."""
    root = Path(folder).as_posix()
    with opened(repository, f"{root} at revision {revision!r}") as repo:
        below = place_of(repo, repository, folder)
        found = list(_in_git(repo, repo.git.rev_parse("--verify", f"{revision}^{{commit}}"), below))
    if not found:
        raise NoFolder([Problem(root, 1, 1, f"no such folder at revision {revision!r}")])
    return _gather(root, found)


def edits(repository: Path, before: str, after: str, folder: str) -> Edits:
    """Give what differs in a folder between two commits: for each path what stood there and what stands there."""
    root = Path(folder).as_posix()
    with opened(repository, f"what {after!r} changes in {root}") as repo:
        below = place_of(repo, repository, folder)
        rows = repo.git.diff_tree(
            "-r", "-z", "--no-renames", "--name-only", before, after, "--", below, stdout_as_string=False
        )
        paths = [os.fsdecode(row) for row in filter(None, rows.split(b"\0"))]
        sides = [dict(_gathered(root, _in_git(repo, side, below, paths))) if paths else {} for side in (before, after)]
    return {path: (sides[0].get(path), sides[1].get(path)) for path in sorted({*sides[0], *sides[1]})}


def taken_from_git(root: str, path: str, mode: bytes, content: bytes) -> bytes | tuple[Problem, ...]:
    """Give a file's content, or why it is not taken."""
    try:
        return _gathered(root, [(path, _unfit_in_git(mode, len(content)) or content)])[path]
    except DeclarationError as error:
        return error.problems


def place_of(repo: "Repo", repository: Path, folder: str) -> str:
    """Give the folder's path from the top of the repository."""
    start = os.path.realpath(repository)
    top = os.path.realpath(repo.working_tree_dir or repo.git_dir)
    place = Path(os.path.normpath(Path(start, folder)))
    return os.path.relpath(place.parent.resolve() / place.name, top)


def _gather(root: str, found: Iterable[tuple[str, bytes | _Unfit]]) -> Files:
    contents = _gathered(root, found)
    if not contents:
        raise DeclarationError([Problem(root, 1, 1, "the folder holds no file", "Hidden files do not count")])
    return Files(root, contents)


def _gathered(root: str, found: Iterable[tuple[str, bytes | _Unfit]]) -> dict[str, bytes]:
    problems: list[Problem] = []
    contents: dict[str, bytes] = {}
    for path, content in sorted(found, key=itemgetter(0)):
        if unseen := next((c for c in path if not c.isprintable()), None):
            message, hint = f"{unseen!a} in a name", "Rename it: no review shows that character"
            problems.append(Problem(_shown(root, path), 1, 1, message, hint))
        elif isinstance(content, _Unfit):
            problems.append(Problem(_shown(root, path), 1, 1, content.message, content.hint))
        else:
            contents[path] = content
    if problems:
        raise DeclarationError(problems)
    return contents


def _shown(root: str, path: str) -> str:
    if not path or root == ".":
        return path or root
    return f"{root.rstrip('/')}/{path}"


def _on_disk(top: str) -> Iterator[tuple[str, bytes | _Unfit]]:
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            with os.scandir(f"{top}/{below}") as entries:
                seen = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            yield below.rstrip("/"), _Unfit(f"this folder cannot be read: {error.strerror}")
            continue
        for entry in seen:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{below}{entry.name}/")
            else:
                yield below + entry.name, _read(top, entry)


def _read(top: str, entry: os.DirEntry[str]) -> bytes | _Unfit:
    if entry.is_symlink() and (unfit := _link(top, entry.path)):
        return unfit
    try:
        about = entry.stat()
        if not stat.S_ISREG(about.st_mode):  # to open a pipe is to wait for its writer
            return _Unfit("this is neither file nor folder", "Keep declarations in plain files")
        if about.st_size > LARGEST:
            return _large(about.st_size)
        with open(entry.path, "rb") as file:  # noqa: PTH123  # Path would double the time of reading 10,000 files
            content = file.read(LARGEST + 1)
    except OSError as error:
        return _Unfit(f"this cannot be read: {error.strerror}")
    return content if len(content) <= LARGEST else _large(len(content))


def _link(top: str, path: str) -> _Unfit | None:
    """Follow a link only to a file that would be read anyway."""
    try:
        target = os.path.realpath(path, strict=True)
    except OSError as error:
        return _Unfit(f"a link that leads nowhere: {error.strerror}", "Remove it, or put the file here")
    below = os.path.relpath(target, top)
    if any(part.startswith(".") for part in Path(below).parts):
        return _Unfit("a link that leaves the folder", "Put the file here")
    return _Unfit("a link to a folder", "Put the files here") if os.path.isdir(target) else None  # noqa: PTH112


def _large(size: int) -> _Unfit:
    return _Unfit(f"{size:,} bytes are too many", f"At most {LARGEST:,} bytes (1 MiB) are read")


def _in_git(repo: "Repo", commit: str, below: str, only: Sequence[str] = ()) -> Iterator[tuple[str, bytes | _Unfit]]:
    """List everything at once, then fetch everything at once: object by object takes twenty times as long."""
    asked, named = only or [below], frozenset(only)
    if sum(map(len, asked)) > _MOST_NAMED:
        asked = [below]
    rows = repo.git.ls_tree("-r", "-z", "-l", "--full-tree", commit, "--", *asked, stdout_as_string=False)
    wanted: dict[str, bytes] = {}
    for row in filter(None, rows.split(b"\0")):
        about, _, name = row.partition(b"\t")
        mode, kind, identity, size = about.split()
        whole = os.fsdecode(name)
        path = whole.removeprefix(f"{below}/")
        if named and whole not in named:
            continue
        if path == below:
            yield "", _Unfit("this is no folder")
        elif any(part.startswith(".") for part in path.split("/")):
            continue
        elif unfit := _unfit_in_git(mode, int(size) if kind == b"blob" else 0):
            yield path, unfit
        else:
            wanted[path] = identity
    yield from zip(wanted, blobs(repo, wanted.values()), strict=True)


def _unfit_in_git(mode: bytes, size: int) -> _Unfit | None:
    if mode == b"160000":
        return _Unfit("this is a submodule", "Put the files here")
    if mode == b"120000":
        return _Unfit("this is a link", "Links are not followed in git: put the file here")
    return _large(size) if size > LARGEST else None


def blobs(repo: "Repo", identities: Iterable[bytes]) -> Iterator[bytes]:
    """Fetch contents by git's names for them, all at once."""
    with TemporaryFile() as asked:
        asked.write(b"".join(identity + b"\n" for identity in identities))
        asked.seek(0)
        # a header line "<id> blob <size>", the content, a line end; for each
        answer = repo.git.cat_file("--batch", istream=asked, stdout_as_string=False, strip_newline_in_stdout=False)
    at = 0
    while at < len(answer):
        start = answer.index(b"\n", at) + 1
        end = start + int(answer[at:start].split()[-1])
        yield answer[start:end]
        at = end + 1
