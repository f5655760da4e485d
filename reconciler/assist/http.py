"""A server and a token in; its application over streamable HTTP, and who may ask it, out."""

import hmac
import ipaddress
from collections.abc import Sequence
from typing import Any

from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl, SecretStr
from starlette.types import ASGIApp

PATH = "/mcp"
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


class OneToken:
    """Knows one bearer token."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    async def verify_token(self, token: str) -> AccessToken | None:
        """Compare without telling by the time how much of it was right."""
        right = hmac.compare_digest(token.encode(), self._token.get_secret_value().encode())
        return AccessToken(token="(not kept)", client_id="caller", scopes=[]) if right else None  # noqa: S106


def auth(address: str) -> AuthSettings:
    """Say that a token is asked for. Nobody issues it: whoever runs the server hands it out."""
    return AuthSettings(issuer_url=AnyHttpUrl(address), resource_server_url=None)


def app(server: MCPServer[Any], names: Sequence[str] = ()) -> ASGIApp:
    """Give the application. `names` are those that it is reached by besides loopback: any other Host is refused."""
    hosts = [*_LOCAL, *names]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[each for host in hosts for each in (host, f"{host}:*")],
        allowed_origins=[
            each
            for host in hosts
            for scheme in (("http", "https") if host in _LOCAL else ("https",))
            for each in (f"{scheme}://{host}", f"{scheme}://{host}:*")
        ],
    )
    # No session is kept: every tool answers from one request, and a restart loses nothing.
    return server.streamable_http_app(
        streamable_http_path=PATH, stateless_http=True, json_response=True, transport_security=security
    )


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
