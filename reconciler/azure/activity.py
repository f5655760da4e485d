"""A session and a day in; who wrote to the service since, as Azure's activity log tells, out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.azure.session import Session
from reconciler.errors import Unavailable

PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"  # the Azure portal, among Microsoft's first-party applications
_VERSION = "2015-04-01"
_DOING = "reading the activity log"
_KEPT_DAYS = 89  # of 90 (Activity Logs - List), and a clock may differ
_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"
_SELECT = "caller,claims,eventTimestamp,httpRequest,resourceId,status"
_UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"


@dataclass(frozen=True, slots=True)
class Event:
    """One write that succeeded: `resource` is relative to the service, in small letters: the log spells it anyhow."""

    resource: str
    when: datetime
    caller: str
    program: str
    is_person: bool
    method: str


async def events(session: Session, now: datetime, *, days: float = _KEPT_DAYS) -> tuple[Event, ...]:
    """Read who wrote, newest first. Raises AccessDenied for who may not read the log: it is another permission."""
    until = now.astimezone(UTC)
    since = until - timedelta(days=min(days, _KEPT_DAYS))
    parts = session.service.split("/")
    span = f"eventTimestamp ge '{since:{_MOMENT}}' and eventTimestamp le '{until:{_MOMENT}}'"
    query = {"$filter": f"{span} and resourceGroupName eq '{parts[4]}'", "$select": _SELECT}
    path = f"/subscriptions/{parts[2]}/providers/Microsoft.Insights/eventtypes/management/values"
    rows = await session.listed(path, query, version=_VERSION, doing=_DOING)
    begin = f"{session.service}/".lower()
    ours = (row for row in rows if str(row.get("resourceId", "")).lower().startswith(begin))
    try:
        return tuple(event for event in (_event(row, begin) for row in ours) if event is not None)
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise Unavailable(_DOING, detail="a row is not what Azure documents") from error


def _event(row: Mapping[str, Any], begin: str) -> Event | None:
    if (row.get("status") or {}).get("value") not in ("Succeeded", "Accepted"):
        return None
    claims = row.get("claims") or {}
    when = datetime.fromisoformat(str(row["eventTimestamp"])[:26].rstrip("Z")).replace(tzinfo=UTC)
    caller = str(row.get("caller") or "")
    return Event(
        resource=str(row["resourceId"]).lower().removeprefix(begin),
        when=when,
        caller=caller,
        program=str(claims.get("appid") or ""),
        is_person=_UPN in claims or "@" in caller,
        method=str((row.get("httpRequest") or {}).get("method") or ""),
    )
