"""A request to `/v1/workspaces/ID/query` in; Log Analytics' answer out: token, workspace and role, then the query.

Shapes are those of Microsoft's pages "Azure Monitor Log Analytics API response format" and "errors". Codes are those of
that page; texts are unverified.
"""

import json
import re
import uuid
from functools import partial
from typing import Any, Final

from reconciler.emulator.analytics.kql import NotUnderstood, parse
from reconciler.emulator.analytics.running import run
from reconciler.emulator.analytics.table import TABLE, table
from reconciler.emulator.audiences import at_log_analytics
from reconciler.emulator.azure import Azure
from reconciler.emulator.planes import Handler, Reply
from reconciler.emulator.service import Service
from reconciler.emulator.tokens import Principal, TokenRefused
from reconciler.emulator.wire import Answer, Call

ACTION: Final = "Microsoft.OperationalInsights/workspaces/query/read"
_INTERVAL: Final = re.compile(r"(?P<since>[\d-]+T[\d:]+)(?:\.\d+)?Z/(?P<until>[\d-]+T[\d:]+)(?:\.\d+)?Z")
_MEMBERS: Final = frozenset({"query", "timespan", "workspaces"})


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str, inner: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.inner = status, code, message, inner

    def answer(self) -> Answer:
        inner = {"innererror": {"code": "SyntaxError", "message": self.inner}} if self.inner else {}
        error = {"message": self.message, "code": self.code, "correlationId": str(uuid.uuid4()), **inner}
        return Answer(self.status, {"error": error})


def find(call: Call, azure: Azure) -> Handler | None:
    match call.segments:
        case ("v1", "workspaces", workspace, "query"):
            return partial(_answered, call, azure, workspace)
    return None


def _answered(call: Call, azure: Azure, workspace: str) -> Reply:
    client = ""
    try:
        who = _who_asks(call, azure)
        client = who.client_id
        if call.method != "POST":
            raise _Refused(405, "MethodNotAllowed", "This local Azure takes queries by POST only.")
        services = _services(azure, who, workspace)
        return client, Answer(200, {"tables": [_result(services, _body(call))]})
    except _Refused as refused:
        return client, refused.answer()


def _who_asks(call: Call, azure: Azure) -> Principal:
    message = "The provided authentication is not valid for this resource"
    try:
        who = azure.tokens.principal(call.headers.get("authorization", ""))
    except TokenRefused as refused:
        raise _Refused(401, "AuthorizationRequiredError", message) from refused
    if not at_log_analytics(who.audience, call.base_url):
        raise _Refused(401, "InvalidTokenError", message)
    return who


def _services(azure: Azure, who: Principal, workspace: str) -> list[Service]:
    """Give the services that log there. Whoever may not ask is not told whether there is such a workspace."""
    known = azure.workspaces.services(workspace)
    if not azure.roles.allows(who.client_id, ACTION, f"/workspaces/{workspace}"):
        message = "The provided credentials have insufficient access to perform the requested operation"
        raise _Refused(403, "InsufficientAccessError", message)
    if known is None:
        raise _Refused(404, "WorkspaceNotFoundError", "The workspace could not be found")
    return [service for path, service in azure.services.items() if path in known]


def _body(call: Call) -> dict[str, Any]:
    try:
        body = json.loads(call.body)
    except ValueError as error:
        raise _bad("the body is not JSON") from error
    if not isinstance(body, dict) or not isinstance(body.get("query"), str) or set(body) - _MEMBERS:
        raise _bad("a query is missing, or something else is there")
    if body.get("workspaces"):
        raise _bad("this local Azure asks one workspace at a time")
    return body


def _result(services: list[Service], body: dict[str, Any]) -> dict[str, Any]:
    since, until = _between(body.get("timespan"))
    try:
        query = parse(body["query"])
        if query.table != TABLE:
            raise NotUnderstood(f"Failed to resolve table or column expression named '{query.table}'")
        return run(query, table(services, since, until))
    except NotUnderstood as unknown:
        raise _bad(str(unknown)) from unknown


def _between(timespan: object) -> tuple[str, str]:
    """Give both ends, of ISO 8601; a duration alone is not served here."""
    if timespan is None:
        return "", ""
    found = _INTERVAL.fullmatch(str(timespan))
    if found is None:
        raise _bad(f"this local Azure takes a timespan such as 2026-01-01T00:00:00Z/2026-02-01T00:00:00Z: {timespan}")
    return found["since"], found["until"]


def _bad(why: str) -> _Refused:
    return _Refused(400, "BadArgumentError", "The request had some invalid properties", inner=why)
