"""A request that policies let pass in, the answer of the backend out: an echo of what it was sent.

`forward-request` calls it (Microsoft: "Forward request"). The values of the subscription key and of Authorization are
not shown: the backend of a real API gets them, an echo would spread them.
"""

import json
from typing import Final

from reconciler.emulator.gateway.admission import key_names
from reconciler.emulator.gateway.exchange import Exchange
from reconciler.emulator.gateway.messages import Headers, Response
from reconciler.emulator.gateway.step import Policies, Policy, Step

_HIDDEN: Final = "(not shown)"


def _forward(step: Step) -> None:
    step.exchange.response = _echo(step.exchange)


def _echo(exchange: Exchange) -> Response:
    request, api = exchange.request, exchange.admitted.asked.api
    names = key_names(api)
    secret = {"authorization", names["header"].lower()}
    body = {
        "method": request.method,
        "path": f"/{request.path}",
        "backend": str(api.properties.get("serviceUrl") or ""),
        "query": {name: _HIDDEN if name == names["query"] else value for name, value in request.query.items()},
        "headers": {name: _HIDDEN if name.lower() in secret else value for name, value in request.headers},
        "body": request.body.decode(errors="replace"),
    }
    return Response(200, "OK", Headers({"Content-Type": "application/json"}), json.dumps(body).encode())


POLICIES: Final[Policies] = {
    "forward-request": Policy(
        _forward,
        frozenset(
            {
                "timeout",
                "timeout-ms",
                "continue-timeout",
                "http-version",
                "follow-redirects",
                "buffer-request-body",
                "buffer-response",
                "fail-on-error-status-code",
            }
        ),
    )
}
