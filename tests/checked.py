"""A local Azure in; its application out, which holds each exchange against Microsoft's published description.

Answers that a fault put in the place of Azure's are nobody's, and are not held against anything.
"""

from typing import Any
from urllib.parse import parse_qsl

from contract import VERSION, Exchange, violations
from description import PRESENT
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.emulator import Azure, create_app

DEPARTURES: list[str] = []
"""What was found since the test began; a fixture of every test looks at it."""

_KNOWN: dict[Exchange, list[str]] = {}
_HELD = ("etag", "location", "azure-asyncoperation")


def checked(azure: Azure, app: ASGIApp | None = None) -> ASGIApp:
    """Make the application of an emulator in process, or watch another that answers in its place."""
    app = app or create_app(azure)

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        sent, answered = b"", []

        async def receiving() -> Any:
            nonlocal sent
            message = await receive()
            sent += message.get("body", b"")
            return message

        async def sending(message: Any) -> None:
            """Look before the end is sent: whoever waits for it may be done the next moment."""
            answered.append(message)
            whole = message["type"] == "http.response.body" and not message.get("more_body")
            if whole and PRESENT and not azure.faults.may_have_put(answered[0]["status"]):
                _look(scope, sent, answered)
            await send(message)

        await app(scope, receiving, sending)

    return watched


def _look(scope: Scope, sent: bytes, answered: list[Any]) -> None:
    query = tuple(parse_qsl(scope["query_string"].decode()))
    if dict(query).get("api-version") != VERSION:
        return
    body = b"".join(message.get("body", b"") for message in answered)
    path = scope["raw_path"].decode().partition("?")[0]
    pairs = ((name.decode().lower(), value.decode()) for name, value in answered[0]["headers"])
    headers = {name: value for name, value in pairs if name in _HELD}
    exchange = Exchange(scope["method"], path, query, sent, answered[0]["status"], body, headers)
    if exchange not in _KNOWN:
        _KNOWN[exchange] = violations(exchange)
    DEPARTURES.extend(_KNOWN[exchange])  # known or not: it fails every test that makes it
