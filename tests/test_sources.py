"""Folders good and bad, on disk and in git, against what sources makes of them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from reconciler.errors import DeclarationError, ReconcilerError
from reconciler.sources import LARGEST, Files, NoFolder, from_folder, from_revision

MEBIBYTE = 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "access"
    write(made / "environments.yaml", "dev: {}\n")
    write(made / "checkout" / "team.yaml", "display_name: Checkout\r\n")
    write(made / "checkout" / "grants" / "orders.yaml", "key: true\n")
    return made


@pytest.fixture
def repository(folder: Path) -> Path:
    git(folder.parent, "init", "--quiet")
    commit(folder.parent)
    return folder.parent


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def git(at: Path, *words: str) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    subprocess.run(["git", *words], cwd=at, env=os.environ | who, check=True, capture_output=True)  # noqa: S603, S607


def commit(at: Path) -> None:
    git(at, "add", "--all", "--force")
    git(at, "commit", "--quiet", "--message", "x")


def problems(read: Callable[[], Files]) -> list[str]:
    with pytest.raises(DeclarationError) as caught:
        read()
    return [str(problem) for problem in caught.value.problems]


def test_a_folder_gives_its_files_in_sorted_order_byte_for_byte(folder: Path) -> None:
    files = from_folder(folder)
    assert list(files.contents.items()) == [
        ("checkout/grants/orders.yaml", b"key: true\n"),
        ("checkout/team.yaml", b"display_name: Checkout\r\n"),
        ("environments.yaml", b"dev: {}\n"),
    ]


def test_a_revision_gives_what_the_folder_gave(repository: Path) -> None:
    then = from_folder(repository / "access")
    write(repository / "access" / "checkout" / "grants" / "orders.yaml", "key: false\n")
    (repository / "access" / "environments.yaml").unlink()
    assert list(from_revision(repository, "HEAD", "access").contents.items()) == list(then.contents.items())
    commit(repository)
    assert from_revision(repository, "HEAD~1", "access").contents == then.contents
    assert from_revision(repository, "HEAD", "access").contents == from_folder(repository / "access").contents


def test_messages_show_the_folder_as_the_user_named_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert from_folder(Path("access")).shown("checkout/team.yaml") == "access/checkout/team.yaml"
    assert from_folder(Path("access/")).shown() == "access"
    assert from_folder(folder).shown("x") == f"{folder}/x"
    monkeypatch.chdir(folder)
    assert from_folder(Path()).shown("checkout/team.yaml") == "checkout/team.yaml"
    assert Files("/", {}).shown("x") == "/x"


@pytest.mark.parametrize(
    ("start", "named"),
    [(".", "access"), (".", "./access/"), ("access", "."), ("access/checkout", ".."), ("access", "../access")],
)
def test_a_folder_at_a_revision_is_seen_from_where_the_user_stands(repository: Path, start: str, named: str) -> None:
    assert from_revision(repository / start, "HEAD", named).contents == from_folder(repository / "access").contents


def test_a_folder_at_a_revision_may_be_absolute_or_the_whole_repository(repository: Path) -> None:
    there = from_folder(repository / "access").contents
    assert from_revision(repository, "HEAD", str(repository / "access")).contents == there
    assert list(from_revision(repository, "HEAD", ".").contents) == [f"access/{path}" for path in there]


def test_a_bare_repository_serves_as_well(repository: Path, tmp_path: Path) -> None:
    git(repository, "clone", "--quiet", "--bare", str(repository), str(tmp_path / "bare"))
    assert from_revision(tmp_path / "bare", "HEAD", "access").contents == from_folder(repository / "access").contents


def test_hidden_files_and_folders_are_skipped_whatever_they_are(folder: Path) -> None:
    write(folder / ".github" / "x.yaml", "x")
    (folder / "checkout" / ".swp").symlink_to("/nowhere")
    os.mkfifo(folder / ".pipe")
    assert len(from_folder(folder).contents) == 3
    git(folder.parent, "init", "--quiet")
    commit(folder.parent)
    assert len(from_revision(folder.parent, "HEAD", "access").contents) == 3


def test_no_folder_is_said_and_can_be_told_from_other_mistakes(tmp_path: Path) -> None:
    with pytest.raises(NoFolder, match="no such folder"):
        from_folder(tmp_path / "access")
    write(tmp_path / "file", "x")
    assert "this is no folder" in problems(lambda: from_folder(tmp_path / "file"))[0]
    with pytest.raises(DeclarationError) as caught:
        from_folder(tmp_path / "file")
    assert not isinstance(caught.value, NoFolder)


def test_an_empty_folder_is_refused_and_hidden_files_do_not_fill_it(tmp_path: Path) -> None:
    write(tmp_path / "access" / ".gitkeep", "")
    assert "holds no file" in problems(lambda: from_folder(tmp_path / "access"))[0]


def test_a_file_of_one_mebibyte_is_read_and_one_byte_more_is_refused_with_its_size(folder: Path) -> None:
    (folder / "large.yaml").write_bytes(b"#" * MEBIBYTE)
    assert len(from_folder(folder).contents["large.yaml"]) == LARGEST == MEBIBYTE
    (folder / "large.yaml").write_bytes(b"#" * (MEBIBYTE + 1))
    (line,) = problems(lambda: from_folder(folder))
    assert line.startswith(f"{folder}/large.yaml:1:1: 1,048,577 bytes")


def test_a_large_file_is_refused_by_its_size_before_it_is_read(folder: Path) -> None:
    with (folder / "huge.yaml").open("wb") as file:
        file.truncate(1 << 40)
    assert "1,099,511,627,776 bytes" in problems(lambda: from_folder(folder))[0]


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    write(folder.parent / "secret", "x")
    write(folder / ".git" / "config", "token")
    (folder / "absolute.yaml").symlink_to("/etc/passwd")
    (folder / "relative.yaml").symlink_to("../secret")
    (folder / "hidden.yaml").symlink_to(".git/config")
    (folder / "outside").symlink_to("/etc")
    (folder / "twice.yaml").symlink_to("relative.yaml")
    assert [line.rpartition("/")[2] for line in problems(lambda: from_folder(folder))] == [
        f"{name}:1:1: a link that leaves the folder (Put the file here)"
        for name in ("absolute.yaml", "hidden.yaml", "outside", "relative.yaml", "twice.yaml")
    ]


def test_a_link_to_nowhere_or_to_itself_or_to_a_folder_is_refused(folder: Path) -> None:
    (folder / "dangling.yaml").symlink_to("nothing.yaml")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "self").symlink_to(".")
    (folder / "sibling").symlink_to("checkout")
    assert [line.partition("access/")[2].partition(" (")[0] for line in problems(lambda: from_folder(folder))] == [
        "dangling.yaml:1:1: a link that leads nowhere: No such file or directory",
        "loop.yaml:1:1: a link that leads nowhere: Too many levels of symbolic links",
        "self:1:1: a link to a folder",
        "sibling:1:1: a link to a folder",
    ]


def test_a_link_to_a_file_of_the_folder_is_followed_and_the_folder_itself_may_be_a_link(folder: Path) -> None:
    (folder / "same.yaml").symlink_to("checkout/team.yaml")
    (folder.parent / "other").symlink_to("access")
    files = from_folder(folder.parent / "other")
    assert files.contents["same.yaml"] == files.contents["checkout/team.yaml"]


def test_a_link_whose_target_is_too_large_is_refused_as_the_target_is(folder: Path) -> None:
    (folder / "large.yaml").write_bytes(b"#" * (MEBIBYTE + 1))
    (folder / "link.yaml").symlink_to("large.yaml")
    assert len(problems(lambda: from_folder(folder))) == 2


def test_a_pipe_and_a_socket_are_refused_without_waiting_for_a_writer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(folder / "pipe.yaml")
    monkeypatch.chdir(folder)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.yaml")
        (folder / "link.yaml").symlink_to("pipe.yaml")
        signal.signal(signal.SIGALRM, signal.default_int_handler)  # better an interruption than a test that hangs
        signal.alarm(30)
        lines = problems(lambda: from_folder(folder))
        signal.alarm(0)
    assert [("neither file nor folder" in line) for line in lines] == [True] * 3


def test_a_file_or_folder_that_may_not_be_read_is_a_problem_of_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = {str(folder / "environments.yaml"), f"{folder}/checkout/grants/"}

    real_open, real_scandir = open, os.scandir

    def guarded(real: Callable[..., object], path: object, *rest: object) -> object:
        if str(path) in denied:
            raise PermissionError(13, "Permission denied", path)
        return real(path, *rest)

    monkeypatch.setattr("builtins.open", partial(guarded, real_open))  # root, who runs tests in containers, may all
    monkeypatch.setattr("os.scandir", partial(guarded, real_scandir))
    lines = problems(lambda: from_folder(folder))
    assert [line.split("access/")[1] for line in lines] == [
        "checkout/grants:1:1: this folder cannot be read: Permission denied",
        "environments.yaml:1:1: this cannot be read: Permission denied",
    ]


def test_a_name_that_no_review_shows_is_refused_and_shown_on_one_line(folder: Path) -> None:
    write(folder / "a\nb.yaml", "x")
    write(folder / "c\x1b[2J" / "d.yaml", "x")
    write(folder / "e\u202efdp.yaml", "x")
    (folder / os.fsdecode(b"f\xff.yaml")).write_bytes(b"x")
    lines = problems(lambda: from_folder(folder))
    assert len(lines) == 4
    assert all("in a name" in line and line.isprintable() for line in lines)
    assert r"access/a\nb.yaml:1:1: '\n' in a name" in lines[0]


def test_everything_wrong_is_said_at_once(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    (folder / "large.yaml").write_bytes(b"#" * (MEBIBYTE + 1))
    (folder / "link.yaml").symlink_to("/etc/passwd")
    write(folder / "a\tb.yaml", "x")
    assert len(problems(lambda: from_folder(folder))) == 4


def test_folders_nest_as_deep_as_the_disk_lets_them(tmp_path: Path) -> None:
    deep, name = tmp_path / "access", "d"
    deep.mkdir()
    here = os.open(deep, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir(name, dir_fd=here)
        inner = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    try:
        assert "cannot be read" in problems(lambda: from_folder(deep))[0]
    finally:
        subprocess.run(["rm", "-rf", str(deep)], check=True)  # noqa: S603, S607  # Python's rmtree recurses


def test_links_and_submodules_in_git_are_refused_and_large_files_too(repository: Path) -> None:
    access = repository / "access"
    (access / "link.yaml").symlink_to("checkout/team.yaml")
    (access / "large.yaml").write_bytes(b"#" * (MEBIBYTE + 1))
    write(access / "a\nb.yaml", "x")
    write(access / "module" / "x.yaml", "x")
    git(access / "module", "init", "--quiet")
    commit(access / "module")
    commit(repository)
    lines = problems(lambda: from_revision(repository, "HEAD", "access"))
    assert [line.partition(" (")[0] for line in lines] == [
        r"access/a\nb.yaml:1:1: '\n' in a name",
        "access/large.yaml:1:1: 1,048,577 bytes are too many",
        "access/link.yaml:1:1: this is a link",
        "access/module:1:1: this is a submodule",
    ]


def test_contents_come_from_git_byte_for_byte(repository: Path) -> None:
    contents = {
        "empty": b"",
        "newlines": b"\n\n\n",
        "header": b"0" * 40 + b" blob 7\n",
        "nul": b"\0\xff\r\n",
        "x y": b" ",
    }
    for name, content in contents.items():
        (repository / "access" / name).write_bytes(content)
    commit(repository)
    read = from_revision(repository, "HEAD", "access").contents
    assert {name: read[name] for name in contents} == contents


@pytest.mark.parametrize("revision", ["nope", "", "--help", "HEAD:access", "HEAD~9", "a\0b", "HEAD\n", "..", "@{9}"])
def test_an_unknown_revision_is_said(repository: Path, revision: str) -> None:
    with pytest.raises(ReconcilerError) as caught:
        from_revision(repository, revision, "access")
    assert repr(revision) in str(caught.value)


@pytest.mark.parametrize("named", ["nope", "acc*", "access/nope", "access/environments.yaml/x"])
def test_a_folder_that_the_revision_lacks_can_be_told_from_other_mistakes(repository: Path, named: str) -> None:
    with pytest.raises(NoFolder, match="no such folder at revision 'HEAD'"):
        from_revision(repository, "HEAD", named)


def test_what_is_no_folder_at_a_revision_is_not_taken_for_absent(repository: Path) -> None:
    write(repository / "module" / "x.yaml", "x")
    git(repository / "module", "init", "--quiet")
    commit(repository / "module")
    (repository / "link").symlink_to("access")
    commit(repository)
    for named in ("link", "module", "access/environments.yaml"):
        with pytest.raises(DeclarationError, match=f"{named}:1:1: this is no folder") as caught:
            from_revision(repository, "HEAD", named)
        assert not isinstance(caught.value, NoFolder)


def test_a_folder_outside_the_repository_is_refused(repository: Path) -> None:
    with pytest.raises(ReconcilerError, match="outside"):
        from_revision(repository, "HEAD", "../elsewhere")


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError, match="is not in a git repository"):
        from_revision(tmp_path, "HEAD", "access")
    with pytest.raises(ReconcilerError, match="is not in a git repository"):
        from_revision(tmp_path / "nope", "HEAD", "access")


def test_reading_a_folder_never_imports_git(folder: Path) -> None:
    code = "import sys; from pathlib import Path; from reconciler.sources import from_folder;"
    code += "from_folder(Path(sys.argv[1])); sys.exit('git' in sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)  # noqa: S603
