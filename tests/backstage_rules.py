"""Entities in; what Backstage would refuse in them, and references that lead nowhere, out.

The JSON schemas are Backstage's own, which `make test` takes out of its packages. What its FieldFormatEntityPolicy
(catalog-model 1.10) asks for besides is written here anew; that a reference dangles, Backstage itself does not say.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

SCHEMAS = Path(__file__).parent / "backstage" / "build" / "schemas.json"
PRESENT = SCHEMAS.is_file()

_OBJECT = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL = r"[a-z0-9]+(-+[a-z0-9]+)*"
_TAG = r"[a-z0-9:+#]+(-[a-z0-9:+#]+)*"
_REFERRING = {  # from catalog-model's kinds: which kind a reference is of, where it does not say
    "owner": "group",
    "system": "system",
    "domain": "domain",
    "parent": "group",
    "providesApis": "api",
    "consumesApis": "api",
    "subcomponentOf": "component",
    "children": "group",
    "members": "user",
    "memberOf": "group",
    "dependsOn": "",
    "dependencyOf": "",
}


def refused(entity: Mapping[str, Any]) -> list[str]:
    """Say what Backstage has against an entity."""
    schema = f"{str(entity['kind']).capitalize()}{entity['apiVersion'].rpartition('/')[2].capitalize()}"
    if schema not in _schemas():
        return [f"no schema {schema}"]
    validator = Draft7Validator({"$ref": schema}, registry=_registry())
    broken = [f"{'.'.join(map(str, each.absolute_path))}: {each.message}" for each in validator.iter_errors(entity)]
    return [*broken, *_formats(entity["metadata"]), *_foreign(entity), *_definition(entity)]


def reference(entity: Mapping[str, Any]) -> str:
    metadata = entity["metadata"]
    return f"{entity['kind']}:{metadata.get('namespace', 'default')}/{metadata['name']}".lower()


def dangling(entities: Iterable[Mapping[str, Any]]) -> list[str]:
    """List references to what is not among the entities, and names that two of them share."""
    entities = list(entities)
    names = [reference(each) for each in entities]
    twice = [f"{each} is there twice" for each in sorted(set(names)) if names.count(each) > 1]
    lost = [f"{reference(each)}: {to}" for each in entities for to in referred(each) if to not in names]
    return twice + lost


def referred(entity: Mapping[str, Any]) -> Iterator[str]:
    """Give what an entity refers to, each in full."""
    for field, kind in _REFERRING.items():
        said = entity["spec"].get(field) or ()
        for each in [said] if isinstance(said, str) else said:
            found = re.fullmatch(r"(?:(?P<kind>[^:/]+):)?(?:(?P<namespace>[^:/]+)/)?(?P<name>[^:/]+)", each)
            if found is None or not (found["kind"] or kind):
                yield f"{each}, which is no reference"
            else:
                namespace = found["namespace"] or entity["metadata"].get("namespace", "default")
                yield f"{found['kind'] or kind}:{namespace}/{found['name']}".lower()


def _formats(metadata: Mapping[str, Any]) -> Iterator[str]:
    rules: list[tuple[str, Any, Callable[[Any], bool]]] = [
        ("name", metadata.get("name"), _is(_OBJECT)),
        ("namespace", metadata.get("namespace", "default"), _is(_LABEL)),
    ]
    for name, value in (metadata.get("labels") or {}).items():
        rules += [("label", name, _key), ("label's value", value, lambda said: said == "" or _is(_OBJECT)(said))]
    for name, value in (metadata.get("annotations") or {}).items():
        rules += [("annotation", name, _key), (name, value, lambda said: isinstance(said, str))]
    rules += [("tag", each, _is(_TAG)) for each in metadata.get("tags") or ()]
    for link in metadata.get("links") or ():
        rules += [("link", link.get("url"), _url)]
        rules += [
            (each, link[each], lambda said: bool(str(said).strip())) for each in ("title", "icon") if each in link
        ]
    yield from (f"metadata: {value!r} is no {what}" for what, value, right in rules if not right(value))


def _is(pattern: str) -> Callable[[Any], bool]:
    return lambda said: isinstance(said, str) and len(said) <= 63 and re.fullmatch(pattern, said) is not None


def _key(said: str) -> bool:
    before, slash, after = said.rpartition("/")
    prefixed = len(before) <= 253 and all(map(_is(_LABEL), before.split(".")))
    return _is(_OBJECT)(after) and (prefixed or not slash)


def _url(said: Any) -> bool:
    found = urlsplit(said) if isinstance(said, str) else None
    return found is not None and bool(found.scheme and found.netloc)


def _foreign(entity: Mapping[str, Any]) -> Iterator[str]:
    known = {"apiVersion", "kind", "metadata", "spec"}
    yield from (f"{each} is no field of an entity" for each in sorted(entity.keys() - known))


def _definition(entity: Mapping[str, Any]) -> Iterator[str]:
    if entity["kind"] == "API" and not str(entity["spec"].get("definition") or "").strip():
        yield "the definition is empty"


@cache
def _schemas() -> dict[str, Any]:
    return {each["$id"]: each for each in json.loads(SCHEMAS.read_text())}


@cache
def _registry() -> Registry[Any]:
    """Tie the schemas together: they refer to each other by bare names."""
    found = {name: Resource.from_contents(each, DRAFT7) for name, each in _schemas().items()}
    return Registry().with_resources(found.items())
