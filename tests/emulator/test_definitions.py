"""What is answered for the definition of an API: formats, types, links that last five minutes, and what they refuse."""

import json
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from caller import SERVICE, Arm, Reply

COMPONENTS = "application/vnd.oai.openapi.components+json"
SDL = "application/vnd.ms-azure-apim.graphql.schema"
REPRESENTED = {"representations": [{"contentType": "application/json", "typeName": "Order"}]}
ENTITIES: dict[str, dict[str, Any]] = {
    "tags/reading": {"displayName": "Reading"},
    "apis/orders": {"displayName": "Order API", "path": "orders/v1", "description": "Orders.", "type": "http"},
    "apis/orders/schemas/s": {
        "contentType": COMPONENTS,
        "document": {"components": {"schemas": {"Order": {"type": "object"}}}},
    },
    "apis/orders/operations/get": {
        "displayName": "One order",
        "method": "GET",
        "urlTemplate": "/orders/{id}?at={day}",
        "templateParameters": [{"name": "id", "type": "string"}, {"name": "day", "type": "string", "required": True}],
        "request": {"headers": [{"name": "X-Trace", "type": "string"}]},
        "responses": [{"statusCode": 200, "description": "It", **REPRESENTED}],
    },
    "apis/orders/operations/get/tags/reading": {},
    "apis/orders/operations/put": {"method": "PUT", "urlTemplate": "/orders/{id}", "request": REPRESENTED},
    "apis/billing": {"displayName": "Billing", "path": "billing", "type": "soap"},
    "apis/billing/operations/charge": {"displayName": "Charge", "method": "POST", "urlTemplate": "/?op=charge"},
    "apis/catalog": {"displayName": "Catalog", "path": "catalog", "type": "graphql"},
    "apis/catalog/schemas/graphql": {"contentType": SDL, "document": {"value": "type Query { a: Int }"}},
    "apis/ticker": {"displayName": "Ticker", "path": "ticker", "type": "websocket"},
    "apis/ledger": {"displayName": "Ledger", "path": "ledger", "type": "grpc"},
    "apis/feed": {"displayName": "Feed", "path": "feed", "type": "odata"},
}


@pytest.fixture
def arm() -> Arm:
    arm = Arm()
    arm.azure.seed(SERVICE, ENTITIES)
    return arm


def export(arm: Arm, api: str, form: str) -> Reply:
    return arm("GET", f"apis/{api}", query=f"export=true&format={quote(form)}")


def test_an_openapi_document_tells_operations_schemas_tags_address_and_keys(arm: Arm) -> None:
    told = export(arm, "orders", "openapi+json").json
    assert told["openapi"] == "3.0.1"
    assert told["info"] == {"title": "Order API", "version": "1.0", "description": "Orders."}
    assert told["servers"] == [{"url": "https://apim-dev.azure-api.net/orders/v1"}]
    get = told["paths"]["/orders/{id}"]["get"]
    assert [(each["name"], each["in"]) for each in get["parameters"]] == [
        ("id", "path"),
        ("day", "query"),
        ("X-Trace", "header"),
    ]
    assert (get["operationId"], get["tags"], get["summary"]) == ("get", ["Reading"], "One order")
    schema = {"schema": {"$ref": "#/components/schemas/Order"}}
    assert get["responses"]["200"]["content"] == {"application/json": schema}
    assert told["paths"]["/orders/{id}"]["put"]["requestBody"]["content"] == {"application/json": schema}
    assert told["components"]["schemas"] == {"Order": {"type": "object"}}
    assert set(told["components"]["securitySchemes"]) == {"apiKeyHeader", "apiKeyQuery"}


@pytest.mark.parametrize(
    ("api", "form", "begin"),
    [
        ("orders", "openapi", "components:"),
        ("orders", "openapi+json", "{"),
        ("orders", "swagger", '{\n  "swagger"'),
        ("orders", "wadl", "<?xml"),
        ("billing", "wsdl", "<?xml"),
        ("billing", "openapi", "components:"),
        ("ledger", "openapi", "components:"),
        ("feed", "openapi", "components:"),
    ],
)
def test_each_format_is_the_same_in_the_answer_and_behind_its_link(arm: Arm, api: str, form: str, begin: str) -> None:
    inline = export(arm, api, form)
    assert inline.status == 200
    assert inline.body.decode().startswith(begin)
    link = export(arm, api, f"{form}-link").properties["value"]["link"]
    got = read(arm, link)
    assert (got.status, got.body) == (200, inline.body)
    assert got.headers["content-type"] == inline.headers["content-type"]


def read(arm: Arm, link: str, *, anonymous: bool = True, method: str = "GET") -> Reply:
    path, _, query = link.removeprefix("https://localhost:8443").partition("?")
    return arm(method, path, query=query, version="", anonymous=anonymous)


def linked(arm: Arm, api: str = "orders") -> str:
    return str(export(arm, api, "openapi-link").properties["value"]["link"])


def test_a_link_opens_for_five_minutes_for_whoever_has_the_whole_of_it_and_shows_no_token(arm: Arm) -> None:
    moment = [1_800_000_000.0]
    arm.azure.settings.clock = lambda: moment[0]
    link = linked(arm)
    assert "/api-export/Order API.yaml?sv=2017-04-17&sr=b&sig=" in link
    assert "&se=2027-01-15T08:05:00Z&sp=r" in link
    assert read(arm, link).status == 200
    assert read(arm, link, anonymous=False).status == 401
    assert read(arm, link, method="PUT").status == 403
    assert read(arm, link.replace("Order", "Other")).status == 403
    assert read(arm, link.replace("sig=", "sig=A")).status == 403
    moment[0] += 301
    late = read(arm, link)
    assert late.status == 403
    assert b"<Code>AuthenticationFailed</Code>" in late.body
    assert {entry.plane for entry in arm.azure.log.at("blob")} == {"blob"}
    assert not [entry for entry in arm.azure.log.at("blob") if entry.query]


def test_of_two_apis_of_one_name_that_are_exported_quickly_both_links_give_the_last(arm: Arm) -> None:
    moment = [1_800_000_000.0]
    arm.azure.settings.clock = lambda: moment[0]
    arm.azure.seed(SERVICE, {"apis/orders-v2": {"displayName": "Order API", "path": "orders/v2"}})
    one, two = linked(arm), linked(arm, "orders-v2")
    assert one != two
    assert read(arm, one).body == read(arm, two).body == export(arm, "orders-v2", "openapi").body
    moment[0] += 10
    assert read(arm, linked(arm)).body == export(arm, "orders", "openapi").body
    assert read(arm, two).body == export(arm, "orders-v2", "openapi").body


@pytest.mark.parametrize("shape", ["properties", "published", "link"])
def test_the_link_is_answered_in_each_shape_that_was_met(arm: Arm, shape: str) -> None:
    arm.azure.settings.export_shape = shape
    body = export(arm, "orders", "openapi+json-link").json
    link = {"properties": lambda: body["properties"]["value"], "published": lambda: body["value"], "link": lambda: body}
    assert read(arm, link[shape]()["link"]).json["openapi"] == "3.0.1"
    assert "etag" not in export(arm, "orders", "openapi-link").headers


@pytest.mark.parametrize(
    ("api", "form", "status", "says"),
    [
        ("orders", "wsdl-link", 400, "API of type 'http' cannot be exported to wsdl"),
        ("catalog", "wsdl", 400, "API of type 'graphql' cannot be exported to wsdl"),
        ("ticker", "openapi-link", 400, "API of type 'websocket' cannot be exported to openapi"),
        ("catalog", "graphql-link", 406, "no definition of this format"),
        ("orders", "yaml", 400, "One or more fields"),
        ("orders", "", 400, "One or more fields"),
        ("nobody", "openapi", 404, "API not found."),
    ],
)
def test_what_cannot_be_exported_is_refused(arm: Arm, api: str, form: str, status: int, says: str) -> None:
    refused = export(arm, api, form)
    assert refused.status == status
    assert says in refused.error["message"]


def test_without_inline_exports_only_links_are_given(arm: Arm) -> None:
    arm.azure.settings.inline_exports = False
    assert export(arm, "orders", "openapi").status == 400
    assert export(arm, "orders", "openapi-link").status == 200


def test_a_graphql_api_has_its_schema_beside_a_document_that_says_so(arm: Arm) -> None:
    assert arm("GET", "apis/catalog/schemas/graphql").properties["document"]["value"] == "type Query { a: Int }"
    assert "hence not exported" in export(arm, "catalog", "openapi+json").json["x-ms-export-notes"][0]


def test_a_wsdl_is_xml_and_names_its_operations_and_where_the_gateway_is(arm: Arm) -> None:
    root = ET.fromstring(export(arm, "billing", "wsdl").body)  # noqa: S314  the emulator's own
    names = [each.get("name") for each in root.iter("{http://schemas.xmlsoap.org/wsdl/}operation")]
    places = [each.get("location") for each in root.iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")]
    assert (names, places) == (["Charge"], ["https://apim-dev.azure-api.net/billing"])


def test_an_operation_that_changes_is_in_the_next_export_and_leaves_the_etag_of_the_api(arm: Arm) -> None:
    before = arm("HEAD", "apis/orders").headers["etag"]
    operation = {"displayName": "List", "method": "GET", "urlTemplate": "/orders"}
    assert arm("PUT", "apis/orders/operations/list", operation).status == 201
    assert "/orders" in export(arm, "orders", "openapi+json").json["paths"]
    assert arm("HEAD", "apis/orders").headers["etag"] == before


@pytest.mark.parametrize(("given", "shown"), [({"apiType": "graphql"}, "graphql"), ({"type": "grpc"}, "grpc")])
def test_the_type_of_an_api_is_said_when_it_is_made(arm: Arm, given: dict[str, str], shown: str) -> None:
    made = arm("PUT", "apis/new", {"path": "new", "displayName": "New", **given})
    assert (made.status, made.properties["type"]) == (201, shown)
    assert "apiType" not in made.properties
    assert arm("PUT", "apis/other", {"path": "other", "type": "smtp"}).status == 400


def test_without_export_the_api_itself_is_answered(arm: Arm) -> None:
    assert json.loads(arm("GET", "apis/orders", query="export=false&format=openapi").body)["name"] == "orders"
    assert "etag" in arm("GET", "apis/orders").headers
