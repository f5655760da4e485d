"""A local Azure in; ways into it without a socket out: single requests, and a session of the real client."""

import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from bench.folder import ENDPOINT
from reconciler.azure.session import Session, connect
from reconciler.emulator import Azure, create_app

_DOOR = Path(__file__).parents[1] / "tests" / "asgi.py"  # the door that the tests go through


@asynccontextmanager
async def session(azure: Azure, service: str) -> AsyncIterator[Session]:
    door = _door()
    async with connect(
        service,
        subscription=service.split("/")[2],
        endpoint=ENDPOINT,
        credential=door.Credential(azure.token()),
        transport=door.AsgiTransport(create_app(azure)),
        backoff=0,
        poll=0,
    ) as connected:
        yield connected


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


def _door() -> Any:
    spec = importlib.util.spec_from_file_location("asgi", _DOOR)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(_DOOR)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
