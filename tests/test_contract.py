"""That the check of every exchange against Microsoft's description finds what it is there to find."""

import asyncio
import json
from typing import Any

import pytest
from checked import DEPARTURES, checked
from contract import BEYOND, Exchange, violations
from description import PRESENT, SWAGGER
from organisations import SERVICE
from starlette.types import Receive, Scope, Send

from reconciler.emulator import Azure
from reconciler.emulator.published import published

pytestmark = pytest.mark.skipif(not PRESENT, reason=f"Microsoft's description of the API, {SWAGGER.name}, is absent")
PRODUCT = {"id": "i", "name": "p", "type": "t", "properties": {"displayName": "P"}}
ERROR = {"error": {"code": "ValidationError", "message": "No.", "details": None}}


TAGGED = {"etag": '"AAAAAADmk8A="'}


def exchange(ask: str, status: int, answer: Any, request: Any = None, **more: Any) -> Exchange:
    """Give an exchange as it should be: with an ETag where the answer is an entity's."""
    method, _, path = ask.partition(" ")
    bodies = [json.dumps(body).encode() if body is not None else b"" for body in (request, answer)]
    entity = "/" in path and "tenant" not in path and method in ("GET", "PUT", "HEAD") and status in (200, 201)
    headers = more.get("headers", TAGGED if entity else {})
    query = tuple(more.get("query", ()))
    return Exchange(method, f"{SERVICE}/{path}".rstrip("/"), query, bodies[0], status, bodies[1], headers)


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
        ("GET products/p", 200, None, None, "has no JSON where a body is described"),
        ("GET products/p", 404, {"message": "No."}, None, "refuses in another form"),
        ("GET products/p", 404, None, None, "refuses in another form"),
        ("HEAD products/p", 404, ERROR, None, "a body where none is described"),
        ("GET tenant/operationResults/5a", 200, {"status": 1}, None, "1 is not of type 'string'"),
        ("GET products/p", 404, {"error": {"code": 404, "message": "No.", "details": None}}, None, "another form"),
    ],
)
def test_what_departs_is_found(ask: str, status: int, answer: Any, request_body: Any, says: str) -> None:
    (found,) = violations(exchange(ask, status, answer, request_body))
    assert says in found


LATER = {"location": "https://a", "azure-asyncoperation": "https://b"}
POLL = [("asyncId", "5a"), ("asyncCode", "201")]


@pytest.mark.parametrize(
    ("ask", "status", "answer", "more", "says"),
    [
        ("GET products/p", 200, PRODUCT, {"headers": {}}, "has no ETag"),
        ("GET products", 200, {"value": []}, {"headers": TAGGED}, "has an ETag, which is not described"),
        ("GET products/p", 200, PRODUCT, {"headers": {"etag": "W/1"}}, "an ETag of another form"),
        ("DELETE users/u", 202, None, {"headers": {"location": "https://a"}}, "has no azure-asyncoperation"),
        ("GET namedValues/n", 201, {"properties": {"value": 5}}, {"query": POLL}, "5 is not of type 'string'"),
        ("GET users/u", 202, {"any": "body"}, {"query": POLL}, "a body where none is described"),
    ],
)
def test_headers_and_polls_are_held_to_it_too(ask: str, status: int, answer: Any, more: Any, says: str) -> None:
    (found,) = violations(exchange(ask, status, answer, **more))
    assert says in found


def test_what_is_accepted_for_later_and_what_is_polled_passes() -> None:
    assert violations(exchange("DELETE users/u", 202, None, headers=LATER)) == []
    assert violations(exchange("GET users/u", 202, None, query=POLL)) == []
    assert violations(exchange("GET users/u", 204, None, query=POLL)) == []
    assert violations(exchange("GET namedValues/n", 201, {"properties": {"displayName": "n"}}, query=POLL)) == []


def test_what_is_above_a_service_is_held_to_it_too() -> None:
    above = f"{SERVICE.partition('/resourceGroups')[0]}/providers/Microsoft.ApiManagement"
    path = f"{above}/locations/westeurope/operationStatuses/5a"
    assert violations(Exchange("GET", path, (), b"", 200, b'{"status": "Succeeded"}')) == []
    assert violations(Exchange("GET", path, (), b"", 200, b'{"status": 1}'))
    assert violations(Exchange("GET", f"{above}/nonsense", (), b"", 200, b"{}"))
    assert violations(Exchange("GET", "/subscriptions/s/resourceGroups/rg", (), b"", 200, b"{}")) == []


async def in_another_shape(_: Scope, receive: Receive, send: Send) -> None:
    """Answer everything with 200 and no JSON."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"etag", b'"AAAAAADmk8A="')]})
    await send({"type": "http.response.body", "body": b"no JSON"})


def departed(azure: Azure) -> list[str]:
    """Ask for a product what answers in another shape, and take what was found."""
    path, query = f"{SERVICE}/products/p".encode(), b"api-version=2024-05-01"

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(_: Any) -> None:
        """Nobody waits for the answer."""

    asyncio.run(
        checked(azure, in_another_shape)({"method": "GET", "raw_path": path, "query_string": query}, receive, send)
    )
    found = list(DEPARTURES)
    DEPARTURES.clear()
    return found


def test_a_departure_fails_every_test_that_makes_it() -> None:
    azure = Azure()
    assert departed(azure) == departed(azure) != []


def test_only_an_answer_that_may_be_a_faults_is_let_pass() -> None:
    azure = Azure()
    azure.fault(status=500, times=None)
    azure.fault(cut="after", times=None)
    assert departed(azure) != []
    azure.fault(path="/groups", status=200, body={"value": "wrong"})
    assert departed(azure) == []


def test_every_path_that_is_served_is_described() -> None:
    for route in published():
        path = route.template.replace("reports/{}", "reports/bySubscription").replace("{}", "x")
        for verb in route.verbs:
            found = violations(exchange(f"{verb} {path}", 299, None))
            described = not any("answered and not described" in each for each in found)
            assert described, f"{verb} {route.template} stands in no description"
    assert len(BEYOND) == 1
