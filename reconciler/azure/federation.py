"""A client id in; whose tokens Entra takes for that application's, as Microsoft Graph tells, out."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from reconciler.azure.session import LOOPBACK, connect

NEEDS = "Application.Read.All"
_GRAPH = "https://graph.microsoft.com"
_VERSION = "1.0"  # of Azure's kind Graph has none, and takes no notice


@dataclass(frozen=True, slots=True)
class Federated:
    """A federated credential of an application."""

    issuer: str
    subject: str
    audiences: tuple[str, ...]


async def federated(client: str, *, endpoint: str, **options: Any) -> tuple[Federated, ...]:
    """Read them. Raises AccessDenied for who may not, and NotFound where it is no application: a managed identity."""
    local = urlsplit(endpoint).hostname in LOOPBACK
    graph = endpoint.rstrip("/") if local else _GRAPH
    async with connect("", subscription="", endpoint=graph, scope=f"{graph}/.default", **options) as session:
        path = f"/v1.0/applications(appId='{client}')/federatedIdentityCredentials"
        doing = f"reading the federated credentials of {client}"
        rows = await session.listed(path, {}, version=_VERSION, doing=doing)
    return tuple(Federated(str(row["issuer"]), str(row["subject"]), tuple(row["audiences"])) for row in rows)
