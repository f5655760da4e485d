"""A tenant and ids in; which groups and applications Microsoft Graph knows there, or why it does not say, out.

Lists are asked, with `id in (...)`: for them GroupMember.Read.All and Application.Read.All are enough, where
`directoryObjects/getByIds` wants Directory.Read.All, which shows every person, too. An application is known by its
service principal: where the tenant has none, Entra makes no token for it.
"""

import asyncio
import os
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Self, TypeVar

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential

from reconciler.azure.connecting import connect
from reconciler.azure.identity import credential as environments_own
from reconciler.azure.session import Session
from reconciler.azure.together import together
from reconciler.entra.told import Application, Silence, Told
from reconciler.errors import AccessDenied, AzureError

GROUPS_NEED, APPLICATIONS_NEED = "GroupMember.Read.All", "Application.Read.All"
_MOST = 15  # values of `in` (Microsoft Graph known issue 13635)
_PATIENCE = 20.0  # seconds: nothing depends on the answer
_DENIED = 403

T = TypeVar("T")


async def told(
    tenant: str,
    *,
    groups: Iterable[str],
    applications: Iterable[str],
    graph: str | None,
    credential: AsyncTokenCredential | None = None,
    patience: float = _PATIENCE,
    **options: Any,
) -> Told:
    """Ask for ids in small letters. Whatever goes wrong is said in the answer, and raised never."""
    if graph is None:
        silence = Silence(trouble="no Microsoft Graph is known for this environment's `authority`")
        return Told(silence, silence)
    own = None if credential else environments_own(os.environ)
    asking = _OfTenant(credential or own, tenant)  # type: ignore[arg-type]
    try:
        async with connect(
            "", subscription="", endpoint=graph, scope=f"{graph}/.default", credential=asking, **options
        ) as session:
            known = await together(
                _heard(_groups(session, groups), GROUPS_NEED, patience),
                _heard(_applications(session, applications), APPLICATIONS_NEED, patience),
            )
    finally:
        if own:
            await own.close()
    return Told(*known)


class _OfTenant:
    """A credential whose tokens are of one tenant: one of another tenant would let Graph tell of the other's ids."""

    def __init__(self, inner: AsyncTokenCredential, tenant: str) -> None:
        self._inner, self._tenant = inner, tenant

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Get a token. An identity that is of another tenant is refused by azure-identity."""
        return await self._inner.get_token(*scopes, **{**options, "tenant_id": self._tenant})

    async def close(self) -> None:
        """Whoever gave the inner one closes it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


async def _heard(answer: Awaitable[T], needs: str, patience: float) -> T | Silence:
    try:
        async with asyncio.timeout(patience):
            return await answer
    except TimeoutError:
        return Silence(trouble=f"no answer in {patience:.0f} s", passes=True)
    except AccessDenied as error:
        return Silence(needs=needs) if error.status == _DENIED else Silence(trouble=_said(error))
    except AzureError as error:
        return Silence(trouble=_said(error), passes=True)


def _said(error: AzureError) -> str:
    """Say in one sentence what went wrong: azure-identity goes on with advice for programmers."""
    first = error.detail.partition(". ")[0]
    return " ".join(filter(None, [str(error.status or ""), error.code, first])).rstrip(".")


async def _groups(session: Session, ids: Iterable[str]) -> Mapping[str, str]:
    rows = await _rows(session, "groups", "id", ids, select="id,displayName")
    return {str(row.get("id")).lower(): str(row.get("displayName") or "") for row in rows}


async def _applications(session: Session, ids: Iterable[str]) -> Mapping[str, Application]:
    rows = await _rows(session, "servicePrincipals", "appId", ids, select="appId,displayName,accountEnabled")
    return {
        str(row.get("appId")).lower(): Application(
            str(row.get("displayName") or ""), row.get("accountEnabled") is not False
        )
        for row in rows
    }


async def _rows(session: Session, of: str, key: str, ids: Iterable[str], *, select: str) -> list[Mapping[str, Any]]:
    """Ask for as many at once as one filter holds. An id is a GUID, so that nothing in it ends a literal."""
    ordered = sorted(set(ids))
    parts = (ordered[start : start + _MOST] for start in range(0, len(ordered), _MOST))
    pages = await together(*(_page(session, of, key, part, select) for part in parts))
    return [row for page in pages for row in page]


async def _page(session: Session, of: str, key: str, ids: list[str], select: str) -> list[Mapping[str, Any]]:
    quoted = ",".join(f"'{each}'" for each in ids)
    query = {"$filter": f"{key} in ({quoted})", "$select": select}
    return await session.listed(f"/v1.0/{of}", query, version="", doing=f"asking Microsoft Graph for {of}")
