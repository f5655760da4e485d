"""A workspace of Log Analytics and a service in; how often each key and application called it, and when last, out.

Columns are those of Microsoft's page "ApiManagementGatewayLogs". The log has no column for the application of a token:
it is known where a policy traces it, as docs/usage.md says, and read from `TraceRecords`, whose records' members
published queries ask for as here; Microsoft lists none (unverified).
"""

import os
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials_async import AsyncTokenCredential
from azure.monitor.query import LogsQueryPartialResult, LogsTableRow
from azure.monitor.query.aio import LogsQueryClient

from reconciler.azure.errors import translated
from reconciler.azure.identity import credential as environments_own
from reconciler.azure.session import LOOPBACK
from reconciler.azure.staying import Staying
from reconciler.azure.together import together
from reconciler.errors import AccessDenied, NotFound, Unavailable
from reconciler.usage.told import NONE, Used, day_of

_WORKSPACES: Mapping[str, str] = {  # Microsoft's page "Azure Monitor Log Analytics API overview", and of the clouds
    "login.microsoftonline.com": "https://api.loganalytics.io",
    "login.microsoftonline.us": "https://api.loganalytics.us",
    "login.chinacloudapi.cn": "https://api.loganalytics.azure.cn",
    "login.partner.microsoftonline.cn": "https://api.loganalytics.azure.cn",
}
_TABLE = "ApiManagementGatewayLogs\n| where _ResourceId =~ '{service}'"
_COUNTED = (
    "\n| summarize calls = count(), errors = countif(not(IsRequestSuccess)), last = max(TimeGenerated) by {whose}"
)
_FIRST = "\n| summarize first = min(TimeGenerated)"
_TOLD = (
    "\n| mv-expand told = TraceRecords"
    "\n| extend client = tostring(told.metadata.client), product = tostring(told.metadata.product)"
    "\n| where tostring(told.source) == 'access' and tostring(told.message) == 'called' and isnotempty(client)"
)


class LogDenied(AccessDenied):
    """401 or 403 of a workspace: another role than the service's."""

    advice = "Give this identity the role Log Analytics Reader on that workspace"


class NoWorkspace(NotFound):
    """404 of a workspace."""

    advice = "`log_analytics` is the Workspace ID on its overview, and no resource id"


@dataclass(slots=True)
class Logged:
    """What the log tells: the first days of which it knows, and what was called in the period asked about."""

    since: date | None = None
    clients_since: date | None = None
    keys: dict[str, Used] = field(default_factory=dict)
    products: dict[str, Used] = field(default_factory=dict)
    clients: dict[tuple[str, str], Used] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Log:
    """One workspace, opened."""

    client: LogsQueryClient
    workspace: str

    async def called(self, service: str, day: date, days: int) -> Logged:
        """Ask about one service, up to the end of a day. Raises rather than take a part of an answer for all of it."""
        table = _TABLE.format(service=_within_quotes(service))
        end = datetime.combine(day, time.max, UTC).replace(microsecond=0)
        begin = datetime.combine(day - timedelta(days=days), time.min, UTC)
        with self._read():
            return await self._called(table, (begin, end))

    async def _called(self, table: str, period: tuple[datetime, datetime]) -> Logged:
        keys, clients, first, clients_first = await together(
            self._rows(table + _COUNTED.format(whose="ApimSubscriptionId, ProductId"), period),
            self._rows(table + _TOLD + _COUNTED.format(whose="product, client"), period),
            self._rows(table + _FIRST, None),
            self._rows(table + _TOLD + _FIRST, None),
        )
        return _logged(keys, clients, since=_first(first), clients_since=_first(clients_first))

    @property
    def _doing(self) -> str:
        return f"asking the gateway log in workspace {self.workspace}"

    @contextmanager
    def _read(self) -> Iterator[None]:
        """Turn into one of ours what the client, or we, make of an answer that is none."""
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise Unavailable(self._doing, detail="this is no Log Analytics: it did not answer as one") from error

    async def _rows(self, query: str, timespan: tuple[datetime, datetime] | None) -> list[LogsTableRow]:
        doing = self._doing
        try:
            with translated(doing):
                answer = await self.client.query_workspace(self.workspace, query, timespan=timespan)
        except AccessDenied as error:
            raise LogDenied(doing, status=error.status, code=error.code, detail=error.detail) from error
        except NotFound as error:
            raise NoWorkspace(doing, status=error.status, code=error.code, detail=error.detail) from error
        if isinstance(answer, LogsQueryPartialResult):
            said = answer.partial_error.message if answer.partial_error else ""
            raise Unavailable(doing, detail=f"the answer is not whole: {said}")
        return [row for table in answer.tables for row in table.rows]


@asynccontextmanager
async def log(
    workspace: str,
    address: str,
    *,
    credential: AsyncTokenCredential | None = None,
    transport: Any = None,
    backoff: float = 0.8,
) -> AsyncIterator[Log]:
    """Open a workspace with the credential that the environment calls for; tests pass a transport, and waits."""
    own = None if credential else environments_own(os.environ)
    options: dict[str, Any] = {"transport": transport} if transport else {}
    client = LogsQueryClient(
        credential or own,  # type: ignore[arg-type]
        endpoint=address,
        per_retry_policies=[Staying(address)],
        retry_backoff_factor=backoff,
        user_agent="reconciler",
        **options,
    )
    try:
        async with client:
            yield Log(client, workspace)
    finally:
        if own:
            await own.close()


def log_analytics_of(endpoint: str, authority: str) -> str | None:
    """Give the address to ask; the emulator answers for it, too. None where none is known: no token is sent there."""
    if urlsplit(endpoint).hostname in LOOPBACK:
        return endpoint.rstrip("/")
    return _WORKSPACES.get(urlsplit(authority).hostname or "")


def _within_quotes(text: str) -> str:
    """Keep what people write as a resource id from ending the string that it stands in."""
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _logged(
    keys: Iterable[LogsTableRow], clients: Iterable[LogsTableRow], *, since: date | None, clients_since: date | None
) -> Logged:
    logged = Logged(since, clients_since)
    for row in keys:
        used = _used(row)
        if key := str(row["ApimSubscriptionId"] or "").lower():
            logged.keys[key] = logged.keys.get(key, NONE) + used
        if product := str(row["ProductId"] or ""):
            logged.products[product] = logged.products.get(product, NONE) + used
    for row in clients:
        names = str(row["product"] or "").lower(), str(row["client"]).lower()
        logged.clients[names] = logged.clients.get(names, NONE) + _used(row)
    return logged


def _used(row: LogsTableRow) -> Used:
    return Used(int(row["calls"]), int(row["errors"]), day_of(row["last"]))


def _first(rows: list[LogsTableRow]) -> date | None:
    return day_of(rows[0]["first"]) if rows else None
