"""Writes at Resource Manager in, Azure Monitor's activity log of them out: who did what to which resource, and when.

The REST list is documented (Activity Logs - List, 2015-04-01), and so is an event's schema; which details API
Management's events have beyond it, and how long after the write they come, is unverified.
"""

import re
import uuid
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from reconciler.emulator.errors import AzureError, detail, incorrect
from reconciler.emulator.service import PROVIDER
from reconciler.emulator.settings import Settings
from reconciler.emulator.tokens import Principal
from reconciler.emulator.wire import Answer, Call

ACTION: Final = "Microsoft.Insights/eventtypes/values/Read"
_KEPT = 100_000
_PAGE = 100
_DAYS = 90
_REFUSED = 400
_MOMENT = r"'?(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)'?"
_FILTER: Final = re.compile(
    rf"eventTimestamp ge {_MOMENT}(?: and eventTimestamp le {_MOMENT})?"
    r"(?: and (resourceGroupName|resourceUri|resourceProvider|correlationId) eq '?([^']+)'?)?",
    re.IGNORECASE,
)
_CLAIM: Final = "http://schemas.microsoft.com/identity/claims/"
_UPN: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"


class Activity:
    """The newest 100,000 events of this local Azure, oldest first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._events: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def write(self, call: Call, who: Principal, action: str, answer: Answer, correlation: str) -> None:
        """Write down what a request did; reads leave nothing, and no body is kept."""
        if call.method in ("GET", "HEAD"):
            return
        moment = _moment(self._settings.clock())
        done = answer.status < _REFUSED
        path = "/" + "/".join(call.segments)
        identifier = str(uuid.uuid4())
        self._events.append(
            {
                "id": f"{path}/events/{identifier}",
                "eventDataId": identifier,
                "eventTimestamp": moment,
                "submissionTimestamp": moment,
                "authorization": {"action": action, "scope": path},
                "caller": who.upn or who.object_id,
                "claims": _claims(who),
                "category": _value("Administrative"),
                "channels": "Operation",
                "correlationId": correlation,
                "operationId": correlation,
                "eventName": _value("EndRequest"),
                "level": "Informational" if done else "Error",
                "operationName": _value(action),
                "httpRequest": {"clientRequestId": identifier, "clientIpAddress": "127.0.0.1", "method": call.method},
                "resourceGroupName": call.segments[3],
                "resourceProviderName": _value(PROVIDER),
                "resourceId": path,
                "status": _value("Succeeded" if done else "Failed"),
                "subStatus": _value(f"HTTP Status Code: {answer.status}"),
                "subscriptionId": call.segments[1],
                "tenantId": who.tenant,
            }
        )

    def answered(self, call: Call) -> Answer:
        """Answer a page of one subscription's events, newest first; only the documented filters are taken."""
        match = _FILTER.fullmatch(call.query.get("$filter", "").strip())
        if match is None:
            raise incorrect(detail("$filter", "The filter is not one of those that are supported"))
        since, until, name, value = match.groups()
        if _seconds(since) < self._settings.clock() - _DAYS * 86_400:
            raise AzureError(400, "BadRequest", "The start time cannot be more than 90 days in the past.")
        found = [
            event
            for event in reversed(self._events)
            if event["subscriptionId"].lower() == call.segments[1].lower()
            and _seconds(since) <= _seconds(event["eventTimestamp"]) <= (_seconds(until) if until else float("inf"))
            and (name is None or _is(event, name.lower(), value))
        ]
        begin = int(call.query.get("$skipToken") or 0)
        wanted = [each for each in call.query.get("$select", "").replace(" ", "").split(",") if each]
        rows = [
            {key: each for key, each in event.items() if not wanted or key in wanted}
            for event in found[begin : begin + _PAGE]
        ]
        body: dict[str, Any] = {"value": rows}
        if begin + _PAGE < len(found):
            kept = "&".join(f"{key}={each}" for key, each in call.query.items() if key != "$skipToken")
            body["nextLink"] = f"{call.base_url}{call.path}?{kept}&$skipToken={begin + _PAGE}"
        return Answer(200, body)


def is_asked(call: Call) -> bool:
    """Whether a request is for a subscription's activity log."""
    lowered = tuple(segment.lower() for segment in call.segments)
    return call.method == "GET" and lowered[:1] + lowered[2:] == (
        "subscriptions",
        "providers",
        "microsoft.insights",
        "eventtypes",
        "management",
        "values",
    )


def _is(event: Mapping[str, Any], name: str, value: str) -> bool:
    provider = event["resourceProviderName"]["value"]
    here = {
        "resourcegroupname": event["resourceGroupName"],
        "resourceuri": event["resourceId"],
        "resourceprovider": provider,
        "correlationid": event["correlationId"],
    }[name]
    return bool(here.lower() == value.lower())


def _claims(who: Principal) -> dict[str, str]:
    about = {"appid": who.client_id, f"{_CLAIM}objectidentifier": who.object_id, f"{_CLAIM}tenantid": who.tenant}
    return about | ({_UPN: who.upn, "idtyp": "user"} if who.upn else {"idtyp": "app"})


def _value(text: str) -> dict[str, str]:
    return {"value": text, "localizedValue": text}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def _seconds(moment: str) -> float:
    text = re.sub(r"(\.\d{6})\d+", r"\1", moment.removesuffix("Z"))
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
