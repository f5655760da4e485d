"""A definition as Azure gives it in; the same in one way of writing it out, or Unreadable, which says what is wrong.

Pure. Keys of JSON are sorted: in which order Azure tells operations nobody promises, and it was another each time
(Azure/apiops-cli #39).
"""

import json
from collections.abc import Mapping
from typing import Any
from xml.parsers import expat  # what it reads was made by Azure; a document type, where entities grow, is refused

from reconciler.definitions import Type
from reconciler.json_text import from_json

_FIRST = ("openapi", "asyncapi", "info", "servers", "tags", "paths", "channels", "components")
_ROOTS: Mapping[str, tuple[str, ...]] = {"wsdl": ("definitions", "description"), "odata": ()}  # any


class Unreadable(ValueError):
    """What was given is not what it should be. Its text is for people."""


def normal(text: str, kind: Type) -> str:
    """Write a definition so that it is the same, byte by byte, as long as it says the same."""
    if kind in ("openapi", "asyncapi"):
        return _json(text, kind)
    if kind in _ROOTS:
        _check_xml(text, _ROOTS[kind])
    lines = [line.rstrip() for line in text.removeprefix("\ufeff").replace("\r\n", "\n").strip("\n").split("\n")]
    if not any(lines):
        raise Unreadable("it is empty")
    return "\n".join(lines) + "\n"


def written(document: Mapping[str, Any]) -> str:
    """Write a JSON document: what a reader looks for first, then the rest by name."""
    ranks = {name: rank for rank, name in enumerate(_FIRST)}
    names = sorted(document, key=lambda name: (ranks.get(name, len(ranks)), name))
    whole = {name: _sorted(document[name]) for name in names}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _json(text: str, kind: Type) -> str:
    try:
        document = from_json(text.removeprefix("\ufeff"))
        if isinstance(document, dict) and document.keys() & {kind, "swagger"}:
            return written(document)
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    except ValueError as error:
        raise Unreadable("it is not whole, or no JSON") from error
    raise Unreadable(f"it is no {'OpenAPI' if kind == 'openapi' else 'AsyncAPI'} document")


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _check_xml(text: str, roots: tuple[str, ...]) -> None:
    elements: list[str] = []

    def refuse(*_: object) -> None:
        raise Unreadable("it declares a document type")

    parser = expat.ParserCreate("utf-8", " ")  # whatever the document says of its encoding: it is text by now
    parser.StartElementHandler = lambda name, _: elements.append(name) if not elements else None
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text.removeprefix("\ufeff").encode(), True)  # noqa: FBT003  expat takes no keyword
    except expat.ExpatError as error:
        raise Unreadable("it is not whole, or no XML") from error
    if roots and elements[0].rpartition(" ")[2] not in roots:
        raise Unreadable(f"its first element is not <{roots[0]}>")
