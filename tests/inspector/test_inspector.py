"""A client of the protocol that is not ours, from npm, lists and calls every tool, over stdio and over HTTP."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
INSPECTOR = Path(__file__).parent / "node_modules/.bin/mcp-inspector"
SERVER = [sys.executable, "-m", "reconciler", "mcp", "--as-of", "2026-11-23"]
TOKEN = "a-token-for-this-test-alone"
_EFFECT: dict[str, Any] = {"changes": [], "gained": [], "lost": [], "kept": [], "writes": 0}
_SIDE = {**_EFFECT, "budget": {"reads": 0, "writes": 0, "deletes": 0, "seconds": 0}}
_PLAN = {
    "environment": "prod",
    "service": "/s",
    "day": "2026-11-23",
    "fingerprint": "f",
    "scoped": False,
    "written": _SIDE,
    "observed": _SIDE,
    "waiting": {},
    "held": {},
    "unmanaged": {},
    "ending": [],
    "withheld": [],
    "around": [],
    "warnings": ["nobody calls orders"],
}
CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "find_api": ({"words": "refund"}, '"refunds"'),
    "api": ({"name": "orders"}, '"orders-p"'),
    "product": ({"name": "orders"}, '"longest_days":365'),
    "team": ({"name": "checkout"}, '"owns_apis"'),
    "expiring": ({"days": 90}, '"nightly-load"'),
    "explain_plan": ({"plan": _PLAN}, '"nobody calls orders"'),
    "draft_request": (
        {"team": "mobile", "product": "orders", "environments": ["prod"], "reason": "Show them in the app"},
        "access/mobile/grants/orders.yaml",
    ),
    "who_must_approve": ({"changes": {"checkout/grants/orders.yaml": None}}, "checkout gives orders back"),
}

pytestmark = pytest.mark.skipif(
    not (INSPECTOR.exists() and shutil.which("node")), reason="the inspector comes from npm: run `make test-web`"
)


@pytest.fixture
def inspect(tmp_path: Path) -> Any:
    def run(server: list[str], *arguments: str) -> tuple[int, Any]:
        ran = subprocess.run(  # noqa: S603
            [str(INSPECTOR), "--cli", *server, *arguments],
            cwd=ROOT,
            env={**os.environ, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in ran.stdout + ran.stderr
        return ran.returncode, json.loads(ran.stdout) if ran.stdout.strip() else ran.stderr

    return run


@pytest.fixture
def url() -> Iterator[str]:
    environment = {**os.environ, "RECONCILER_MCP_TOKEN": TOKEN}
    with subprocess.Popen(  # noqa: S603
        [*SERVER, "--http", "--port", "0"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        line = running.stderr.readline()
        assert line.startswith("Serving http://127.0.0.1:")
        yield line.split()[1]
        running.terminate()


def _called(name: str, arguments: dict[str, Any]) -> list[str]:
    pairs = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in arguments.items()]
    return ["--method", "tools/call", "--tool-name", name, "--tool-arg", *pairs]


def test_it_lists_every_tool_and_has_nothing_against_their_schemas(inspect: Any) -> None:
    code, listed = inspect(SERVER, "--method", "tools/list", "--strict")
    assert code == 0, listed
    assert {tool["name"] for tool in listed["tools"]} == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_it_calls_every_tool(name: str, inspect: Any) -> None:
    arguments, words = CALLS[name]
    code, answer = inspect(SERVER, *_called(name, arguments))
    assert (code, answer["isError"]) == (0, False)
    assert words in json.dumps(answer["structuredContent"], separators=(",", ":"))


def test_a_bad_argument_is_answered_with_what_would_be_good(inspect: Any) -> None:
    _, answer = inspect(SERVER, *_called("api", {"name": "ordres"}))
    assert answer["isError"]
    assert "Did you mean `orders`" in answer["content"][0]["text"]


def test_over_http_it_needs_the_token(url: str, inspect: Any) -> None:
    call = _called("find_api", {"words": "refund"})
    code, answer = inspect([url], *call, "--header", f"Authorization: Bearer {TOKEN}")
    assert (code, answer["isError"]) == (0, False)
    code, _ = inspect([url], *call, "--header", "Authorization: Bearer another-one")
    assert code != 0
