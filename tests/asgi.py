"""The official client's requests in, the emulator's answers out, without a socket or a login: for the fast tests."""

import asyncio
import json
from typing import Any, Self
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken
from azure.core.exceptions import IncompleteReadError, ServiceResponseError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest._http_response_impl_async import AsyncHttpResponseImpl
from azure.core.utils import case_insensitive_dict


class AsgiTransport(AsyncHttpTransport):
    """Calls an ASGI application in process."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def open(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """There is nothing to close."""

    async def sleep(self, duration: float) -> None:
        """Retries wait by the real clock; tests ask for no waiting."""
        await asyncio.sleep(duration)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def send(self, request: Any, **_: Any) -> "Answer":
        """Send one request. A connection that the application cuts is what a cut connection is to azure-core."""
        url = urlsplit(request.url)
        content = request.content if hasattr(request, "content") else request.data
        body = content.encode() if isinstance(content, str) else content or b""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "https",
            "path": url.path,
            "raw_path": url.path.encode(),
            "query_string": url.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
            + [(b"host", url.netloc.encode())],
            "client": ("127.0.0.1", 1),
            "server": (url.hostname, url.port or 443),
        }
        parts: list[dict[str, Any]] = []
        answered = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if not answered.is_set():
                answered.set()
                return {"type": "http.request", "body": body, "more_body": False}
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            parts.append(message)

        try:
            await self._app(scope, receive, send)
        except Exception as error:
            raise ServiceResponseError(f"Connection broken: {type(error).__name__}") from error
        return _answer(request, parts)


def _answer(request: Any, parts: list[dict[str, Any]]) -> "Answer":
    starts = [part for part in parts if part["type"] == "http.response.start"]
    if not starts:
        raise ServiceResponseError("Connection closed without an answer")
    headers = {name.decode().lower(): value.decode() for name, value in starts[0]["headers"]}
    content = b"".join(part.get("body", b"") for part in parts if part["type"] == "http.response.body")
    whole = any(part["type"] == "http.response.body" and not part.get("more_body") for part in parts)
    announced = int(headers.get("content-length", len(content)))
    if request.method != "HEAD" and (not whole or announced != len(content)):
        raise IncompleteReadError("The answer ended before its announced length")
    return Answer(request, starts[0]["status"], headers, content)


class Credential:
    """A token of the emulator's own authority, for whoever is not about logging in."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *_: str, **__: Any) -> AccessToken:
        """Give the token; it outlives every test."""
        return AccessToken(self._token, 4_102_444_800)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


class Answer(AsyncHttpResponseImpl):
    """A whole answer, already read."""

    def __init__(self, request: Any, status: int, headers: dict[str, str], content: bytes) -> None:
        super().__init__(
            request=request,
            internal_response=None,
            status_code=status,
            headers=case_insensitive_dict(headers),
            reason="",
            content_type=headers.get("content-type"),
            stream_download_generator=lambda *_, **__: None,
        )
        self._content = content
        self._json = None
        self._is_closed = True
        self._is_stream_consumed = True

    async def load_body(self) -> None:
        """The older transports' name for reading."""

    def body(self) -> bytes:
        """The older transports' name for the content."""
        return self._content

    def json(self) -> Any:
        """Parse the content."""
        return json.loads(self._content)
