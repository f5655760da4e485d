"""An admitted call in, the answer out: inbound, backend, outbound, and on-error when one of them fails."""

import json
from typing import Final

from reconciler.emulator.gateway.documents import statements
from reconciler.emulator.gateway.exchange import Exchange
from reconciler.emulator.gateway.messages import Headers, Response
from reconciler.emulator.gateway.refusals import Refused, Returned
from reconciler.emulator.gateway.running import run

_SECTIONS: Final = ("inbound", "backend", "outbound")


def answer(exchange: Exchange) -> Response:
    """Run the sections; what counters put off comes at the end, whatever the end was."""
    exchange.response = _through(exchange)
    try:
        for late in exchange.late:
            late()
    except Refused as refusal:
        exchange.response = told(refusal)
    for name, value in exchange.added:
        exchange.response.headers.put(name, [value])
    return exchange.response


def refused(exchange: Exchange, refusal: Refused) -> Response:
    """Answer an error, as `on-error` changes it (Microsoft: "Error handling in API Management policies")."""
    refusal.section = refusal.section or exchange.section
    exchange.error, exchange.section, exchange.response = refusal, "on-error", told(refusal)
    try:
        run(exchange, statements(exchange.service, exchange.admitted, "on-error"))
    except Returned as returned:
        return returned.response
    except Refused as another:
        return told(another)
    return exchange.response


def told(refusal: Refused) -> Response:
    """Say it as the gateway does: `{ "statusCode": 401, "message": ... }` is seen in many answers."""
    headers = Headers({**refusal.headers, "Content-Type": "application/json"})
    body = json.dumps({"statusCode": refusal.status, "message": refusal.told})
    return Response(refusal.status, "", headers, body.encode())


def _through(exchange: Exchange) -> Response:
    try:
        for section in _SECTIONS:
            exchange.section = section
            run(exchange, statements(exchange.service, exchange.admitted, section))
    except Returned as returned:
        return returned.response
    except Refused as refusal:
        return refused(exchange, refusal)
    return exchange.response
