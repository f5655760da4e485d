"""A repository, a branch for what is generated, and who writes into a folder in; one commit more on that branch out.

The work tree and the branch that is checked out stay as they are.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from reconciler.errors import Refused
from reconciler.history import NOBODY, authorised, opened

if TYPE_CHECKING:
    from git import Repo


def publish(
    repository: Path, branch: str, write: Callable[[Path], None], *, message: str, token: str | None, server: str
) -> str | None:
    """Fetch the branch into a folder, let `write` change it, and push what came of it; None where nothing did.

    Raises Refused for the branch that is checked out: it belongs to people. A push that somebody else was quicker
    with is refused by git, and the next run goes on from there.
    """
    with opened(repository, f"the branch {branch}") as repo, TemporaryDirectory(prefix="catalog-") as place:
        if branch in (_checked_out(repo), _default(repo)):
            raise Refused(f"{branch} is where declarations stand. Name a branch of its own for what is generated.")
        folder, access = Path(place, "tree"), authorised(token, server)
        folder.mkdir()
        with repo.git.custom_environment(**access):
            before = _fetched(repo, branch)
        index = {
            "GIT_INDEX_FILE": str(Path(place, "index")),
            "GIT_WORK_TREE": str(folder),
            "GIT_DIR": str(repo.git_dir),
        }
        with repo.git.custom_environment(**index, **NOBODY):
            if before:
                repo.git.read_tree(before)
                repo.git(c="core.symlinks=false").checkout_index("--all", "--force")  # none leads out
            write(folder)
            repo.git(c="core.autocrlf=false").add("--all", "--force", "--", str(folder))
            tree = repo.git.write_tree()
            if before and tree == repo.git.rev_parse(f"{before}^{{tree}}"):
                return None
            commit = repo.git.commit_tree(tree, *(["-p", before] if before else []), "-m", message)
        with repo.git.custom_environment(**access):
            repo.git.push("--quiet", "origin", f"{commit}:refs/heads/{branch}")
    return str(commit)


def _fetched(repo: "Repo", branch: str) -> str | None:
    """Fetch the branch, if it is there; no branch of ours is made of it."""
    ref = f"refs/heads/{branch}"
    if not repo.git.ls_remote("origin", ref):
        return None
    repo.git.fetch("--quiet", "--no-tags", "--depth=1", "origin", ref)
    return str(repo.git.rev_parse("FETCH_HEAD"))


def _checked_out(repo: "Repo") -> str:
    return "" if repo.head.is_detached else repo.active_branch.name


def _default(repo: "Repo") -> str:
    """Name the remote's own branch, where the clone knows it."""
    known = repo.git.for_each_ref("--format=%(symref:short)", "refs/remotes/origin/HEAD")
    return str(known).removeprefix("origin/")
