"""The text of an API's definition in; its operations, its servers and one operation's detail out. Others wrote it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from reconciler.document import parse
from reconciler.errors import DeclarationError
from reconciler.json_text import from_json

LARGEST: Final = 8 * 1024 * 1024  # characters
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_NAMED = re.compile(
    r"""["']?(?:operationId|summary)["']?\s*:\s*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([^\s"'][^\n]*))"""
)
_DEEPEST, _MOST, _LONGEST = 6, 3_000, 2_000  # references inside references, values, and characters of one of them
_DEEP = 100  # values inside values


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as a row of a table, and all that is said of it."""

    name: str
    method: str
    path: str
    summary: str = ""
    says: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a definition says. Of one that is no OpenAPI, or cannot be read, only the text is known, and why."""

    text: str
    operations: tuple[Operation, ...] = ()
    servers: tuple[str, ...] = ()
    title: str = ""
    trouble: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)


def read(text: str, kind: str) -> Definition:
    """Read a definition; `kind` is Backstage's word for its type."""
    if kind != "openapi":
        return Definition(text, trouble=f"its type is {kind}, of which only the text is given")
    if len(text) > LARGEST:
        return Definition(text, trouble=f"{len(text):,} characters are too many to be taken apart")
    try:
        document = from_json(text) if text.lstrip().startswith("{") else parse("the definition", text.encode())
    except (ValueError, DeclarationError):
        return Definition(text, trouble="it is neither JSON nor YAML that can be read")
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        return Definition(text, trouble="it has no `paths`")
    return Definition(
        text, tuple(_operations(document["paths"])), tuple(_servers(document)), _title(document), "", document
    )


def detail(definition: Definition, operation: Operation) -> str:
    """Write what is said of one operation, references filled in, as JSON."""
    return json.dumps(_Filling(definition.document).fill(operation.says), indent=1, ensure_ascii=False, default=str)


def words_in(text: str) -> Iterator[str]:
    """Find the names and summaries of operations without taking the text apart: a thousand of them are searched."""
    for match in _NAMED.finditer(text[:LARGEST]):
        yield match[1] or match[2] or match[3] or ""


def _operations(paths: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in paths.items():
        if not isinstance(item, dict):
            continue
        shared = item.get("parameters")
        for method in _METHODS:
            says = item.get(method)
            if isinstance(says, dict):
                name = says.get("operationId") or f"{method} {path}"
                whole = {**says, **({"parameters of the path": shared} if shared else {})}
                yield Operation(str(name), method.upper(), str(path), str(says.get("summary") or ""), whole)


def _servers(document: Mapping[str, Any]) -> Iterator[str]:
    servers = document.get("servers")
    for each in servers if isinstance(servers, list) else ():
        if isinstance(each, dict) and isinstance(each.get("url"), str):
            yield each["url"]
    if isinstance(host := document.get("host"), str):  # OpenAPI 2
        schemes = document.get("schemes")
        scheme = schemes[0] if isinstance(schemes, list) and schemes else "https"
        yield f"{scheme}://{host}{document.get('basePath') or ''}"


def _title(document: Mapping[str, Any]) -> str:
    info = document.get("info")
    return str(info.get("title") or "") if isinstance(info, dict) else ""


class _Filling:
    """Fills references in, but for those that lead back to themselves or too deep; nothing comes after too much."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document, self.left = document, _MOST

    def fill(self, value: Any, within: tuple[str, ...] = (), depth: int = 0) -> Any:
        self.left -= 1
        if self.left < 0 or depth > _DEEP:
            return "..."
        if isinstance(value, str):
            return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
        if isinstance(value, list):
            return [self.fill(each, within, depth + 1) for each in value[: self.left]]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        inside = isinstance(reference, str) and reference.startswith("#/")
        if inside and reference not in within and len(within) < _DEEPEST:
            return self.fill(_at(self.document, str(reference)), (*within, str(reference)), depth + 1)
        return {
            str(key)[:_LONGEST]: self.fill(each, within, depth + 1) for key, each in islice(value.items(), self.left)
        }


def _at(document: Mapping[str, Any], reference: str) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found
