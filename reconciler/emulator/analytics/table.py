"""What was called at some services in, the rows of `ApiManagementGatewayLogs` out: in part, as each row names.

Columns and types are those of Microsoft's page "ApiManagementGatewayLogs"; what is counted here has no more of them.
Success is a status of 2xx or 3xx there ("Gateway log schema"), and here what a report counts as success.
The members of a record of `TraceRecords` are those that published queries ask for; Microsoft lists none (unverified).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from reconciler.emulator.analytics.running import Rows
from reconciler.emulator.service import Service
from reconciler.emulator.usage import COUNTERS, Calls

TABLE: Final = "ApiManagementGatewayLogs"
COLUMNS: Final[Mapping[str, str]] = {
    "TimeGenerated": "datetime",
    "_ResourceId": "string",
    "ApimSubscriptionId": "string",
    "ProductId": "string",
    "ApiId": "string",
    "UserId": "string",
    "IsRequestSuccess": "bool",
    "TraceRecords": "dynamic",
}


def table(services: Iterable[Service], since: str, until: str) -> Rows:
    """Give what was called between two moments, each `2026-01-31T12:00:00`; an empty one is no bound."""
    rows = (
        row
        for service in services
        for calls in service.usage.calls
        if since <= calls.when and not (until and calls.when > until)
        for row in _rows(service, calls)
    )
    return Rows(COLUMNS, tuple(rows))


def _rows(service: Service, calls: Calls) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for counter in COUNTERS:
        if number := getattr(calls, counter):
            yield (
                number,
                {
                    "TimeGenerated": f"{calls.when}Z",
                    "_ResourceId": service.path.lower(),
                    "ApimSubscriptionId": calls.subscription,
                    "ProductId": calls.product,
                    "ApiId": calls.api,
                    "UserId": calls.user,
                    "IsRequestSuccess": counter == "success",
                    "TraceRecords": [dict(each) for each in calls.traces],
                },
            )
