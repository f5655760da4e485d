"""A git repository in; where lines of commits part, and what they change in a folder, out. Nothing is interpreted."""

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from git import Repo

NOBODY = {
    "GIT_AUTHOR_NAME": "reconciler",
    "GIT_AUTHOR_EMAIL": "",
    "GIT_COMMITTER_NAME": "reconciler",
    "GIT_COMMITTER_EMAIL": "",
}
"""Who commits what no person wrote."""

_NO_FILES = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's name for a tree without any


def branched_from(repository: Path, revision: str, head: str = "HEAD") -> str:
    """Give the commit at which `head` left a revision's line: the revision itself, if it is an ancestor.

    What others merged there since is none of this change.
    """
    with opened(repository, f"the point where this branch left {revision!r}") as repo:
        commit, end = (repo.git.rev_parse("--verify", f"{each}^{{commit}}") for each in (revision, head))
        if found := repo.merge_base(commit, end):
            return found[0].hexsha
    hint = "Fetch more of the history (`fetch-depth: 0`), or name a revision that it has."
    raise ReconcilerError(f"{revision!r} and {head} have no commit in common. {hint}")


def digest_of_change(repository: Path, since: str, head: str, folder: str) -> str:
    """Digest what a line of commits changes in a folder, file by file, from what to what.

    It stays the same while only others' files change, and is another one after any push that changes these.
    """
    base = branched_from(repository, since, head)
    with opened(repository, f"what {head!r} changes") as repo:
        below = os.path.relpath(
            os.path.realpath(Path(repository, folder)), os.path.realpath(repo.working_tree_dir or ".")
        )
        rows = repo.git.diff_tree("-r", "-z", "--no-renames", base, head, "--", below, stdout_as_string=False)
    return hashlib.sha256(rows).hexdigest()


def is_trial_merge(repository: Path, merge: str, *, of: str, onto: str) -> bool:
    """Whether a commit is GitHub's merge of one commit onto a branch as it stands.

    Who owns something is asked of the point where it left the branch: an older one would have yesterday's owners judge,
    and another branch, from which a request can be asked for, too, whomever it names.
    """
    with opened(repository, f"the trial merge of {of!r}") as repo:
        parents = [parent.hexsha for parent in repo.commit(merge).parents]
        return parents == [_branch(repo, onto), of]


def _branch(repo: "Repo", name: str) -> str:
    """Give a branch's tip: for git a tag named `origin/main` goes before the branch, and anybody can push a tag."""
    remote = f"refs/remotes/{name}"
    known = repo.git.for_each_ref("--format=%(refname)", remote).split()
    return str(repo.git.rev_parse("--verify", f"{remote if remote in known else name}^{{commit}}"))


def commit_of(repository: Path, revision: str) -> str:
    """Give the full name of the commit that a revision means."""
    with opened(repository, f"revision {revision!r}") as repo:
        return str(repo.git.rev_parse("--verify", f"{revision}^{{commit}}"))


def committed_by(repository: Path, day: date) -> str | None:
    """Give the last commit of this line, by first parents, that was made by the end of a day, UTC."""
    with opened(repository, f"the last commit of {day}") as repo:
        rows = repo.git.log("--first-parent", "--format=%H %ct", "HEAD").splitlines()
    end = datetime.combine(day, time.max, UTC).timestamp()
    return next((name for name, _, made in (row.partition(" ") for row in rows) if int(made) <= end), None)


def day_of(repository: Path, commit: str) -> date:
    """Give the day on which a commit was made, UTC."""
    with opened(repository, f"the day of {commit!r}") as repo:
        return datetime.fromtimestamp(int(repo.git.show("-s", "--format=%ct", commit)), UTC).date()


def added(repository: Path, folder: str) -> dict[str, date]:
    """Give for each file below a folder the day on which it came, UTC, by first parents; a renamed one came anew."""
    with opened(repository, f"when the files of {folder} came") as repo:
        below = os.path.relpath(
            os.path.realpath(Path(repository, folder)), os.path.realpath(repo.working_tree_dir or ".")
        )
        told = repo.git.log(
            "--first-parent",
            "--no-renames",
            "--diff-filter=A",
            "--format=%x00%ct",
            "--name-only",
            "-z",
            "HEAD",
            "--",
            below,
        )
    found: dict[str, date] = {}
    day = date.min
    for part in filter(None, re.split(r"[\0\n]+", told)):
        if part.isdigit():
            day = datetime.fromtimestamp(int(part), UTC).date()
        else:
            found.setdefault(os.path.relpath(part, below), day)
    return found


def is_known(repository: Path, commit: str) -> bool:
    """Whether the repository has a commit."""
    with opened(repository, f"commit {commit!r}") as repo:
        return bool(repo.git.rev_parse("--verify", "--quiet", f"{commit}^{{commit}}", with_exceptions=False))


def line(repository: Path, after: str, until: str) -> tuple[str, ...] | None:
    """Give the commits after one and up to another by first parents, oldest first: what a branch was moved by.

    None where `after` is not on that line: the branch was rewritten, or the commit is another branch's.
    """
    with opened(repository, f"the line from {after!r} to {until!r}") as repo:
        names = repo.git.rev_list("--first-parent", "--reverse", f"{after}..{until}").split()
        first = repo.git.rev_parse(f"{names[0]}^1") if names and repo.commit(names[0]).parents else ""
        joins = first == after if names else repo.git.rev_parse(until) == after
    return tuple(names) if joins else None


def before(repository: Path, commit: str) -> str | None:
    """Give a commit's first parent; None for the very first."""
    with opened(repository, f"what was before {commit!r}") as repo:
        parents = repo.commit(commit).parents
        return parents[0].hexsha if parents else None


def last_change(repository: Path, head: str, *paths: str) -> str | None:
    """Give the last commit on a line of first parents that changed one of these files."""
    with opened(repository, f"when {' or '.join(paths)} changed") as repo:
        return repo.git.rev_list("--first-parent", "-1", head, "--", *paths) or None


def merge_gives(repository: Path, onto: str, head: str, commit: str, folder: str) -> bool:
    """Whether what a commit has in a folder is what git makes of merging `head` onto `onto`, and nothing else."""
    with opened(repository, f"the merge of {head!r}") as repo:
        below = os.path.relpath(
            os.path.realpath(Path(repository, folder)), os.path.realpath(repo.working_tree_dir or ".")
        )
        # A `.gitattributes` may say to take both sides of a conflict, which nobody has seen. Without a work tree none
        # is read, but by some versions of git (2.43) that of HEAD, unless another is named.
        bare = {"GIT_DIR": str(repo.git_dir), "GIT_IMPLICIT_WORK_TREE": "0", "GIT_ATTR_SOURCE": _NO_FILES}
        with repo.git.custom_environment(**bare):
            status, tree, _ = repo.git(c="core.bare=true").merge_tree(
                "--write-tree", onto, head, with_extended_output=True, with_exceptions=False
            )
        if status != 0:
            return False
        made, there = (repo.git.rev_parse("--verify", f"{each}:{below}") for each in (tree.split()[0], commit))
    return bool(made == there)


def fetch(repository: Path, *refs: str, token: str | None, server: str) -> None:
    """Fetch refs such as `refs/pull/7/head` from `origin`, under their own names."""
    with (
        opened(repository, f"fetching {', '.join(refs)}") as repo,
        repo.git.custom_environment(**authorised(token, server)),
    ):
        repo.git.fetch("--quiet", "--no-tags", "origin", *(f"+{ref}:{ref}" for ref in refs))


def authorised(token: str | None, server: str) -> dict[str, str]:
    """Give the variables by which git shows a token to one server: it stands in no argument and in no file."""
    if not token:
        return {}
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {basic}",
    }


@contextmanager
def opened(place: Path, wanted: str) -> Iterator["Repo"]:
    """Open the repository around a place; what git does not like becomes a message about what was wanted."""
    try:
        import git  # noqa: PLC0415  # whoever validates a folder needs no git
    except ImportError as error:
        raise ReconcilerError(f"git is needed for {wanted}: {error}") from error
    try:
        with git.Repo(os.path.realpath(place), search_parent_directories=True, expand_vars=False) as repo:
            yield repo
    except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
        raise ReconcilerError(f"{place} is not in a git repository, which is needed for {wanted}") from error
    except (git.CommandError, ValueError) as error:
        raise ReconcilerError(f"{wanted} in {place}: {_said(error)}") from error


def _said(error: Exception) -> str:
    said = str(getattr(error, "stderr", error)).strip().removeprefix("stderr: ").strip("'")
    return "git knows no such revision; a shallow clone lacks older ones" if "single revision" in said else said
