"""Keys are planted everywhere, every verb is run, and all that it said, logged and wrote is searched for them."""

import asyncio
import base64
import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import typer
from hasty import hasten
from mcp import Client, StdioServerParameters
from office import GRANT, ORDERS, grant
from organisations import SERVICE
from planted import CALLER, VAULT, Planted, Reconciler, found_in, planted, spellings

from reconciler.cli import app
from reconciler.emulator import Azure, Certificates, serve

ELSEWHERE = {
    "emulate": "it is the local Azure itself: its state file holds what Azure holds",
    "demo": "it has an Azure of its own: test_the_demo_shows_no_key",
    "mcp": "it is asked by a client: test_assistants_are_told_no_key",
}
"""Verbs that are not among the steps, and why."""

SEARCHED = frozenset(
    [
        "adopt",
        "apply",
        "approvals",
        "audit",
        "backstage",
        "codeowners",
        "comment",
        "converge",
        "cut",
        "deliver",
        "doctor",
        "drift",
        "environments",
        "evidence",
        "init",
        "kinds",
        "leave",
        "memory",
        "permissions",
        "plan",
        "probe",
        "remind",
        "renew",
        "request",
        "review",
        "rotate",
        "schema",
        "usage",
        "site",
        "validate",
        "what-can",
        "what-if",
        "who-can",
        "why",
    ]
)


@pytest.fixture
def here(tmp_path: Path, certified: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planted]:
    ask = socket.getaddrinfo

    def found(host: Any, *rest: Any, **more: Any) -> Any:
        return ask("127.0.0.1" if str(host).endswith(".vault.localhost") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    hasten(monkeypatch)
    with serve(Azure(), certified=certified) as running, planted(running, tmp_path, monkeypatch) as company:
        yield company


@pytest.fixture
def run(here: Planted, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Reconciler:
    return Reconciler(here, monkeypatch, capfd)


def in_days(days: int) -> str:
    return str(datetime.now(UTC).date() + timedelta(days=days))


def granted(here: Planted, run: Reconciler) -> None:
    """Ask, look at it as workflows do, approve, merge, apply."""
    number = here.office.ask(**{GRANT: grant(clients=[CALLER])})
    run.well("plan", "--pull-request", f"{number}", "--approved", "--format", "markdown", "--output", "plan-prod.md")
    approvals = ("--check", "--format", "markdown", "--output", "approvals.md")
    run.well("approvals", "--pull-request", f"{number}", *approvals, code=4)
    run.well("approvals", "--pull-request", f"{number}", "--format", "json", code=4)
    run.well("comment", "--pull-request", f"{number}", "approvals.md", "plan-prod.md")
    here.office.merge(number)
    here.office.git("pull", "--quiet", "origin", "main")
    run.well("converge", "--comment", "--notes", "--record", "converged.json", "--format", "json")


def delivered(run: Reconciler) -> None:
    run.well("deliver", "--dry-run")
    run.well("deliver", "--record", "delivered.json", "--format", "json")
    run.well("rotate", "--now", "--grant", "checkout/orders", "--record", "rotated.json")
    run.well("rotate", "--as-of", in_days(40), "--format", "json")
    run.well(
        "probe", "--grant", "checkout/orders", "--token-in", "CALLER", "--record", "evidence.json", "--patience", "0"
    )


def looked_at(run: Reconciler) -> None:
    run.well("validate", "--format", "json")
    run.well("validate", "--live", "--format", "sarif")
    run.well("audit", "--environment", "prod", "--html", "audit.html")
    for form in ("json", "sarif"):
        Path(f"audit.{form}").write_text(run.well("audit", "--environment", "prod", "--format", form))
    for form in ("text", "markdown", "json"):
        run.well("plan", "--format", form, "--output", f"plan.{form}")
    Path("drift.json").write_text(run.well("drift", "--format", "json"))
    run.well("remind", "--drift", "drift.json", "--plan", "plan.json")
    run.well("remind", "--drift", "drift.json", "--plan", "plan.json", "--dry-run")
    run.well("memory", "--format", "json")
    run.well("environments", "--approved", "--json")
    run.well("doctor", "--format", "json", code=4)
    run.well("leave", "--output", "import.tf")
    run.well("backstage", "--output", "catalog")
    run.well("backstage", "--output", "-")
    run.well("backstage", "--approved", "--publish", "catalog")


def changed(here: Planted, run: Reconciler) -> None:
    asks = ("--team", "commerce", "--product", "orders", "--environment", "prod", "--key", "--reason", "See it too")
    run.well("request", *asks, "--open", "--yes")
    run.well("renew", "--as-of", "2027-06-20")
    run.well("usage", "--output", "usage.json")
    run.well("review", "--usage", "usage.json", "--dry-run")
    run.well("review", "--usage", "usage.json")
    run.well("review", "--status", code=4)
    run.well("request", *asks, "--yes")
    run.well("apply", "--yes", "--format", "json")
    run.well("cut", "--team", "checkout", "--reason", "A stolen laptop", "--record", "cut.json", "--open", "--yes")
    run.well("deliver", "--from-files")
    run.well("cut", "--lift", "team checkout", "--yes")
    run.well(
        "adopt", "--access", "../adopted/access", "-e", "prod", "--service", SERVICE, "--endpoint", here.running.url
    )
    run.well("adopt", "--access", "../adopted/access", "--status", "--format", "json")


def written(run: Reconciler) -> None:
    """Verbs that ask nobody anything."""
    run.well("init", "../new", "--team", "shop")
    run.well("codeowners")
    for verb, name in (("who-can", "orders"), ("what-can", "checkout")):
        run.well(verb, name)
        run.well(verb, name, "--live", "--format", "json")
    run.well("what-if", "--format", "json")
    run.well("why", "checkout", "orders", "--live", "--github")
    run.well("why", "commerce", "orders", "--format", "json")
    run.well("usage", "--output", "usage.json")
    run.well("usage", "--format", "json")
    run.well("who-can", "orders", "--usage", "usage.json")
    run.well("site", "--output", "../pages", "--findings", "audit.json", "--usage", "usage.json")
    days = ("--from", in_days(-30), "--to", in_days(0))
    run.well(
        "evidence",
        *days,
        "--output",
        "evidence",
        "--record",
        "converged.json",
        "--record",
        "cut.json",
        "--usage",
        "usage.json",
        "--github",
    )
    run.well("evidence", "--verify", "evidence")
    run.well("schema", "--output", "../schemas")
    run.well("kinds", "--format", "json")
    for verb in ("plan", "apply", "keys", "probe", "backstage", "usage"):
        run.well("permissions", verb)


def test_no_verb_is_left_out() -> None:
    """Whoever adds one says here what it takes to run it."""
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert known == SEARCHED | ELSEWHERE.keys()
    assert not SEARCHED & ELSEWHERE.keys()


@pytest.mark.story
def test_no_key_is_in_anything_that_any_verb_says_or_writes(here: Planted, run: Reconciler) -> None:
    granted(here, run)
    delivered(run)
    looked_at(run)
    changed(here, run)
    written(run)
    assert {what.split()[0] for what, _ in here.said} == SEARCHED
    assert (here.shown(), here.kept()) == ([], [])
    assert here.running.azure.vault(VAULT).value("prod--checkout--orders") in here.secrets


VERBS: dict[str, tuple[str, ...]] = {
    "plan": ("plan", "--format", "json"),
    "apply": ("apply", "--yes"),
    "converge": ("converge", "--full", "--record", "again.json"),
    "deliver": ("deliver", "--record", "again.json"),
    "rotate": ("rotate", "--now", "--team", "checkout", "--record", "again.json"),
    "probe": ("probe", "--all", "--patience", "0", "--record", "again.json"),
    "cut": ("cut", "--team", "checkout", "--reason", "r", "--yes", "--record", "again.json"),
    "drift": ("drift", "--format", "json"),
    "audit": ("audit", "--environment", "prod", "--format", "json"),
    "adopt": ("adopt", "--environment", "prod"),
    "backstage": ("backstage", "--output", "again"),
    "memory": ("memory",),
    "leave": ("leave",),
    "doctor": ("doctor",),
    "validate": ("validate", "--live"),
}
ANY = r"/(providers/Microsoft\.ApiManagement|secrets)"
FAULTS: dict[str, dict[str, Any]] = {
    "refused": {"path": ANY, "status": 403, "code": "AuthorizationFailed"},
    "broken in the middle": {"path": ANY, "status": 500, "nth": 4},
    "half a body": {"path": ANY, "truncate": 70, "nth": 2},
    "half a key": {"path": "/listSecrets", "method": "POST", "truncate": 60},
    "no vault": {"path": "/secrets/", "method": "PUT", "cut": "after"},
    "writes refused": {"path": ANY, "method": "PUT|PATCH|DELETE|POST", "status": 400, "code": "ValidationError"},
}


@pytest.mark.story
@pytest.mark.parametrize("fault", FAULTS)
def test_no_key_is_in_what_is_said_of_a_failure(here: Planted, run: Reconciler, fault: str) -> None:
    granted(here, run)
    delivered(run)
    azure, orders = here.running.azure, here.office.clone / "access" / ORDERS
    failed = 0
    for number, command in enumerate(VERBS.values()):
        azure.vault(VAULT).live.pop("prod--checkout--orders", None)  # to be delivered anew
        orders.write_text(json.dumps({**json.loads(orders.read_text()), "description": f"Number {number}"}))
        azure.fault(times=None, **FAULTS[fault])
        failed += run(*command)[0] not in {0, 10}
        azure.faults.clear()
        here.learn()
    assert failed >= (2 if "key" in fault or "vault" in fault else 5)
    assert (here.shown(), here.kept()) == ([], [])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/listSecrets"),
        pytest.param("PUT", "/secrets/", marks=pytest.mark.story),
        pytest.param("GET", "/orders", marks=pytest.mark.story),
    ],
)
def test_no_answer_that_repeats_a_key_is_repeated(here: Planted, run: Reconciler, method: str, path: str) -> None:
    """An error of Azure, of a vault or of a gateway that quotes what it was sent or asked for."""
    granted(here, run)
    key = here.running.azure.secrets(SERVICE, "subscriptions/checkout--orders")["primaryKey"]
    body = {"error": {"code": f"Bad {key}", "message": f"The value {key} is not allowed."}, "primaryKey": key}
    here.running.azure.fault(path=path, method=method, status=400, body=body, times=None)
    verb = ("probe", "--all", "--patience", "0", "--record", "again.json") if method == "GET" else ("deliver",)
    assert run(*verb)[0] != 0
    assert (here.shown(), here.kept()) == ([], [])


@pytest.mark.story
def test_assistants_are_told_no_key(here: Planted, run: Reconciler) -> None:
    granted(here, run)
    delivered(run)
    run.well("backstage", "--output", "catalog")
    command = [sys.executable, "-m", "reconciler", "mcp", "--live", "--catalog", "catalog", "--propose"]
    told = asyncio.run(asked(command))
    here.said.append(("mcp", told))
    assert "checkout" in told
    assert (here.shown(), here.kept()) == ([], [])


async def asked(command: list[str]) -> str:
    """Call each tool that needs no more than a name, and give all that was answered."""
    parameters = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    answers: list[Any] = []
    async with Client(parameters, read_timeout_seconds=30) as client:
        listed = await client.list_tools()
        answers.append(listed)
        guesses: tuple[dict[str, Any], ...] = ({}, {"name": "orders"}, {"words": "orders"}, {"name": "checkout"})
        for name, arguments in product((tool.name for tool in listed.tools), guesses):
            answers += [await client.call_tool(name, arguments)]
    return "\n".join(map(str, answers))


@pytest.mark.story
def test_a_served_catalog_holds_no_key(here: Planted, run: Reconciler) -> None:
    granted(here, run)
    delivered(run)
    token = os.environ["RECONCILER_SERVE_TOKEN"]
    command = [sys.executable, "-m", "reconciler", "backstage", "--serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:  # noqa: S603
        assert server.stdout
        try:
            address = next(found[0] for line in server.stdout if (found := re.search(r"http://[\d.]+:\d+", line)))
            answers = [httpx.get(f"{address}/entities", headers=shown, timeout=60) for shown in ({}, _bearer(token))]
        finally:
            server.send_signal(signal.SIGINT)
        said = server.stdout.read()
    here.said.append(("backstage --serve", "\n".join([said, *(f"{each.text} {each.headers}" for each in answers)])))
    assert [each.status_code for each in answers] == [401, 200]
    assert (here.shown(), here.kept()) == ([], [])


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.story
def test_what_github_refuses_is_said_without_a_token(here: Planted, run: Reconciler) -> None:
    """It quotes what it was shown, and fails in the middle."""
    granted(here, run)
    site, token = here.office.site, os.environ["GITHUB_TOKEN"]
    for status in (401, 403, 500):
        for verb in (("approvals",), ("comment", "plan-prod.md"), ("approvals", "--check")):
            site.fail("GET", ".*", status, times=20, message=f"Bad credentials: Bearer {token}")
            assert run(*verb, "--pull-request", "1")[0] == 5
            site.faults.clear()
    assert (here.shown(), here.kept()) == ([], [])


@pytest.mark.story
def test_the_demo_shows_no_key(tmp_path: Path) -> None:
    known = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "demo"],
        cwd=tmp_path,
        env={**os.environ, **known},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    looks_like_one = r"(?<![0-9a-zA-Z-])[0-9a-f]{32}(?![0-9a-zA-Z-])|eyJ[\w-]{8,}\."
    assert re.findall(looks_like_one, done.stdout + done.stderr) == []


@pytest.mark.parametrize(
    "spell",
    [
        lambda secret: f"key={secret};",
        lambda secret: json.dumps({"a": secret}),
        lambda secret: base64.b64encode(f"x-access-token:{secret}".encode()).decode(),
        lambda secret: base64.b64encode(f"xy{secret}z".encode()).decode(),
        lambda secret: f"https://x.example/?k={quote(secret, safe='')}",
        lambda secret: f"<td>{html.escape(secret)}</td>",
    ],
)
def test_the_search_finds_what_is_hidden_in_another_spelling(spell: Callable[[str], str]) -> None:
    secret = 'planted&"<key>+/= of ours'
    needles = dict.fromkeys(spellings(secret), secret)
    assert found_in(spell(secret).encode(), needles)
    assert not found_in(spell("nothing of that kind at all").encode(), needles)
