"""A write that goes on in the background in, the headers to poll with out; a poll in, its answer out.

Contract of 2024-05-01: `location` on the entity with asyncId and asyncCode, and Azure-AsyncOperation. Older versions
answered 202 with Location only (recorded: az named-value); for 2022-08-01 that is unverified, so both answer alike.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from reconciler.emulator.errors import AzureError, error_body, not_found
from reconciler.emulator.operations import Operation
from reconciler.emulator.service import Entity
from reconciler.emulator.visit import Handler, Visit
from reconciler.emulator.wire import Answer

_FAILED = ("ValidationError", "The operation failed and the entity was reverted.")  # unverified


def started(
    visit: Visit,
    entity: Entity,
    *,
    code: int,
    on_success: Callable[[], None],
    on_failure: Callable[[], None],
    late: AzureError | None = None,
) -> dict[str, str]:
    """Start an operation on an entity and give the headers that lead to it. `late` is what it is bound to fail with."""
    settings = visit.service.settings
    fails = late is not None or settings.fails_late("/".join(entity.segments))
    operation = visit.service.operations.start(
        entity.segments,
        code=code,
        polls=settings.slow_polls,
        fails=fails,
        finish=on_failure if fails else on_success,
        reason=late,
    )
    return _headers(visit, operation)


def polled_location(visit: Visit, get: Handler) -> Answer:
    """Answer the poll of Location: 202 while it runs, then the status it was promised, with the entity."""
    operation = _operation(visit, visit.call.query["asyncId"])
    if not operation.done:
        return Answer(202, None, _headers(visit, operation))
    if operation.fails:
        raise _reason(operation)
    if operation.code == 204:  # noqa: PLR2004  a delete
        return Answer(204)
    answer = get(visit)
    return Answer(operation.code, answer.body, answer.headers)


def polled_result(visit: Visit) -> Answer:
    """Answer the poll of Azure-AsyncOperation. Real ones were seen without `status` (azure-sdk-for-python #40909)."""
    operation = _operation(visit, visit.names[-1])
    body: dict[str, Any] = {
        "id": visit.service.id_of("tenant", "operationResults", operation.identifier),
        "name": operation.identifier,
        "status": operation.status,
    }
    if operation.status == "Failed":
        reason = _reason(operation)
        body |= error_body(reason.code, reason.message, reason.details)
    return Answer(200, body, {} if operation.done else _headers(visit, operation))


def _reason(operation: Operation) -> AzureError:
    return operation.reason or AzureError(400, *_FAILED)


def _operation(visit: Visit, identifier: str) -> Operation:
    operation = visit.service.operations.poll(identifier)
    if operation is None:
        raise not_found("Operation")
    return operation


def _headers(visit: Visit, operation: Operation) -> dict[str, str]:
    number = operation.identifier
    version, base = visit.call.query["api-version"], visit.call.base_url
    entity = "/".join(quote(segment, safe="") for segment in operation.target)
    service = f"{base}{quote(visit.service.path)}"
    settings = visit.service.settings
    return {
        "Location": f"{service}/{entity}?api-version={version}&asyncId={number}&asyncCode={operation.code}",
        "Azure-AsyncOperation": f"{service}/tenant/operationResults/{number}?api-version={version}",
        "Retry-After": str(settings.slow_retry_after if settings.slow_polls else 0),
    }
