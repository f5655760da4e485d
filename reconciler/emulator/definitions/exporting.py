"""A GET of an API in, with `export=true` its definition out: behind a link of five minutes, or in the answer itself.

* `swagger-link`, `wsdl-link`, `wadl-link`, `openapi-link` and `openapi+json-link` are published (ExportFormat). Without
  `-link` Azure answers with the definition itself, not wrapped in JSON (azure-sdk-for-js #13123; apiops-cli falls back
  to it for WSDL); nothing publishes that, so `inline_exports` turns it off.
* Published is `{id, format, value: {link}}` (ApiExportResult). What is answered has `format` and `value` below
  `properties` (azure-sdk-for-python #16452, azure-sdk-for-go #21966, the docs of `az apim api export`), and was the
  link alone in 2019-12-01 (azure-sdk-for-js #13123). `export_shape` chooses.
* A name with blanks stands in the link as it is (azure-sdk-for-python #16452: `Echo API.yaml?sv=`).
* An export has no ETag, and changing an operation or a schema leaves the API's own as it was: both unverified. Each of
  them is an entity with an ETag of its own, and an API's changes with its row (recorded for products and policies).
"""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from ruamel.yaml import YAML

from reconciler.emulator.definitions import openapi, xml
from reconciler.emulator.definitions.shelf import CONTAINER
from reconciler.emulator.entities import Entities
from reconciler.emulator.errors import AzureError, detail, incorrect, invalid
from reconciler.emulator.service import TYPE, Entity, Service
from reconciler.emulator.visit import Handler, Visit
from reconciler.emulator.wire import Answer

_LINK: Final = "-link"
_TOLD: Final[Mapping[str, tuple[str, str, str]]] = {  # file, media type, what the answer calls it (ExportResultFormat)
    "swagger": ("json", "application/vnd.swagger.doc+json", "swagger-link-json"),
    "openapi": ("yaml", "application/vnd.oai.openapi", "openapi-link"),
    "openapi+json": ("json", "application/vnd.oai.openapi+json", "openapi-link"),
    "wsdl": ("wsdl", "application/wsdl+xml", "wsdl-link+xml"),
    "wadl": ("wadl", "application/vnd.sun.wadl+xml", "wadl-link-json"),
}


def exporting(apis: Entities) -> Handler:
    """Add the export to the GET of an API."""

    def handler(visit: Visit) -> Answer:
        if visit.call.query.get("export", "").lower() != "true":
            return apis.get(visit)
        api = apis.kind.demand(visit.service, ("apis",), visit.names[0])
        return _answer(visit, api)

    return handler


def _answer(visit: Visit, api: Entity) -> Answer:
    service, settings = visit.service, visit.service.settings
    asked = visit.call.query.get("format", "").replace(" ", "+")  # a plus that the client did not encode
    plain, linked = asked.removesuffix(_LINK), asked.endswith(_LINK)
    if asked == "graphql-link":  # apiops-cli: 406 where there is no SDL to download; of which there is one, unverified
        raise AzureError(406, "NotAcceptable", "The API has no definition of this format.")
    if plain not in _TOLD or not (linked or settings.inline_exports):
        raise incorrect(detail("format", f"The export format '{asked}' is not supported"))  # text unverified
    _refuse_other_types(plain, api)
    ending, media, called = _TOLD[plain]
    content = _WRITERS[plain](service, api).encode()
    if not linked:
        return Answer(200, content, {"Content-Type": media})
    name = f"{api.properties['displayName']}.{ending}"
    query = service.outside.shelf.put(service.path, name, content, media)
    link = f"{settings.exports or visit.call.base_url}/{CONTAINER}/{quote(name, safe=' ')}?{query}"
    return Answer(200, _shaped(service, api, called, link))


def _refuse_other_types(plain: str, api: Entity) -> None:
    """WSDL is for APIs of type soap alone (ExportFormat); WebSocket APIs have no definition (apiops-cli skips them).

    Status and texts are unverified. GraphQL, gRPC and OData give an OpenAPI document without their schema: apiops #96.
    """
    kind = api.properties.get("type") or "http"
    if kind == "websocket" or (plain == "wsdl" and kind != "soap"):
        raise invalid(f"API of type '{kind}' cannot be exported to {plain}")


def _shaped(service: Service, api: Entity, called: str, link: str) -> dict[str, Any]:
    told = {"format": called, "value": {"link": link}}
    match service.settings.export_shape:
        case "link":
            return {"link": link}
        case "published":
            return {"id": service.id_of(*api.segments), **told}
        case _:
            about = {"id": service.id_of(*api.segments), "type": f"{TYPE}/apis", "name": api.name}
            return {**about, "properties": told}


def _json(service: Service, api: Entity) -> str:
    return json.dumps(openapi.document(service, api), indent=2)


def _yaml(service: Service, api: Entity) -> str:
    text = io.StringIO()
    YAML(typ="safe", pure=True).dump(openapi.document(service, api), text)
    return text.getvalue()


def _swagger(service: Service, api: Entity) -> str:
    """Tell the same in OpenAPI 2.0: servers and components only, the rest is as in 3.0, which Azure's is not."""
    made = openapi.document(service, api)
    scheme, _, rest = made.pop("servers")[0]["url"].partition("://")
    host, _, path = rest.partition("/")
    components = made.pop("components", {})
    parts = {"definitions": components.get("schemas"), "securityDefinitions": components.get("securitySchemes")}
    about = {"swagger": "2.0", "info": made.pop("info"), "host": host, "basePath": f"/{path}", "schemes": [scheme]}
    del made["openapi"]
    return json.dumps(about | made | {name: each for name, each in parts.items() if each}, indent=2)


_WRITERS: Final[Mapping[str, Callable[[Service, Entity], str]]] = {
    "swagger": _swagger,
    "openapi": _yaml,
    "openapi+json": _json,
    "wsdl": xml.wsdl,
    "wadl": xml.wadl,
}
