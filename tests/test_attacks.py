"""Bad input tried on purpose, each against a valid control: a clear message, exit code 3, and nothing written."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from organisations import organisation

CODE = (
    "import sys, socket\n"
    "def refuse(*_, **__): raise AssertionError('the network was asked')\n"
    "socket.socket.connect = refuse\n"
    "from reconciler.__main__ import main\n"
    "main()\n"
)
GRANT = "checkout/grants/orders.yaml"
YAML = "environments: [prod]\nkey: true\nreason: Because\nexpires: 2027-06-30\n"
Harm = Callable[[Path], None]


def says(text: str, path: str = GRANT) -> Harm:
    return lambda folder: (folder / path).write_bytes(text.encode())


def bomb(folder: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (folder / GRANT).write_text("\n".join(lines))


def empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def link_out(folder: Path) -> None:
    secret = folder.parent / "secret.yaml"
    secret.write_text(YAML)
    (folder / "checkout/grants/refunds.yaml").symlink_to(secret)


BAD: dict[str, tuple[Harm, str]] = {
    "flow nesting of 50,000": (says("a: " + "[" * 50_000), f"{GRANT}:1:"),
    "block nesting of 50,000": (says("- " * 50_000), f"{GRANT}:1:"),
    "map nesting of 50,000": (says("{a: " * 50_000), f"{GRANT}:1:"),
    "an alias": (says(YAML + "component: *x\n"), f"{GRANT}:5:12"),
    "an anchor": (says(YAML.replace("Because", "&a Because")), f"{GRANT}:3:9"),
    "a tag": (says(YAML.replace("Because", "!!python/object Because")), f"{GRANT}:3:9"),
    "a merge key": (says(YAML + "<<: {key: false}\n"), f"{GRANT}:5:1"),
    "two documents": (says(YAML + "---\n" + YAML), f"{GRANT}:5:1"),
    "a duplicate key": (says(YAML + "key: false\n"), f"{GRANT}:5:1"),
    "a YAML bomb": (bomb, f"{GRANT}:1:"),
    "an empty folder": (empty, "access:1:1: the folder holds no file"),
    "no environments": (lambda folder: (folder / "environments.yaml").unlink(), "there is no environments.yaml"),
    "environments that are none": (
        says("{}\n", "environments.yaml"),
        "environments.yaml:1:1: no environment is declared",
    ),
    "a binary file": (lambda folder: (folder / GRANT).write_bytes(b"\x7fELF\x00\xff\xfe"), f"{GRANT}:1:"),
    "bytes that are no UTF-8": (
        lambda folder: (folder / GRANT).write_bytes(YAML.encode() + b"a: \xff\n"),
        f"{GRANT}:5:4",
    ),
    "a file of 10 MB": (lambda folder: (folder / GRANT).write_bytes(b"# x\n" * 2_500_000), f"{GRANT}:1:1"),
    "a link out of the folder": (link_out, "checkout/grants/refunds.yaml:1:1"),
    "a name with a newline": (says(YAML, "checkout/grants/a\nb.yaml"), "access/checkout/grants/a\\nb.yaml:1:1"),
    "tabs": (says("environments: [prod]\nin:\n\tprod: {key: true}\n"), f"{GRANT}:3:1"),
    "yes": (says(YAML.replace("true", "yes")), f"{GRANT}:2:6: `key` must be true or false, not 'yes'"),
    "on": (says(YAML.replace("true", "on")), f"{GRANT}:2:6: `key` must be true or false, not 'on'"),
    "no": (says(YAML.replace("true", "no")), "YAML 1.2 reads this as text: write true or false"),
    "a look-alike name": (says(YAML, "checkout/grants/\u043erders.yaml"), "(U+043E)"),
    "a look-alike value": (
        says(YAML + "product: \u043erders\n"),
        f"{GRANT}:5:10: `product`: '\u043erders' holds '\u043e' (U+043E)",
    ),
    "two files, one grant": (
        says(YAML + "product: orders\n", "checkout/grants/again.yaml"),
        "already asks for `orders`",
    ),
    "a folder named like a file": (
        lambda folder: (
            (folder / "checkout/grants/x.yaml").mkdir() or says(YAML, "checkout/grants/x.yaml/y.yaml")(folder)
        ),
        "x.yaml/y.yaml:1:1: this file is not read",
    ),
    "text where a mapping belongs": (says("just text\n"), f"{GRANT}:1:1"),
    "a steering sequence": (says(YAML.replace("Because", '"\\e[2J"') + "x\x1b[2J: 1\n"), f"{GRANT}:5:"),
}

FINE: dict[str, Harm] = {
    "as it is": lambda _: None,
    "a byte order mark": says("\ufeff" + YAML),
    "CRLF": says(YAML.replace("\n", "\r\n")),
    "Unicode in a reason": says(YAML.replace("Because", "Für die Übersicht → ✓")),
    "a link inside the folder": lambda folder: (
        (folder / "NOTES.md").symlink_to(folder / "guide.md") if (folder / "guide.md").write_text("x") else None
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, value in organisation().items():
        file = tmp_path / "access" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    return tmp_path / "access"


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", CODE, *arguments],
        cwd=folder.parent,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_a_clear_message_and_nothing_is_written(folder: Path, case: str) -> None:
    harm, expected = BAD[case]
    harm(folder)
    before = everything(folder)
    said = run(folder, "validate", "--as-of", "2026-11-23")
    assert said.returncode == 3, said.stderr
    assert expected in said.stderr
    assert "Traceback" not in said.stderr
    assert "\x1b" not in said.stderr + said.stdout
    assert all(":" in line for line in said.stderr.splitlines()[:-1])
    assert everything(folder) == before


@pytest.mark.parametrize("case", ["a YAML bomb", "a link out of the folder", "two files, one grant", "an empty folder"])
def test_nothing_is_asked_of_azure_for_bad_input(folder: Path, case: str) -> None:
    BAD[case][0](folder)
    for verb in ("plan", "apply"):
        said = run(folder, verb)
        assert said.returncode == 3, said.stderr
        assert BAD[case][1] in said.stderr


@pytest.mark.parametrize("case", FINE)
def test_the_control_is_valid(folder: Path, case: str) -> None:
    FINE[case](folder)
    said = run(folder, "validate", "--as-of", "2026-11-23")
    assert said.returncode == 0, said.stderr


def test_a_missing_folder_is_said_plainly(tmp_path: Path) -> None:
    said = run(tmp_path / "x", "validate")
    assert said.returncode == 3
    assert "access:1:1: no such folder (name it by `--access`" in said.stderr


def test_annotations_cannot_be_broken_out_of(folder: Path) -> None:
    says(YAML.replace("key: true", 'key: "%0A::error::x\\n::add-mask::y"'))(folder)
    said = run(folder, "validate", "--format", "github")
    lines = said.stdout.splitlines()
    assert said.returncode == 3
    assert [
        line for line in lines if not line.startswith("::error file=access/checkout/grants/orders.yaml,line=2,")
    ] == []


def test_json_says_the_same_as_the_text(folder: Path) -> None:
    says(YAML + "a: 1\nb: 2\n")(folder)
    document = json.loads(run(folder, "validate", "--format", "json").stdout)
    lines = run(folder, "validate").stderr.splitlines()[:-1]
    told = [
        f"{each['path']}:{each['line']}:{each['column']}: {each['message']} ({each['hint']})"
        for each in document["problems"]
    ]
    assert (document["valid"], told) == (False, lines)
