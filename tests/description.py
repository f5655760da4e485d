"""A verb and a path in; what Microsoft publishes about them out: the operation, its schemas, their validators.

Each file is read and each validator made once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

SWAGGER = Path(__file__).parents[2] / "shared" / "apim" / "swagger"
PRESENT = SWAGGER.is_dir()
_BASE = "https://description.invalid/"  # never fetched: references between the files are relative to it
_SERVICE = "subscriptions/{}/resourcegroups/{}/providers/microsoft.apimanagement/service/{}"


@dataclass(frozen=True)
class Operation:
    """What stands in the description under one path and verb. `template` begins below the service, if it is below."""

    template: str
    file: str
    pointer: str
    described: Mapping[str, Any]

    @property
    def responses(self) -> Mapping[str, Mapping[str, Any]]:
        return self.described["responses"]

    def validator(self, place: str) -> Draft4Validator:
        """Give the validator of the schema at a place below the operation."""
        return validator(self.file, f"{self.pointer}/{place}/schema")


def operation(method: str, path: str) -> Operation | None:
    """Find what describes a request; fixed parts match without regard to case, and the most fixed parts win."""
    segments = tuple(unquote(segment).lower() for segment in path.strip("/").split("/"))
    return _OPERATIONS().get(_template(segments), {}).get(method)


def definition(name: str) -> "Schema":
    """Give a schema that the operations share."""
    return Schema("definitions.json", {"$ref": f"#/definitions/{name}"})


@cache
def validator(file: str, pointer: str) -> Draft4Validator:
    return Draft4Validator({"$ref": f"{_BASE}{file}#{pointer}"}, registry=_REGISTRY())


@dataclass(frozen=True)
class Schema:
    """A schema and the file that its references are relative to."""

    file: str
    schema: Mapping[str, Any]

    def resolved(self) -> "Schema":
        file, schema = self.file, self.schema
        while "$ref" in schema:
            name, _, pointer = schema["$ref"].partition("#")
            file = name.rpartition("/")[2] or file
            schema = _DOCUMENTS()[file]
            for part in pointer.strip("/").split("/"):
                schema = schema[unquote(part).replace("~1", "/").replace("~0", "~")]
        return Schema(file, schema)

    def properties(self) -> dict[str, "Schema"]:
        whole = self.resolved()
        found = {name: Schema(whole.file, each) for name, each in whole.schema.get("properties", {}).items()}
        for part in whole.schema.get("allOf", ()):
            found |= Schema(whole.file, part).properties()
        return found

    def open(self) -> bool:
        schema = self.resolved().schema
        return "additionalProperties" in schema or not (schema.get("properties") or schema.get("allOf"))


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
def _OPERATIONS() -> Mapping[str, Mapping[str, Operation]]:  # noqa: N802
    """Give the operations by their whole path, in small letters and with `{}` for each name, and their verb."""
    found: dict[str, dict[str, Operation]] = {}
    for file, document in _DOCUMENTS().items():
        for path, verbs in document.get("paths", {}).items():
            parts = ["{}" if part.startswith("{") else part.lower() for part in path.strip("/").split("/")]
            template, place = "/".join(parts), "/paths/" + quote(path.replace("~", "~0").replace("/", "~1"), safe="~")
            short = template.removeprefix(_SERVICE).strip("/")
            for verb, described in verbs.items():
                if verb != "parameters":
                    each = Operation(short, file, f"{place}/{verb}", described)
                    found.setdefault(template, {})[verb.upper()] = each
    return found


def _template(segments: tuple[str, ...]) -> str:
    fitting = [
        template
        for template in _OPERATIONS()
        if len(parts := template.split("/")) == len(segments)
        and all(part in ("{}", segment) for part, segment in zip(parts, segments, strict=True))
    ]
    return min(fitting, key=lambda template: template.count("{}"), default="")
