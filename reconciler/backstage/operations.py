"""A definition in; the operations that it names, as far as it is OpenAPI, out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.definitions import Definition
from reconciler.errors import printable
from reconciler.json_text import from_json

_METHODS: Final = ("get", "head", "options", "post", "put", "patch", "delete", "trace")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, in its author's words."""

    method: str
    path: str
    summary: str


def operations(definition: Definition) -> tuple[Operation, ...]:
    """List the operations. What is not OpenAPI in JSON, or not well made, has none that are known."""
    if definition.type != "openapi":
        return ()
    try:
        document = from_json(definition.text)
    except ValueError:
        return ()
    return tuple(_operations(document)) if isinstance(document, dict) else ()


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method in _METHODS if isinstance(item, dict) else ():
            if isinstance(operation := item.get(method), dict):
                said = operation.get("summary") or operation.get("operationId") or ""
                yield Operation(method.upper(), printable(str(path)), " ".join(printable(str(said)).split()))
