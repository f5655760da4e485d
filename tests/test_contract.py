"""That the check of every exchange against Microsoft's description finds what it is there to find."""

import json
from typing import Any

import pytest
from contract import BEYOND, PRESENT, SWAGGER, Exchange, violations
from organisations import SERVICE

from reconciler.emulator.published import published

pytestmark = pytest.mark.skipif(not PRESENT, reason=f"Microsoft's description of the API, {SWAGGER.name}, is absent")
PRODUCT = {"id": "i", "name": "p", "type": "t", "properties": {"displayName": "P"}}
ERROR = {"error": {"code": "ValidationError", "message": "No.", "details": None}}


def exchange(ask: str, status: int, answer: Any, request: Any = None) -> Exchange:
    method, _, path = ask.partition(" ")
    bodies = [json.dumps(body).encode() if body is not None else b"" for body in (request, answer)]
    return Exchange(method, f"{SERVICE}/{path}".rstrip("/"), (), bodies[0], status, bodies[1])


@pytest.mark.parametrize(
    ("ask", "status", "answer", "request_body"),
    [
        ("GET products/p", 200, PRODUCT, None),
        ("GET products", 200, {"value": [PRODUCT], "count": 1}, None),
        ("PUT products/p", 201, PRODUCT, {"properties": {"displayName": "P"}}),
        ("GET apis/a%3Brev%3D2", 200, {"properties": {"path": "a"}}, None),
        ("DELETE products/p", 204, None, None),
        ("GET products/p", 404, ERROR, None),
        ("HEAD products/p", 404, None, None),
        ("GET tenant/operationResults/5a", 200, {"status": "Succeeded"}, None),
    ],
)
def test_what_is_described_passes(ask: str, status: int, answer: Any, request_body: Any) -> None:
    assert violations(exchange(ask, status, answer, request_body)) == []


@pytest.mark.parametrize(
    ("ask", "status", "answer", "request_body", "says"),
    [
        ("GET nonsense", 200, {}, None, "answered and not described"),
        ("PATCH policyFragments/f", 200, {}, None, "answered and not described"),
        ("GET products/p", 202, PRODUCT, None, "status 202 is not described"),
        ("DELETE products/p", 200, {"any": "body"}, None, "a body where none is described"),
        ("GET products/p", 200, {"properties": {"displayName": 1}}, None, "1 is not of type 'string'"),
        ("GET products/p", 200, {"properties": {"state": "open"}}, None, "'open' is not one of"),
        ("GET products/p", 200, {"properties": {"displayName": "P", "colour": "red"}}, None, "properties.colour"),
        ("GET products", 200, {"value": [{"extra": 1}]}, None, "value.extra"),
        ("PUT products/p", 201, PRODUCT, {"properties": {"displayName": 5}}, "accepted a request"),
        ("PUT products/p", 201, PRODUCT, {"properties": {"displayName": "x" * 301}}, "accepted a request"),
        ("GET products/p", 404, {"message": "No."}, None, "refuses in another form"),
        ("GET products/p", 404, {"error": {"code": 404, "message": "No.", "details": None}}, None, "another form"),
    ],
)
def test_what_departs_is_found(ask: str, status: int, answer: Any, request_body: Any, says: str) -> None:
    (found,) = violations(exchange(ask, status, answer, request_body))
    assert says in found


def test_every_path_that_is_served_is_described() -> None:
    for route in published():
        path = route.template.replace("reports/{}", "reports/bySubscription").replace("{}", "x")
        for verb in route.verbs:
            found = violations(exchange(f"{verb} {path}", 299, None))
            described = not any("answered and not described" in each for each in found)
            assert described, f"{verb} {route.template} stands in no description"
    assert len(BEYOND) == 1
