"""A local Azure in, the ASGI application that serves it out: both doors call this one, faults are met here."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.emulator import admin
from reconciler.emulator.azure import Azure
from reconciler.emulator.faults import ConnectionCut, Fault
from reconciler.emulator.handling import cut_off, handle
from reconciler.emulator.wire import Answer, Call, taken_apart

_NONE = Fault()
_JSON = "application/json; charset=utf-8"


def create_app(azure: Azure) -> ASGIApp:
    """Make the application. It has no state but `azure`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(f"only http is served, not {scope['type']}")
        call = await _call(scope, receive)
        if aside := admin.answered(azure, call, host=call.client or None):
            await _response(call, aside)(scope, receive, send)
            return
        fault = azure.faults.meet(call) or _NONE
        seconds = fault.delay + azure.settings.latency
        if seconds:
            await asyncio.sleep(seconds)
        if fault.cut == "before":
            cut_off(azure, call)
            await _cut(scope)
        answer = fault.told(handle(azure, fault.asked(call), instead=fault.answer(), stale=fault.stale))
        if fault.cut == "after":
            await _cut(scope)
        response = _response(call, answer)
        if fault.truncate is not None:
            await _send_part(response, fault.truncate, send)
            await _cut(scope)
        if fault.pause:
            send = _pausing(fault.pause, send)
        await response(scope, receive, send)

    return app


async def _call(scope: Scope, receive: Receive) -> Call:
    request = Request(scope, receive)
    return taken_apart(
        scope["method"],
        _raw_path(scope),
        scope.get("query_string", b"").decode("latin-1"),
        _headers(request.headers),
        body=await request.body(),
        scheme=scope.get("scheme", "https"),
        client=(scope.get("client") or ("",))[0],
    )


def _raw_path(scope: Scope) -> str:
    """Take the path as it was sent: `%2F` belongs to an id, and only the raw path tells it from a slash."""
    raw: bytes | None = scope.get("raw_path")
    return scope["path"] if raw is None else raw.partition(b"?")[0].decode("latin-1")


def _headers(headers: Headers) -> Mapping[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers.raw}


def _response(call: Call, answer: Answer) -> Response:
    empty = answer.body is None or call.method == "HEAD"
    is_ready = isinstance(answer.body, bytes)
    content = answer.body if is_ready else json.dumps(answer.body, separators=(",", ":")).encode()
    response = Response(b"" if empty else content, answer.status, dict(answer.headers))
    if not empty and not is_ready:
        response.headers["content-type"] = _JSON
    return response


async def _send_part(response: Response, size: int, send: Send) -> None:
    start: dict[str, Any] = {"type": "http.response.start", "status": response.status_code}
    await send({**start, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": bytes(response.body)[:size], "more_body": True})


def _pausing(seconds: float, send: Send) -> Send:
    """Let the first half of a body go, and the rest when the time is over."""

    async def sending(message: Message) -> None:
        body = message.get("body", b"") if message["type"] == "http.response.body" else b""
        if body:
            await send({**message, "body": body[: len(body) // 2], "more_body": True})
            await asyncio.sleep(seconds)
            message = {**message, "body": body[len(body) // 2 :]}
        await send(message)

    return sending


async def _cut(scope: Scope) -> None:
    """Close the socket where there is one; in process the caller meets the error itself."""
    transport = scope.get("state", {}).get("transport")
    if transport is not None:
        await asyncio.sleep(0.01)  # what was sent so far should leave first
        transport.abort()
        await asyncio.sleep(0)
    raise ConnectionCut("the connection was cut")
