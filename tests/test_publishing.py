"""What is generated goes to a branch of its own, as one commit more, and nothing that is checked out moves."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError, Refused
from reconciler.publishing import publish

BRANCH = "catalog"


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(  # noqa: S603
        ["git", *identity, *arguments],  # noqa: S607
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin.git")
    git(tmp_path, "clone", "-q", "origin.git", "clone")
    folder = tmp_path / "clone"
    git(folder, "checkout", "-q", "-b", "main")
    (folder / "access").mkdir()
    (folder / "access" / "a.yaml").write_text("a: 1\r\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "push", "-q", "origin", "main")
    return folder


def say(clone: Path, write: Callable[[Path], None]) -> str | None:
    return publish(clone, BRANCH, write, message="The catalog", token=None, server="https://github.com")


def writing(name: str, text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, newline="")

    return write


def there(clone: Path) -> list[str]:
    return git(clone.parent / "origin.git", "ls-tree", "-r", "--name-only", BRANCH).splitlines()


def test_each_run_adds_a_commit_only_where_something_differs(clone: Path) -> None:
    first = say(clone, writing("prod/apis.yaml", "a\r\nb"))
    assert first
    assert say(clone, writing("prod/apis.yaml", "a\r\nb")) is None
    assert say(clone, writing("dev/apis.yaml", "c"))
    assert there(clone) == ["dev/apis.yaml", "prod/apis.yaml"]
    assert git(clone.parent / "origin.git", "rev-list", "--count", BRANCH) == "2"
    assert git(clone.parent / "origin.git", "show", f"{BRANCH}:prod/apis.yaml").splitlines() == ["a", "b"]
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "branch", "--show-current") == "main"
    assert git(clone, "branch", "--list").split() == ["*", "main"]


def test_a_file_that_is_taken_away_goes(clone: Path) -> None:
    say(clone, writing("prod/apis.yaml", "a"))
    say(clone, lambda folder: (folder / "prod" / "apis.yaml").rename(folder / "prod" / "more.yaml") and None)
    assert there(clone) == ["prod/more.yaml"]


def test_the_branch_of_declarations_is_nobodys_place_for_it(clone: Path) -> None:
    for branch in ("main", "work"):
        git(clone, "switch", "-q", *([] if branch == "main" else ["-c"]), branch)
        with pytest.raises(Refused, match=f"{branch} is where declarations stand"):
            publish(clone, branch, writing("x", "x"), message="m", token=None, server="s")
    git(clone, "remote", "set-head", "origin", "main")
    with pytest.raises(Refused, match="main is where declarations stand"):
        publish(clone, "main", writing("x", "x"), message="m", token=None, server="s")


def test_a_link_on_the_branch_leads_nowhere(clone: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    git(clone, "switch", "-q", "--orphan", BRANCH)
    (clone / "prod").symlink_to(outside)
    git(clone, "add", "prod")
    git(clone, "commit", "-qm", "a link")
    git(clone, "push", "-q", "origin", BRANCH)
    git(clone, "switch", "-q", "main")
    with pytest.raises(OSError, match="prod"):
        say(clone, writing("prod/apis.yaml", "a"))
    assert list(outside.iterdir()) == []


def test_who_was_quicker_is_not_written_over(clone: Path) -> None:
    say(clone, writing("prod/apis.yaml", "a"))

    def write(folder: Path) -> None:
        say(clone, writing("prod/apis.yaml", "b"))
        writing("prod/apis.yaml", "c")(folder)

    with pytest.raises(ReconcilerError, match="catalog"):
        say(clone, write)
    assert git(clone.parent / "origin.git", "show", f"{BRANCH}:prod/apis.yaml") == "b"
