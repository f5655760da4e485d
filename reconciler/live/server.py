"""An application and an address in; it is served there, until a signal ends it."""

import uvicorn
from starlette.types import ASGIApp


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve. Requests are not logged: their headers hold a token."""
    uvicorn.run(app, host=host, port=port, access_log=False, log_level="warning", server_header=False, lifespan="off")
