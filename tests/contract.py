"""One exchange with the emulator in; where it departs from Microsoft's published description out, as sentences.

The description is the swagger beside the project (rebuilt from the official client for 2024-05-01). What is known to
depart from it, and why, stands in the tables here; everything else is a violation.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

SWAGGER = Path(__file__).parents[2] / "shared" / "apim" / "swagger"
PRESENT = SWAGGER.is_dir()
VERSION = "2024-05-01"
_DEPTH = 8  # segments of a service's id
_BASE = "https://description.invalid/"  # never fetched: references between the files are relative to it
_OK, _REFUSED = 200, 400

BEYOND: Mapping[str, str] = {
    r"GET tenant/operationResults/\w+": "the address of Azure-AsyncOperation in the published examples",
}
"""Paths that are served and not described."""

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
}
"""Properties that are answered as null, which the description does not know."""


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. `path` begins with the service's id."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    request: bytes
    status: int
    answer: bytes


@dataclass(frozen=True)
class _Operation:
    file: str
    pointer: str
    described: Mapping[str, Any]


def violations(exchange: Exchange) -> list[str]:
    """Hold one exchange against the description."""
    segments = [unquote(segment) for segment in exchange.path.strip("/").split("/")]
    if segments[6:7] != ["service"] or len(segments) < _DEPTH or not PRESENT:
        return []
    if exchange.status >= _REFUSED:
        return list(_error(exchange))
    template = _template([segment.lower() for segment in segments[_DEPTH:]])
    found = _OPERATIONS().get(template, {}).get(exchange.method) if template is not None else None
    if found is None:
        asked = f"{exchange.method} {'/'.join(segments[_DEPTH:])}"
        known = any(re.fullmatch(path, asked) for path in BEYOND)
        return [] if known else [_said(exchange, "is answered and not described")]
    polled = "asyncId" in dict(exchange.query)  # the poll of a Location answers what the operation was promised
    departures = [] if polled else [*_answer(exchange, found, template or ""), *_request(exchange, found)]
    return [_said(exchange, departure) for departure in departures]


def _answer(exchange: Exchange, operation: _Operation, template: str) -> Iterator[str]:
    described = operation.described["responses"].get(str(exchange.status))
    if described is None:
        yield f"status {exchange.status} is not described"
        return
    if "schema" not in described or exchange.method == "HEAD":
        if exchange.answer:
            yield "has a body where none is described"
        return
    body = json.loads(exchange.answer)
    where = f"{operation.pointer}/responses/{exchange.status}/schema"
    for error in _validator(operation.file, where).iter_errors(body):
        if not (error.instance is None and error.path and error.path[-1] in NULLABLE):
            yield _told(error)
    schema = _Schema(operation.file, described["schema"])
    for name in sorted(set(_undeclared(body, schema, ""))):
        if (template, name) not in UNDECLARED:
            yield f"answers {name}, which is not described"


def _request(exchange: Exchange, operation: _Operation) -> Iterator[str]:
    """Hold what was accepted against the body that is described; null stands for nothing."""
    places = operation.described.get("parameters", ())
    index = next((number for number, each in enumerate(places) if each.get("in") == "body"), None)
    if index is None or not exchange.request:
        return
    where = f"{operation.pointer}/parameters/{index}/schema"
    for error in _validator(operation.file, where).iter_errors(json.loads(exchange.request)):
        if error.instance is not None:
            yield f"accepted a request in which {_told(error)}"


def _error(exchange: Exchange) -> Iterator[str]:
    if exchange.method == "HEAD" or not exchange.answer:
        return
    try:
        error = json.loads(exchange.answer)["error"]
        whole = isinstance(error["code"], str) and isinstance(error["message"], str) and "details" in error
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        yield _said(exchange, f"refuses in another form: {exchange.answer[:80]!r}")


def _said(exchange: Exchange, departure: str) -> str:
    return f"{exchange.method} {'/'.join(exchange.path.strip('/').split('/')[_DEPTH:])} {exchange.status}: {departure}"


def _told(error: ValidationError) -> str:
    return f"{'.'.join(str(part) for part in error.absolute_path)}: {error.message[:160]}"


@dataclass(frozen=True)
class _Schema:
    """A schema and the file that its references are relative to."""

    file: str
    schema: Mapping[str, Any]

    def resolved(self) -> "_Schema":
        file, schema = self.file, self.schema
        while "$ref" in schema:
            name, _, pointer = schema["$ref"].partition("#")
            file = name.rpartition("/")[2] or file
            schema = _DOCUMENTS()[file]
            for part in pointer.strip("/").split("/"):
                schema = schema[unquote(part).replace("~1", "/").replace("~0", "~")]
        return _Schema(file, schema)

    def properties(self) -> dict[str, "_Schema"]:
        whole = self.resolved()
        found = {name: _Schema(whole.file, each) for name, each in whole.schema.get("properties", {}).items()}
        for part in whole.schema.get("allOf", ()):
            found |= _Schema(whole.file, part).properties()
        return found

    def open(self) -> bool:
        schema = self.resolved().schema
        return "additionalProperties" in schema or not (schema.get("properties") or schema.get("allOf"))


def _undeclared(value: Any, schema: _Schema, where: str) -> Iterator[str]:
    whole = schema.resolved()
    if isinstance(value, list) and "items" in whole.schema:
        for item in value:
            yield from _undeclared(item, _Schema(whole.file, whole.schema["items"]), where)
    elif isinstance(value, dict) and not whole.open():
        known = whole.properties()
        for name, item in value.items():
            inside = f"{where}.{name}" if where else name
            if name in known:
                yield from _undeclared(item, known[name], inside)
            else:
                yield inside


@cache
def _DOCUMENTS() -> Mapping[str, Any]:  # noqa: N802  a constant that is read when it is asked for
    return {path.name: _without(json.loads(path.read_text()), "discriminator") for path in SWAGGER.glob("*.json")}


def _without(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, name) for key, item in value.items() if key != name}
    return [_without(item, name) for item in value] if isinstance(value, list) else value


@cache
def _REGISTRY() -> Registry[Any]:  # noqa: N802
    resources = (
        (f"{_BASE}{name}", Resource(contents=text, specification=DRAFT4)) for name, text in _DOCUMENTS().items()
    )
    return Registry().with_resources(resources)


@cache
def _OPERATIONS() -> Mapping[str, Mapping[str, _Operation]]:  # noqa: N802
    """Give the operations below a service by their template, with `{}` for each name, and their verb."""
    found: dict[str, dict[str, _Operation]] = {}
    for file, document in _DOCUMENTS().items():
        for path, verbs in document.get("paths", {}).items():
            _, below, template = path.partition("/service/{serviceName}")
            if not below:
                continue
            parts = ["{}" if part.startswith("{") else part.lower() for part in template.strip("/").split("/") if part]
            place = "/paths/" + quote(path.replace("~", "~0").replace("/", "~1"), safe="~")
            for verb, described in verbs.items():
                if verb != "parameters":
                    operation = _Operation(file, f"{place}/{verb}", described)
                    found.setdefault("/".join(parts), {})[verb.upper()] = operation
    return found


def _template(segments: list[str]) -> str | None:
    """Find the template that a path belongs to: the one with the most fixed parts."""
    fitting = [
        template
        for template in _OPERATIONS()
        if len(parts := template.split("/") if template else []) == len(segments)
        and all(part in ("{}", segment) for part, segment in zip(parts, segments, strict=True))
    ]
    return min(fitting, key=lambda template: template.count("{}"), default=None)


@cache
def _validator(file: str, pointer: str) -> Draft4Validator:
    return Draft4Validator({"$ref": f"{_BASE}{file}#{pointer}"}, registry=_REGISTRY())
