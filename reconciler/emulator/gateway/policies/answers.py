"""Policies that set messages in, the request, the response or a whole answer changed out.

Microsoft: "Set header", "Set body", "Set status", "Return response", "Mock response", "Set variable".
"""

from typing import Final

from reconciler.emulator.gateway.messages import Headers, Response
from reconciler.emulator.gateway.refusals import NotKnown, Returned
from reconciler.emulator.gateway.step import Policies, Policy, Step, refuse_other


def _set_variable(step: Step) -> None:
    written = step.element.get("value", "")
    step.exchange.variables[step.demanded("name")] = step.value(written)


def _set_header(step: Step) -> None:
    exchange = step.exchange
    _to_headers(step, exchange.request.headers if exchange.is_inbound() else exchange.response.headers)


def _to_headers(step: Step, headers: Headers) -> None:
    name, values = step.demanded("name"), [step.text(value) for value in step.element]
    match step.attribute("exists-action", "override"):
        case "override":
            headers.put(name, values)
        case "skip" if name not in headers:
            headers.put(name, values)
        case "skip":
            pass
        case "append":
            headers.append(name, values)
        case "delete":
            headers.drop(name)
        case other:
            raise NotKnown(f'set-header with exists-action="{other}"')


def _set_body(step: Step) -> None:
    body = step.text(step.element).encode()
    if step.exchange.is_inbound():
        step.exchange.request.body = body
    else:
        step.exchange.response.body = body


def _set_status(step: Step) -> None:
    _to_status(step, step.exchange.response)


def _to_status(step: Step, response: Response) -> None:
    """HTTP/2 has no reason, and so it is not sent here; policies see it."""
    response.status, response.reason = step.number("code"), step.attribute("reason", "") or ""


def _return_response(step: Step) -> None:
    """Without more it is `200 OK` with no body."""
    response = Response()
    for child in step.element:
        part = step.of(child)
        refuse_other(part, POLICIES[child.tag])
        match child.tag:
            case "set-status":
                _to_status(part, response)
            case "set-header":
                _to_headers(part, response.headers)
            case _:
                response.body = part.text(child).encode()
    raise Returned(response)


def _mock_response(step: Step) -> None:
    """Answer with the status; Azure would look for an example of the operation, and none is kept here."""
    headers = Headers({"Content-Type": step.attribute("content-type", "application/json") or ""})
    raise Returned(Response(step.number("status-code", "200"), headers=headers))


POLICIES: Final[Policies] = {
    "set-variable": Policy(_set_variable, frozenset({"name", "value"})),
    "set-header": Policy(_set_header, frozenset({"name", "exists-action"}), frozenset({"value"})),
    "set-body": Policy(_set_body),
    "set-status": Policy(_set_status, frozenset({"code", "reason"})),
    "return-response": Policy(_return_response, children=frozenset({"set-status", "set-header", "set-body"})),
    "mock-response": Policy(_mock_response, frozenset({"status-code", "content-type"})),
}
