"""A request in, the answer of this local Azure out: sign-in, then token, api-version, permission, throttling, route."""

import re
import uuid
from typing import Final

from reconciler.emulator import accounts, activity, authority, planes, workloads
from reconciler.emulator.analytics import door as analytics
from reconciler.emulator.azure import SERVICE_DEPTH, Azure
from reconciler.emulator.bearer import who_asks
from reconciler.emulator.definitions import door as blob
from reconciler.emulator.errors import AzureError, busy, unknown_path, wrong_verb
from reconciler.emulator.gateway import door as gateway
from reconciler.emulator.graph import door as graph
from reconciler.emulator.log import Entry, Plane
from reconciler.emulator.polling import polled_location
from reconciler.emulator.routes import Found, find
from reconciler.emulator.tiers import refuse_missing
from reconciler.emulator.tokens import Principal
from reconciler.emulator.vault import door as vault
from reconciler.emulator.visit import Visit
from reconciler.emulator.wire import Answer, Call

VERSIONS = ("2022-08-01", "2024-05-01")
_BESIDE: Final[tuple[planes.Door, ...]] = (
    ("gateway", gateway.find),
    ("blob", blob.find),
    ("vault", vault.find),
    ("identity", authority.find),
    ("identity", workloads.find),
    ("graph", graph.find),
    ("analytics", analytics.find),
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z]+)?")


def handle(azure: Azure, call: Call, *, instead: Answer | None = None, stale: bool = False) -> Answer:
    """Answer one request and write it down. `instead` is the answer of a fault: logged, and nothing is done.

    A `stale` read sees the service as it was before the newest write.
    """
    with azure.lock:
        beside = planes.find(call, azure, _BESIDE)
        if beside is not None:
            return _beside(azure, call, *beside, instead=instead)
        identifier, client = str(uuid.uuid4()), ""
        headers = {"x-ms-request-id": identifier, "x-ms-correlation-request-id": identifier}
        try:
            if instead is None:
                who = who_asks(call, azure.tokens)
                client = who.client_id
                answer = _at_arm(azure, call, who, headers, stale=stale)
            else:
                answer = instead
        except AzureError as error:
            answer = error.answer()
        azure.log.add(_entry(call, "arm", client, answer.status))
        return Answer(answer.status, answer.body, {**headers, **answer.headers})


def _beside(azure: Azure, call: Call, plane: Plane, handler: planes.Handler, *, instead: Answer | None) -> Answer:
    """Answer what Resource Manager has no part in."""
    client, answer = ("", instead) if instead is not None else handler()
    azure.log.add(_entry(call, plane, client, answer.status))
    return Answer(answer.status, answer.body, {"x-ms-request-id": str(uuid.uuid4()), **answer.headers})


def cut_off(azure: Azure, call: Call) -> None:
    """Write down a request whose connection is cut before anything is done."""
    beside = planes.find(call, azure, _BESIDE)
    azure.log.add(_entry(call, beside[0] if beside else "arm", "", 0))


def _entry(call: Call, plane: Plane, client: str, status: int) -> Entry:
    is_token, host = authority.is_token_request(call), call.headers.get("host", "")
    query = {} if plane in ("gateway", "blob") else call.query  # there a key may stand in it, or the link's
    return Entry(client, call.method, call.path, query, status, is_token, plane, host)


def _at_arm(azure: Azure, call: Call, who: Principal, headers: dict[str, str], *, stale: bool) -> Answer:
    subscription = call.segments[1] if len(call.segments) > 1 else ""
    version = call.query.get("api-version", "")
    if not version:
        raise AzureError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    headers |= azure.throttling.take(call.method, principal=who.client_id, subscription=subscription)
    if activity.is_asked(call):
        _check_permission(azure, call, who, activity.ACTION)
        return azure.activity.answered(call)
    above = accounts.answered(call, azure)  # these have api-versions of their own, which are not looked at
    if above is not None:
        return above
    _check_version(version)
    service = azure.service_at(call.segments[:SERVICE_DEPTH])
    if service is None:
        raise unknown_path("/".join(call.segments[6:7]) or "service", version)
    below = call.segments[SERVICE_DEPTH:]
    found = find(below)
    if found is None:
        raise unknown_path("/".join(("service", *below[::2])), version)
    action = found.route.action(call.method)
    _check_permission(azure, call, who, action)
    if call.method in ("GET", "HEAD"):
        service = azure.earlier.get(service.path, service) if stale else service
    elif azure.faults.look_back:
        azure.earlier[service.path] = service.copy()
    try:
        answer = _routed(azure, Visit(call, service, found.names), found)
    except AzureError as error:
        azure.activity.write(call, who, action, error.answer(), headers["x-ms-correlation-request-id"])
        raise
    azure.activity.write(call, who, action, answer, headers["x-ms-correlation-request-id"])
    return answer


def _routed(azure: Azure, visit: Visit, found: Found) -> Answer:
    call = visit.call
    handler = found.route.verbs.get(call.method)
    if handler is None:
        raise wrong_verb(call.method)
    refuse_missing(visit.service, found.route.template)
    if call.method == "GET":
        return polled_location(visit, handler) if "asyncId" in call.query else handler(visit)
    if call.method != "HEAD":
        azure.changes += 1
        below = call.segments[SERVICE_DEPTH:]
        if below[:1] == ("apis",) and visit.service.operations.is_busy(below[:2]):
            raise busy()
    return handler(visit)


def _check_version(version: str) -> None:
    """Answer as ARM does; the wording of the second is shortened, which is unverified."""
    if version in VERSIONS:
        return
    known = ", ".join(VERSIONS)
    if not _DATE.fullmatch(version):
        raise AzureError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{version}' is invalid. The supported versions are '{known}'.",
        )
    raise AzureError(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location 'westeurope' and API version '{version}'"
        f" for type 'service'. The supported api-versions are '{known}'. The supported locations are 'westeurope'.",
    )


def _check_permission(azure: Azure, call: Call, who: Principal, action: str) -> None:
    if azure.roles.allows(who.client_id, action, call.path):
        return
    raise AzureError(
        403,
        "AuthorizationFailed",
        f"The client '{who.client_id}' with object id '{who.object_id}' does not have authorization to perform action"
        f" '{action}' over scope '{call.path}' or the scope is invalid. If access was recently granted, please refresh"
        " your credentials.",
    )
