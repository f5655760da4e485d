"""A client id in; whose tokens Entra takes for that application's, as Microsoft Graph tells, out."""

from dataclasses import dataclass
from typing import Any

from reconciler.azure.connecting import connect
from reconciler.azure.graph import graph_of
from reconciler.errors import Unavailable

NEEDS = "Application.Read.All"


@dataclass(frozen=True, slots=True)
class Federated:
    """A federated credential of an application."""

    issuer: str
    subject: str
    audiences: tuple[str, ...]


async def federated(client: str, *, endpoint: str, authority: str, **options: Any) -> tuple[Federated, ...]:
    """Read them. Raises AccessDenied for who may not, and NotFound where it is no application: a managed identity."""
    graph = graph_of(endpoint, authority)
    if graph is None:
        raise Unavailable(f"asking for {client}", detail=f"no Microsoft Graph is known for {authority}")
    async with connect("", subscription="", endpoint=graph, scope=f"{graph}/.default", **options) as session:
        path = f"/v1.0/applications(appId='{client}')/federatedIdentityCredentials"
        doing = f"reading the federated credentials of {client}"
        rows = await session.listed(path, {}, version="", doing=doing)
    try:
        return tuple(Federated(str(row["issuer"]), str(row["subject"]), tuple(row["audiences"])) for row in rows)
    except (KeyError, TypeError) as error:
        raise Unavailable(doing, detail="a row is not what Microsoft Graph documents") from error
