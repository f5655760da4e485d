"""A local Azure in; ways into it without a socket out: single requests, and a session of the real client."""

import importlib.util
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from bench.folder import ENDPOINT
from reconciler.azure.connecting import connect
from reconciler.azure.limiter import Limiter
from reconciler.azure.session import Session
from reconciler.emulator import Azure, create_app

_TESTS = Path(__file__).parents[1] / "tests"


@asynccontextmanager
async def session(azure: Azure, service: str, clock: Callable[[], float] = time.monotonic) -> AsyncIterator[Session]:
    """Open one. `clock` is whose time the limits go by."""
    door = _of_the_tests("asgi")
    async with connect(
        service,
        subscription=service.split("/")[2],
        endpoint=ENDPOINT,
        credential=door.Credential(azure.token()),
        transport=door.AsgiTransport(create_app(azure)),
        limiter=Limiter(clock=clock),
        backoff=0,
        poll=0,
    ) as connected:
        yield connected


def clock() -> Any:
    """Give time that passes by waiting alone: it tells the seconds, and runs what waits."""
    return _of_the_tests("clocked").Clock()


async def get(app: ASGIApp, path: str, query: str, token: str) -> bytes:
    """Ask the application itself, as a server would. Raises where the answer is not 200."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": f"api-version=2024-05-01{query}".encode(),
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {token}".encode())],
    }
    parts: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        parts.append(message)

    await app(scope, receive, send)
    start, body = parts
    if start["status"] != 200:
        raise RuntimeError(f"{path}: {start['status']} {body['body']!r}")
    answer: bytes = body["body"]
    return answer


def _of_the_tests(name: str) -> Any:
    """Load what benchmarks share with the tests."""
    spec = importlib.util.spec_from_file_location(name, _TESTS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
