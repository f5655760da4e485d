"""A person at a terminal is asked for what no option says, and again, with a hint, for what they mistype."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from organisations import TODAY, environment, organisation

from reconciler.document import parse

ORDERS = "access/checkout/grants/orders.yaml"
COMPANY = organisation(
    **{
        "environments.yaml": {"dev": environment(variables={"letter": "d"}), "prod": environment()},
        "commerce/products/orders.yaml": {"environments": ["dev", "prod"], "description": "Read and place orders"},
        "commerce/products/refunds.yaml": {"environments": ["prod"], "apis": ["refunds"]},
        "checkout/grants/orders.yaml": None,
    }
)


def talk(folder: Path, answers: list[tuple[str, str]], *options: str) -> tuple[str, int]:
    """Answer each question once it stands there; give everything that stood on the terminal, and the exit code."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "reconciler", "request", "--as-of", str(TODAY), *options]
    alone = {**os.environ, "GITHUB_TOKEN": "", "TERM": "dumb", "COLUMNS": "200"}
    process = subprocess.Popen(command, cwd=folder, env=alone, stdin=theirs, stdout=theirs, stderr=theirs)  # noqa: S603
    os.close(theirs)
    try:
        told = "".join(until(ours, question, answer) for question, answer in answers) + until(ours, None, "")
        return told.replace("\r\n", "\n"), process.wait(timeout=30)
    finally:
        process.kill()
        process.wait(timeout=30)
        os.close(ours)


def until(terminal: int, question: str | None, answer: str) -> str:
    """Read until a question is asked, and answer it; without one, until there is no more."""
    told, end = "", time.monotonic() + 30
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            more = os.read(terminal, 65536).decode()
        except OSError:  # the other side is closed, as Linux says it
            more = ""
        told += more
        if question is None and not more:
            return told
        assert more, f"it ended before it asked {question!r}:\n{told}"
        if question is not None and question in told:
            os.write(terminal, f"{answer}\n".encode())
            return told
    raise AssertionError(f"{question!r} was not asked:\n{told}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, COMPANY)
    return tmp_path


def write(folder: Path, contents: dict[str, Any]) -> None:
    for path, value in contents.items():
        file = folder / "access" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value), encoding="utf-8")


def read(folder: Path, path: str = ORDERS) -> Any:
    return parse(path, (folder / path).read_bytes())


def test_somebody_who_knows_no_yaml(folder: Path) -> None:
    told, code = talk(
        folder,
        [
            ("Which team asks?", "chekout"),
            ("There is no `chekout`: did you mean `checkout`?\nWhich team asks?".replace("\n", "\r\n"), "checkout"),
            ("Which product?", "order"),
            ("did you mean `orders`?", "orders"),
            ("Where? [dev, prod]", "dev, test"),
            ("orders is not in `test`: it is in dev, prod", ""),
            ("A key, so that calls go through?", "n"),
            ("See it in the developer portal?", "n"),
            ("Then there is nothing to ask for.", "y"),
            ("See it in the developer portal?", "n"),
            ("Why, in a sentence that the owner understands?", "yes: {it} is # needed"),
            ("Until when? [2027-11-23]", "2027-01-31"),
            ("Write it? [Y/n]", ""),
        ],
    )
    assert code == 0, told
    assert "  orders   Read and place orders (commerce; dev, prod)\n  refunds  refunds (commerce; prod)\n" in told
    assert "open a pull request: commerce decides about it" in told
    assert read(folder) == {
        "environments": ["dev", "prod"],
        "key": True,
        "reason": "yes: {it} is # needed",
        "expires": "2027-01-31",
    }


def test_who_says_no_gets_no_file(folder: Path) -> None:
    options = ("--team", "checkout", "--product", "refunds", "--key", "--no-portal", "--reason", "r")
    told, code = talk(folder, [("Until when? [2027-11-23]", ""), ("Write it? [Y/n]", "n")], *options)
    assert code == 0, told
    assert "refunds is in prod only." in told
    assert "Nothing was written." in told
    assert not (folder / "access/checkout/grants").exists()


HAS = {"environments": ["prod"], "key": True, "reason": "r", "component": "web", "expires": "2026-12-01"}
KNOWN = ("--team", "checkout", "--product", "orders", "-e", "prod", "--key", "--no-portal", "--reason", "r")


def test_what_the_team_has_is_offered_for_renewal(folder: Path) -> None:
    write(folder, {"checkout/grants/orders.yaml": HAS})
    answers = [("Which component calls? [web]", ""), ("Until when?", ""), ("Write it?", "")]
    told, code = talk(folder, answers, *KNOWN)
    assert code == 0, told
    assert "checkout has it already, by component `web`: checkout/grants/orders.yaml" in told
    assert read(folder) == {**HAS, "expires": "2027-11-23"}


def test_another_component_is_a_second_caller(folder: Path) -> None:
    write(folder, {"checkout/grants/orders.yaml": HAS})
    answers = [("Which component calls? [web]", "app"), ("Until when?", ""), ("Write it?", "")]
    told, code = talk(folder, answers, *KNOWN)
    assert code == 0, told
    assert read(folder) == HAS
    assert read(folder, "access/checkout/grants/orders-app.yaml")["component"] == "app"


def test_whoever_stops_in_between_has_written_nothing(folder: Path) -> None:
    options = ("--team", "checkout", "--product", "orders")
    told, code = talk(folder, [("Where?", ""), ("A key", "y"), ("See it in the developer portal?", "\x04")], *options)
    assert code == 130, told
    assert "Traceback" not in told
    assert not (folder / "access/checkout/grants").exists()
