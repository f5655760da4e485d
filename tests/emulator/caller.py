"""A method, a path and properties in, the emulator's answer out: the smallest ASGI caller, with no client of ours."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from checked import checked

from reconciler.emulator import Azure

SERVICE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.ApiManagement"
    "/service/apim-dev"
)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def properties(self) -> dict[str, Any]:
        return self.json["properties"]

    @property
    def error(self) -> dict[str, Any]:
        return self.json["error"]

    @property
    def names(self) -> list[str]:
        return [row["name"] for row in self.json["value"]]


@dataclass
class Arm:
    """Calls one service as one client; a path that begins with a slash is taken as it is."""

    azure: Azure = field(default_factory=Azure)
    client: str = "tests"
    base: str = SERVICE
    address: str = ""  # where requests come from

    def __call__(
        self,
        method: str,
        path: str,
        properties: Any = None,
        *,
        query: str = "",
        version: str = "2024-05-01",
        etag: str = "",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        anonymous: bool = False,
    ) -> Reply:
        content = body if body is not None else b""
        if properties is not None:
            content = json.dumps({"properties": properties}).encode()
        asked = "&".join(part for part in (f"api-version={version}" if version else "", query) if part)
        sent = {"host": "localhost:8443", "authorization": f"Bearer {self.azure.token(self.client)}", **(headers or {})}
        if anonymous:
            del sent["authorization"]
        if etag:
            sent["if-match"] = etag
        full = path if path.startswith("/") else f"{self.base}/{path}".rstrip("/")
        return asyncio.run(self._send(method, full, asked, sent, content))

    def follow(self, url: str) -> Reply:
        """GET an absolute address that an answer gave."""
        path, _, query = url.removeprefix("https://localhost:8443").partition("?")
        return self("GET", path, query=query, version="")

    async def _send(self, method: str, path: str, query: str, headers: dict[str, str], content: bytes) -> Reply:
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "scheme": "https",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": (self.address, 1) if self.address else None,
        }
        await checked(self.azure)(scope, receive, send)
        start, *rest = messages
        got = {name.decode(): value.decode() for name, value in start["headers"]}
        return Reply(start["status"], got, b"".join(message.get("body", b"") for message in rest))
