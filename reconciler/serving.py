"""An application and an address in; it is served there in plain HTTP, until a signal ends it."""

import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp


def listening(host: str, port: int) -> socket.socket:
    """Take the address, so that whoever is told of it can connect. Raises OSError where it cannot be had."""
    bare = host.strip("[]")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    return socket.create_server((bare, port), family=family)


def serve(application: ASGIApp, listener: socket.socket, *, path: str = "", tell: Callable[[str], None]) -> None:
    """Serve until it is stopped. Requests are not logged: their headers hold a token."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    tell(f"http://{shown}:{port}{path}")
    config = uvicorn.Config(application, log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listener])
