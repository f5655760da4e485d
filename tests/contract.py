"""One exchange with the emulator in; where it departs from Microsoft's published description out, as sentences.

The description is the swagger beside the project (rebuilt from the official client for 2024-05-01). What is known to
depart from it, and why, stands in the tables here; everything else is a violation. A request that was refused is not
held against the description: its refusal is.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from description import Operation, Schema, definition, operation, validator
from jsonschema.exceptions import ValidationError

VERSION = "2024-05-01"
_PROVIDER = re.compile(
    r"/subscriptions/[^/]+/(?:resourceGroups/[^/]+/)?providers/Microsoft\.ApiManagement/(.+)", re.IGNORECASE
)
_SERVICE = re.compile(r"service/[^/]+/?(.*)", re.IGNORECASE)
_ETAG = re.compile(r'"[A-Za-z0-9+/]{11}="')  # eight bytes in base64 (recorded: az product)
_EXPORT = re.compile(r"apis/[^/]+", re.IGNORECASE)
_OK, _ACCEPTED, _NOTHING, _REFUSED = 200, 202, 204, 400

BEYOND: Mapping[str, str] = {
    r"GET tenant/operationResults/\w+": "the address of Azure-AsyncOperation in the published examples",
}
"""Paths that are served and not described; each answers the status of an operation."""

UNDECLARED: Mapping[tuple[str, str], str] = {
    ("products/{}", "properties.groups"): "recorded in the answer to a PUT (az product)",
    ("products", "value.properties.groups"): "asked for by expandGroups; dropped by the client's model",
    ("subscriptions/{}", "properties.user"): "recorded in the answer to a PUT (az Subscription)",
    ("users", "value.properties.groups.id"): "asked for by expandGroups; recorded of products",
    ("users", "value.properties.groups.name"): "as above",
}
"""Properties that are answered and not described."""

NULLABLE: Mapping[str, str] = {
    "subscriptionsLimit": "recorded as null on a new product (az product)",
    "details": "recorded as null in refusals (az product); a failed operation tells its refusal",
}
"""Properties that are answered as null, which the description does not know."""

TAGGED: Mapping[tuple[str, str], str] = {
    ("PUT", "products/{}/groups/{}"): "recorded with the ETag of the group (az product)",
}
"""Answers with an ETag that is not described."""


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    request: bytes
    status: int
    answer: bytes
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


def violations(exchange: Exchange) -> list[str]:
    """Hold one exchange against the description."""
    provider = _PROVIDER.fullmatch(exchange.path)
    if provider is None:
        return []
    service = _SERVICE.fullmatch(provider[1])
    below = service[1] if service else provider[1]
    return [f"{exchange.method} {below} {exchange.status}: {each}" for each in _departures(exchange, below)]


def _departures(exchange: Exchange, below: str) -> Iterator[str]:
    if exchange.status >= _REFUSED:
        yield from _refusal(exchange)
        return
    found = operation(exchange.method, exchange.path)
    if exchange.method == "GET" and _EXPORT.fullmatch(below) and dict(exchange.query).get("export") == "true":
        yield from _exported(exchange)
    elif found is not None and "asyncId" in dict(exchange.query):
        yield from _polled(exchange, found)
    elif found is not None:
        yield from _answer(exchange, found)
        yield from _headers(exchange, found)
        yield from _request(exchange, found)
    elif any(re.fullmatch(path, f"{exchange.method} {below}") for path in BEYOND):
        status = definition("OperationStatusResult")
        yield from _body(exchange, status, validator(status.file, status.schema["$ref"][1:]), "")
    else:
        yield "is answered and not described"


def _answer(exchange: Exchange, found: Operation) -> Iterator[str]:
    described = found.responses.get(str(exchange.status))
    if described is None:
        yield f"status {exchange.status} is not described"
    elif "schema" not in described or exchange.method == "HEAD":
        yield from _no_body(exchange)
    else:
        schema = Schema(found.file, described["schema"])
        yield from _body(exchange, schema, found.validator(f"responses/{exchange.status}"), found.template)


def _polled(exchange: Exchange, found: Operation) -> Iterator[str]:
    """Hold the poll of a Location against the entity that it shows in the end, under the status it was promised."""
    if exchange.status in (_ACCEPTED, _NOTHING):
        yield from _no_body(exchange)
    else:
        schema = Schema(found.file, found.responses[str(_OK)]["schema"])
        yield from _body(exchange, schema, found.validator(f"responses/{_OK}"), found.template)


def _exported(exchange: Exchange) -> Iterator[str]:
    """Hold an export against the result that is published for it, wherever its two parts stand.

    They were met below `properties` (azure-sdk-for-python #16452) and the link alone (azure-sdk-for-js #13123). A
    definition that is itself the answer is published nowhere.
    """
    if not dict(exchange.query).get("format", "").endswith("-link"):
        return
    body = json.loads(exchange.answer)
    told = {"id": body.get("id"), **body["properties"]} if "properties" in body else body
    if "link" in body:
        told = {"value": body}
    schema = definition("ApiExportResult")
    within = validator(schema.file, schema.schema["$ref"][1:])
    yield from _body(replace(exchange, answer=json.dumps(told).encode()), schema, within, "")


def _no_body(exchange: Exchange) -> Iterator[str]:
    if exchange.answer:
        yield "has a body where none is described"


def _body(exchange: Exchange, schema: Schema, valid: Any, template: str) -> Iterator[str]:
    try:
        body = json.loads(exchange.answer)
    except ValueError:
        yield f"has no JSON where a body is described: {exchange.answer[:80]!r}"
        return
    for error in valid.iter_errors(body):
        if not (error.instance is None and error.path and error.path[-1] in NULLABLE):
            yield _told(error)
    for name in sorted(set(_undeclared(body, schema, ""))):
        if (template, name) not in UNDECLARED:
            yield f"answers {name}, which is not described"


def _headers(exchange: Exchange, found: Operation) -> Iterator[str]:
    """ETags stand where they are described and nowhere else; what is accepted for later says where to ask."""
    described = {name.lower() for name in found.responses.get(str(exchange.status), {}).get("headers", {})}
    tag, which = exchange.headers.get("etag"), (exchange.method, found.template)
    if tag is None and "etag" in described:
        yield "has no ETag, which is described"
    if tag is not None and "etag" not in described and which not in TAGGED:
        yield "has an ETag, which is not described"
    if tag is not None and not _ETAG.fullmatch(tag):
        yield f"has an ETag of another form: {tag}"
    if exchange.status == _ACCEPTED:
        yield from (f"has no {name}, which is described" for name in sorted(described - exchange.headers.keys()))


def _request(exchange: Exchange, found: Operation) -> Iterator[str]:
    """Hold what was accepted against the body that is described; null stands for nothing."""
    places = found.described.get("parameters", ())
    index = next((number for number, each in enumerate(places) if each.get("in") == "body"), None)
    if index is None or not exchange.request:
        return
    for error in found.validator(f"parameters/{index}").iter_errors(json.loads(exchange.request)):
        if error.instance is not None:
            yield f"accepted a request in which {_told(error)}"


def _refusal(exchange: Exchange) -> Iterator[str]:
    if exchange.method == "HEAD":
        yield from _no_body(exchange)
        return
    try:
        error = json.loads(exchange.answer)["error"]
        whole = isinstance(error["code"], str) and isinstance(error["message"], str) and "details" in error
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        yield f"refuses in another form: {exchange.answer[:80]!r}"


def _told(error: ValidationError) -> str:
    return f"{'.'.join(str(part) for part in error.absolute_path)}: {error.message[:160]}"


def _undeclared(value: Any, schema: Schema, where: str) -> Iterator[str]:
    whole = schema.resolved()
    if isinstance(value, list) and "items" in whole.schema:
        for item in value:
            yield from _undeclared(item, Schema(whole.file, whole.schema["items"]), where)
    elif isinstance(value, dict) and not whole.open():
        known = whole.properties()
        for name, item in value.items():
            inside = f"{where}.{name}" if where else name
            if name in known:
                yield from _undeclared(item, known[name], inside)
            else:
                yield inside
