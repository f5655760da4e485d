"""A session, and perhaps a workspace, in; who called the service in the days up to a day, by log or reports, out.

A service's own reports retire on 15 March 2027 (Microsoft: "Built-in analytics dashboard and reports retirement").
They tell how often, and not when: the last call is narrowed down by asking about shorter periods.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from reconciler.azure.gateway_log import log, log_analytics_of
from reconciler.azure.session import Session
from reconciler.azure.together import together
from reconciler.errors import AzureError
from reconciler.usage.told import NONE, PERIOD, Usage, Used, days_of

_SHORTER: Final = (1, 7, 30)  # days
_FAILED: Final = ("callCountBlocked", "callCountFailed", "callCountOther")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service's log is: the workspace's id, and Entra's address, by which its cloud is known."""

    workspace: str | None
    authority: str


async def called(
    session: Session,
    place: Place,
    day: date,
    *,
    days: int = PERIOD,
    made: Mapping[str, date] | None = None,
    **options: Any,
) -> Usage:
    """Ask the log where there is one, else the reports. `made` is when keys were, where that was read already.

    Raises AzureError where a log is declared and does not answer; where there is neither, it says so in `why`.
    """
    usage = Usage(session.service.rsplit("/", 1)[-1], day, days)
    if place.workspace:
        told, keys = await together(
            _by_log(session, usage, place.workspace, place.authority, options), _made(session, made)
        )
    else:
        told, keys = await together(_by_reports(session, usage), _made(session, made))
    return replace(told, made=keys)


async def tried(session: Session, place: Place, day: date, **options: Any) -> Usage:
    """Ask the same, for who can go on without: whatever goes wrong stands in `why`."""
    try:
        return await called(session, place, day, **options)
    except AzureError as error:
        return Usage(session.service.rsplit("/", 1)[-1], day, why=str(error).rstrip("."))


async def _made(session: Session, known: Mapping[str, date] | None) -> Mapping[str, date]:
    if known is not None:
        return known
    rows = await session.rows("subscriptions")
    return days_of((str(row.get("name")), (row.get("properties") or {}).get("createdDate")) for row in rows)


async def _by_log(session: Session, usage: Usage, workspace: str, authority: str, options: Mapping[str, Any]) -> Usage:
    address = log_analytics_of(session.endpoint, authority)
    if address is None:
        return replace(usage, why="no Log Analytics is known for this environment's `authority`")
    async with log(workspace, address, **options) as opened:
        found = await opened.called(session.service, usage.day, usage.days)
    why = (
        "" if found.since else "the log in that workspace holds no call of this service: does it send its gateway log?"
    )
    return replace(
        usage,
        source="log",
        why=why,
        since=found.since,
        clients_since=found.clients_since,
        keys=found.keys,
        clients=found.clients,
        products=found.products,
    )


async def _by_reports(session: Session, usage: Usage) -> Usage:
    periods = [*(days for days in _SHORTER if days < usage.days), usage.days]
    try:
        found = await together(*(_report(session, usage.day - timedelta(days=days)) for days in periods))
    except (AzureError, ValueError, TypeError, OverflowError) as error:  # what is no number counts nothing
        said = error.code if isinstance(error, AzureError) and error.code else type(error).__name__
        return replace(usage, why=f"this service gives no reports ({said}); name a workspace: `log_analytics`")
    keys, products = found[-1]
    return replace(
        usage,
        source="reports",
        since=usage.begin,
        keys={name: _narrowed(name, used, periods, [each[0] for each in found], usage) for name, used in keys.items()},
        products={
            name: _narrowed(name, used, periods, [each[1] for each in found], usage) for name, used in products.items()
        },
    )


async def _report(session: Session, since: date) -> tuple[dict[str, Used], dict[str, Used]]:
    """Give what was called since a day: by key, and by product."""
    rows = await session.rows(f"reports/bySubscription?$filter=timestamp ge datetime'{since}T00:00:00'")
    keys: dict[str, Used] = {}
    products: dict[str, Used] = {}
    for row in rows:
        used = Used(int(row.get("callCountTotal") or 0), sum(int(row.get(name) or 0) for name in _FAILED))
        for named, found in (("subscriptionId", keys), ("productId", products)):
            name = str(row.get(named) or "").rsplit("/", 1)[-1]
            name = name.lower() if found is keys else name
            if name and used.calls:
                found[name] = found.get(name, NONE) + used
    return keys, products


def _narrowed(name: str, used: Used, periods: list[int], found: list[dict[str, Used]], usage: Usage) -> Used:
    """Say since which day at the earliest the last call was: that of the shortest period that has one."""
    days = next(days for days, counted in zip(periods, found, strict=True) if name in counted)
    return replace(used, last=usage.day - timedelta(days=days), exact=False)
