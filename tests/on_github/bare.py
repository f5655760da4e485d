"""A folder in; a bare git repository there out, in which commits are made, merged and rebased without a clone."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from on_github.people import signature

_ENVIRONMENT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


class Bare:
    """Git data. Each commit is a second younger than the one before, by the clock that is given."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.folder, self._clock = folder, clock
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", ".")

    def git(self, *arguments: str, given: str | None = None, **environment: str) -> str:
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=self.folder,
            env={**os.environ, **_ENVIRONMENT, **environment},
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            raise ValueError(f"git {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()

    def tip(self, ref: str) -> str | None:
        return self.git("for-each-ref", "--format=%(objectname)", ref) or None

    def set(self, ref: str, commit: str) -> None:
        self.git("update-ref", ref, commit)

    def has(self, commit: str) -> bool:
        try:
            self.git("cat-file", "-e", f"{commit}^{{commit}}")
        except ValueError:
            return False
        return True

    def blob(self, content: bytes) -> str:
        """Keep the content of a file."""
        done = subprocess.run(
            ["git", "hash-object", "-w", "--stdin"],  # noqa: S607
            cwd=self.folder,
            input=content,
            capture_output=True,
            check=True,
            timeout=60,
        )
        return done.stdout.decode().strip()

    def tree(self, base: str | None, files: Mapping[str, str | None], blobs: Mapping[str, str] | None = None) -> str:
        """Make the tree of a commit or tree with files, or blobs that are kept, put into it, or taken out of it."""
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base:
                self.git("read-tree", base, **index)
            for path, content in files.items():
                if content is None:
                    self.git("rm", "--cached", "--quiet", "--", path, **index, GIT_WORK_TREE=folder)
                else:
                    blob = self.git("hash-object", "-w", "--stdin", given=content)
                    self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", **index)
            for path, kept in (blobs or {}).items():
                self.git("update-index", "--add", "--cacheinfo", f"100644,{kept},{path}", **index)
            return self.git("write-tree", **index)

    def commit(
        self, tree: str, parents: Sequence[str], message: str, *, author: str | None, committer: str | None
    ) -> str:
        given = [part for parent in parents for part in ("-p", parent)]
        return self.git("commit-tree", tree, *given, given=message, **self._signed(author, committer))

    def _signed(self, author: str | None, committer: str | None) -> dict[str, str]:
        (name, email), (by, address), now = signature(author), signature(committer), self._clock().isoformat()
        return {
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_AUTHOR_DATE": now,
            "GIT_COMMITTER_NAME": by,
            "GIT_COMMITTER_EMAIL": address,
            "GIT_COMMITTER_DATE": now,
        }

    def merged_tree(self, base: str, head: str) -> str | None:
        """Merge two commits; None where they conflict."""
        try:
            return self.git("merge-tree", "--write-tree", base, head).splitlines()[0]
        except ValueError:
            return None

    def rebased(self, commits: Sequence[str], onto: str, *, by: str) -> list[str]:
        """Put each commit again on another one, with its author and a new committer."""
        with tempfile.TemporaryDirectory() as parent:
            folder = str(Path(parent) / "tree")
            self.git("worktree", "add", "--quiet", "--detach", folder, onto)
            try:
                made = []
                for commit in commits:
                    signed = {key: value for key, value in self._signed(by, by).items() if "COMMITTER" in key}
                    self.git("-C", folder, "cherry-pick", "--allow-empty", "--keep-redundant-commits", commit, **signed)
                    made.append(self.git("-C", folder, "rev-parse", "HEAD"))
                return made
            finally:
                self.git("worktree", "remove", "--force", folder)

    def between(self, base: str, head: str) -> list[str]:
        """List what one commit has and another has not, oldest first."""
        return self.git("rev-list", "--reverse", "--topo-order", head, f"^{base}").splitlines()

    def contains(self, commit: str, ancestor: str) -> bool:
        return self.git("merge-base", ancestor, commit) == ancestor

    def told(self, commit: str) -> dict[str, str]:
        """Read a commit: sha, tree, parents, who, when, and what it says."""
        names = ("sha", "tree", "parents", "author", "email", "when", "committer", "address", "then", "message")
        text = self.git(
            "show", "--no-patch", "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B", commit
        )
        return dict(zip(names, (part.strip() for part in text.split("\0")), strict=True))

    def file(self, commit: str, path: str) -> str | None:
        try:
            return self.git("cat-file", "blob", f"{commit}:{path}")
        except ValueError:
            return None

    def bytes_of(self, commit: str, path: str) -> bytes | None:
        """Give a file to the byte."""
        done = subprocess.run(  # noqa: S603
            ["git", "cat-file", "blob", f"{commit}:{path}"],  # noqa: S607
            cwd=self.folder,
            capture_output=True,
            check=False,
            timeout=60,
        )
        return None if done.returncode else done.stdout

    def folder_at(self, commit: str, path: str) -> dict[str, tuple[str, str]]:
        """List a folder: what each is (blob or tree), and its digest."""
        rows = self.git("ls-tree", commit, f"{path}/").splitlines()
        found = (re.fullmatch(r"\d+ (\w+) (\w+)\t(.+)", row) for row in rows)
        return {each[3].rpartition("/")[2]: (each[1], each[2]) for each in found if each}
