"""A local Azure in; a TLS server on loopback, its address and the environment that leads clients to it out."""

import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.emulator.app import create_app
from reconciler.emulator.applications import EXCHANGE
from reconciler.emulator.azure import DEFAULT_CLIENT, DEFAULT_TENANT, Azure
from reconciler.emulator.tls import Certificates, certificates
from reconciler.emulator.workloads import GITHUB, app_service_environment, workflow_environment

LOOPBACK = "127.0.0.1"
_PATIENCE = 10.0
_SUBJECT = "repo:local/local:environment:local"


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers. `environment` is all that azure-identity and the HTTP clients need."""

    azure: Azure
    url: str  # of Azure Resource Manager and of the authority alike
    environment: Mapping[str, str]
    certificate_authority: Path

    def workflow(self, subject: str) -> dict[str, str]:
        """Give the two variables by which a GitHub workflow of this subject asks who it is."""
        return workflow_environment(self.azure, self.url, subject)


@contextmanager
def serve(
    azure: Azure | None = None,
    *,
    port: int = 0,
    client_id: str = DEFAULT_CLIENT,
    tenant: str = DEFAULT_TENANT,
    certified: Certificates | None = None,
    app: ASGIApp | None = None,
) -> Iterator[Running]:
    """Serve in a thread until the block ends; port 0 takes a free one. `app` is served instead of the plain one.

    `certified` serves clients of this very process: aiohttp reads SSL_CERT_FILE once, when it is imported.
    """
    azure = azure or Azure()
    azure.tenant, azure.managed_identity = tenant, client_id
    with tempfile.TemporaryDirectory(prefix="local-azure-") as name, _listening(port) as listener:
        folder = Path(name)
        made = certified or certificates(folder)
        url = f"https://localhost:{listener.getsockname()[1]}"
        azure.settings.gateways = f"{url}/gateways/{{}}"
        environment = _environment(azure, folder, url, made)
        with _in_a_thread(app or create_app(azure), listener, made):
            yield Running(azure, url, environment, made.authority)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # The protocol is named: asyncio turns delays off (TCP_NODELAY) only where it is, and an answer took 44 ms without.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        yield listener


@contextmanager
def _in_a_thread(app: ASGIApp, listener: socket.socket, made: Certificates) -> Iterator[None]:
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        ssl_certfile=str(made.server),
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="local-azure", daemon=True)
    thread.start()
    try:
        if not server.answers.wait(_PATIENCE):
            raise TimeoutError("the local Azure did not start")
        yield
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)


class _Server(uvicorn.Server):
    """Says when it listens, so that nobody has to ask again and again."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()


class _Protocol(H11Protocol):
    """Hands each request its transport, which is how a fault can cut the connection."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def _environment(azure: Azure, folder: Path, url: str, made: Certificates) -> dict[str, str]:
    """Give what azure-identity, workflows and the TLS stacks read."""
    assertion = folder / "federated-token"
    claims = {"iss": GITHUB, "sub": _SUBJECT, "aud": EXCHANGE}
    assertion.write_text(azure.tokens.signer.sign(claims, published=False))
    return {
        "AZURE_AUTHORITY_HOST": url,
        "AZURE_TENANT_ID": azure.tenant,
        "AZURE_CLIENT_ID": azure.managed_identity,
        "AZURE_FEDERATED_TOKEN_FILE": str(assertion),
        **app_service_environment(azure, url),
        **workflow_environment(azure, url, _SUBJECT),
        "SSL_CERT_FILE": str(made.authority),
        "REQUESTS_CA_BUNDLE": str(made.authority),
        "AZURE_RESOURCE_MANAGER_ENDPOINT": url,
    }
