"""An API's operations and schemas in, an OpenAPI 3.0 document out, as API Management makes one of them.

Version, titles, servers, security and notes are those of an export quoted in Azure/apiops #96; how operations and their
schemas are told follows the properties' descriptions in the spec, and is unverified beyond that.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from reconciler.emulator.service import Entity, Service
from reconciler.emulator.service_document import service_document

_COMPONENTS: Final = "application/vnd.oai.openapi.components+json"
_METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_NOTE: Final = (
    f"The exported API contains schemas that aren't of content type '{_COMPONENTS}', and are hence not exported as"
    " OpenAPI components"
)  # quoted there
_TYPES: Final = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean", "array": "array"}
_KEY_NAMES: Final = {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"}


def document(service: Service, api: Entity) -> dict[str, Any]:
    """Make the document."""
    properties = api.properties
    info = {"title": properties["displayName"], "version": properties.get("apiVersion") or "1.0"}
    if properties.get("description"):
        info["description"] = properties["description"]
    made: dict[str, Any] = {
        "openapi": "3.0.1",
        "info": info,
        "servers": [{"url": address(service, api)}],
        "paths": _paths(service, api),
        "components": {},
    }
    components, noted = _components(service, api)
    made["components"] |= components
    if properties.get("subscriptionRequired", True):  # without it: unverified
        names = properties.get("subscriptionKeyParameterNames") or _KEY_NAMES
        made["components"]["securitySchemes"] = {
            f"apiKey{where.title()}": {"type": "apiKey", "name": names[where], "in": where}
            for where in ("header", "query")
        }
        made["security"] = [{"apiKeyHeader": []}, {"apiKeyQuery": []}]
    if noted:
        made["x-ms-export-notes"] = [_NOTE]
    return {name: value for name, value in made.items() if name == "paths" or value}


def address(service: Service, api: Entity) -> str:
    """Give where the gateway answers for an API; that a version is not in it is unverified."""
    gateway = service_document(service)["properties"]["gatewayUrl"]
    return "/".join(part for part in (gateway, api.properties.get("path")) if part)


def _paths(service: Service, api: Entity) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in service.rows("apis", api.name, "operations"):
        method = operation.properties["method"].lower()
        if method in _METHODS:
            path, _, query = operation.properties["urlTemplate"].partition("?")
            told = _operation(service, api, operation, dict(parse_qsl(query)))
            paths.setdefault("/" + path.lstrip("/").replace("{*", "{"), {})[method] = told
    return paths


def _operation(service: Service, api: Entity, operation: Entity, query: Mapping[str, str]) -> dict[str, Any]:
    said = operation.properties
    request = said.get("request") or {}
    asked = {value.strip("{}") for value in query.values()}
    parameters = [
        *(
            _parameter(each, "query" if each["name"] in asked else "path")
            for each in said.get("templateParameters") or ()
        ),
        *(_parameter(each, "query") for each in request.get("queryParameters") or ()),
        *(_parameter(each, "header") for each in request.get("headers") or ()),
    ]
    tags = service.links("apis/operations/tags").rights(f"{api.name}/{operation.name}")
    found = [service.find(("tags",), tag) for tag in tags]
    content = _content(request.get("representations") or ())
    responses = {str(each["statusCode"]): _response(each) for each in said.get("responses") or ()}
    told = {
        "tags": [tag.properties["displayName"] for tag in found if tag],
        "summary": said["displayName"],
        "description": said.get("description"),
        "operationId": operation.name,
        "parameters": parameters,
        "requestBody": {"content": content} if content else None,
    }
    return {name: value for name, value in told.items() if value} | {
        "responses": responses or {"200": {"description": ""}}
    }


def _parameter(parameter: Mapping[str, Any], where: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": _TYPES.get(parameter.get("type", ""), "string")}
    if parameter.get("values"):
        schema["enum"] = parameter["values"]
    told = {"name": parameter["name"], "in": where, "description": parameter.get("description")}
    required = {"required": True} if where == "path" or parameter.get("required") else {}
    return {name: value for name, value in told.items() if value} | required | {"schema": schema}


def _response(response: Mapping[str, Any]) -> dict[str, Any]:
    content = _content(response.get("representations") or ())
    return {"description": response.get("description") or ""} | ({"content": content} if content else {})


def _content(representations: Any) -> dict[str, Any]:
    return {
        each["contentType"]: (
            {"schema": {"$ref": f"#/components/schemas/{each['typeName']}"}} if each.get("typeName") else {}
        )
        for each in representations
    }


def _components(service: Service, api: Entity) -> tuple[dict[str, Any], bool]:
    """Give what schemas hold that are OpenAPI's, and whether there are others."""
    found: dict[str, Any] = {}
    others = False
    for schema in service.rows("apis", api.name, "schemas"):
        if schema.properties["contentType"] == _COMPONENTS:
            for part, held in _parts(schema.properties.get("document") or {}):
                found.setdefault(part, {}).update(held)
        else:
            others = True
    return found, others


def _parts(held: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from (held.get("components") or {}).items()
