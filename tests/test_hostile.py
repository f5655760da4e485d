"""Names that another hand wrote in Azure: whatever they say, every output shows them, and obeys none of them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from commanded import Said
from markdown_it import MarkdownIt
from organisations import SERVICE, environment, organisation
from ruamel.yaml import YAML

from reconciler.emulator import Azure, Running, serve
from reconciler.guarded import Guarded

COMMANDS = (
    "::add-mask::a",
    "::set-output name=x::y",
    "::error::z",
    "::stop-commands::t",
    "##[add-mask]b",
    "##[error]c",
)
STEERS = "\x1b[2J\x1b]8;;https://evil.example\x07click\x1b]8;;\x07\x9b31m"
TURNS = "\u202eevil\u2066\u200b\u2028\ufeff"
MARKUP = (
    "<img src=x onerror=alert(1)><script>a</script>[a](javascript:b)![c](//evil.example) @contoso/security #1 | `d`"
)
YAML_ENDS = 'x\n---\nkey: true # \'" *a &b !!python/object:os.system{{ 7*7 }} ${{ secrets.X }} ${file("/etc/passwd")}'
FORMULA = '=HYPERLINK("https://evil.example";"x")'
FOLDED = [f"{'x' * size}{COMMANDS[0]}" for size in range(40, 84, 4)]
TITLES = [*COMMANDS, STEERS, TURNS, MARKUP[:90], YAML_ENDS[:95], FORMULA, *FOLDED]
OBEYED = {"add-mask", "set-output", "error", "warning", "notice", "debug", "group", "stop-commands", "add-matcher"}


Run = Callable[..., Said]


def seeds() -> dict[str, dict[str, Any]]:
    """Put each title wherever somebody with the portal, or with a pipeline of another team, can put one."""
    whole = "\n".join([STEERS, TURNS, MARKUP, YAML_ENDS, *COMMANDS, FORMULA])
    found: dict[str, dict[str, Any]] = {
        "apis/orders": {"displayName": MARKUP, "path": "orders", "description": whole},
        "apis/orders/operations/list": {"displayName": MARKUP[:90], "method": "GET", "urlTemplate": "/"},
        "apis/refunds": {"displayName": "refunds", "path": "refunds"},
    }
    for number, title in enumerate(TITLES):
        found[f"groups/g{number}"] = {"displayName": title, "description": whole}
        found[f"products/p{number}"] = {"displayName": f"{title} {number}"[:300], "description": whole, "terms": whole}
        found[f"products/p{number}/groups/g{number}"] = {}
        found[f"products/p{number}/apis/orders"] = {}
        found[f"subscriptions/s{number}"] = {
            "scope": f"/products/p{number}",
            "displayName": title[:100],
            "state": "active",
        }
        found[f"subscriptions/{title[:60].replace('/', '.')}"] = {
            "scope": "/apis",
            "displayName": title[:100],
            "state": "active",
        }
    return found


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve(Azure()) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path, running: Running) -> Path:
    """Declare a product that others have filled with theirs, in enforce, so that all of it is to go, by name."""
    running.azure.seed(SERVICE, seeds(), fresh=True)
    declared = {"manage": "product", "environments": ["prod"], "mode": "enforce", "apis": ["orders"]}
    more = {
        f"commerce/products/p{number}.yaml": {**declared, "display_name": f"P {number}"}
        for number in range(len(TITLES))
    }
    places = {"prod": environment(endpoint=running.url, limits={"removals": {"percent": 100, "at_least": 1000}})}
    contents = organisation(**{**more, "environments.yaml": places})
    for path, value in contents.items():
        (tmp_path / "access" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "access" / path).write_text(json.dumps(value))
    return tmp_path


@pytest.fixture
def run(folder: Path, running: Running) -> Run:
    """Run the tool as a job of GitHub Actions does."""

    def call(*arguments: str, **more: str) -> Said:
        known = {**os.environ, **running.environment, "GITHUB_ACTIONS": "true", "XDG_CACHE_HOME": str(folder / "cache")}
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=folder,
            env={**known, **more},
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
            timeout=90,
        )
        assert "Traceback" not in done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    return call


def obeyed(text: str) -> list[str]:
    """Read a log as the runner does (actions/runner, ActionCommand.cs): what it would take for a command."""
    found = []
    for line in re.split(r"[\r\n]+", text):
        newer = re.match(r"::([a-z-]+)( [^:]*)?::", line.lstrip())
        older = re.search(r"##\[([a-z-]+)[^\]]*\]", line)
        found += [line for match in (newer, older) if match and match[1] in OBEYED]
    return found


def unseen(text: str) -> set[str]:
    """Find what steers a terminal, turns text around, or is not seen."""
    return {character for character in text if not (character.isprintable() or character == "\n")}


PRINTING = {
    "plan": ("plan",),
    "apply": ("apply", "--yes"),
    "drift": ("drift",),
    "audit": ("audit", "--environment", "prod"),
    "adopt": ("adopt", "-e", "prod"),
    "validate --live": ("validate", "--live"),
    "cut": ("cut", "--product", "p3", "--reason", "r", "--dry-run"),
    "leave": ("leave",),
    "plan json": ("plan", "--format", "json"),
    "audit json": ("audit", "--environment", "prod", "--format", "json"),
    "audit sarif": ("audit", "--environment", "prod", "--format", "sarif"),
    "drift json": ("drift", "--format", "json"),
}


NAMING = {"plan", "apply", "audit", "plan json", "audit json", "audit sarif"}  # what others called their things


_QUICK = {"plan"}


@pytest.mark.parametrize(
    "verb", [pytest.param(verb, marks=() if verb in _QUICK else pytest.mark.story) for verb in PRINTING]
)
def test_what_is_printed_steers_no_terminal_and_commands_no_runner(run: Run, verb: str) -> None:
    shown = ""
    for columns in ("80", "97"):
        done = run(*PRINTING[verb], COLUMNS=columns)
        assert done.code in {0, 1, 10}, done.err
        shown += done.out + done.err
    assert verb not in NAMING or "add-mask" in shown
    assert obeyed(shown) == []
    assert unseen(shown) == set()


@pytest.mark.story
def test_annotations_are_commands_and_names_in_them_are_not(run: Run) -> None:
    done = run("validate", "--live", "--format", "github")
    assert done.code == 0
    found = obeyed(done.out)
    assert found
    assert [line for line in found if not line.startswith("::warning file=access/")] == []
    assert unseen(done.out) == set()


@pytest.mark.story
def test_the_page_of_an_audit_runs_nothing_and_turns_nothing_around(run: Run, folder: Path) -> None:
    assert run("audit", "--environment", "prod", "--html", "audit.html").code == 0
    text = (folder / "audit.html").read_text()
    assert "&lt;img" in text
    assert not re.search(r"<(img|script|a|iframe)\b", text)
    assert unseen(text) == set()


def test_a_comment_shows_names_and_nothing_else(run: Run, folder: Path) -> None:
    assert run("plan", "--format", "markdown", "--output", "plan.md").code == 0
    text = (folder / "plan.md").read_text()
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert "add-mask" in html
    assert not re.search(r"<(img|script|a)\b", html)
    assert not re.search(r"(?<![\\\w])@contoso", text)
    assert unseen(text) <= {"\u200b"}  # ours: it parts what GitHub would take for a mention


def test_what_is_adopted_is_one_value_in_its_place_whatever_it_says(run: Run, running: Running, folder: Path) -> None:
    command = ("adopt", "--access", "theirs/access", "-e", "prod", "--service", SERVICE, "--endpoint", running.url)
    done = run(*command)
    assert done.code == 0, done.err
    place = folder / "theirs/access"
    assert run("validate", "--access", "theirs/access").code == 0
    files = [path for path in place.rglob("*.yaml") if "products" in path.parts]
    assert len(files) >= len(TITLES)
    read = [YAML(typ="safe", pure=True).load(path) for path in files]
    assert {key for each in read for key in each} <= {
        *("environments", "manage", "display_name", "description", "terms", "published", "subscription_required"),
        *("approval_required", "subscriptions_limit", "apis", "visible_to", "self_service", "mode", "in", "id"),
    }
    assert {each.get("display_name") for each in read} >= {
        f"{title} {number}"[:300] for number, title in enumerate(TITLES)
    }
    told = (place / "ADOPTION.md").read_text()
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(told)
    assert not re.search(r"<(img|script|a)\b", html)
    for path in place.rglob("*"):
        assert unseen(path.read_text() if path.is_file() else "") <= {"\u200b"}, path


PIECES = [
    (["::error::x\n"], ": :error::x\n"),
    (["  ", "::error::x"], "  : :error::x"),
    ([":", ":error::x"], ": :error::x"),
    (["a::error::x\n", "::error::y"], "a::error::x\n: :error::y"),
    (["a\r::error::x"], "a\r: :error::x"),
    (["a ##[error]x ##[a]"], "a ## [error]x ## [a]"),
    (["a #", "#", "[error]x"], "a ## [error]x"),
    (["x :: y", "::", "z"], "x :: y::z"),
    (["std::vector\n", "\n"], "std::vector\n\n"),
]


@pytest.mark.parametrize(("pieces", "expected"), PIECES)
def test_a_command_is_parted_however_it_is_written(tmp_path: Path, pieces: list[str], expected: str) -> None:
    with (tmp_path / "log").open("wb") as file:
        stream = Guarded(file, encoding="utf-8", newline="")
        assert sum(map(stream.write, pieces)) == len("".join(pieces))
        stream.flush()
        assert (tmp_path / "log").read_bytes().decode() == expected
        assert obeyed(expected) == []
        stream.detach()
