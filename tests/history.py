"""The recorded drifts of a living service in; the service before and after each, as the emulator is seeded, out."""

import json
import re
from collections.abc import Iterator
from typing import Any

from samples import FOLDER

FILES = FOLDER / "history"
PRESENT = FILES.is_dir()
_TENANT = "7c9e0000-0000-0000-0000-000000000000"
_OBJECT = "5f0c0000-0000-0000-0000-00000000000a"
_PATHS = {
    "api": "apis/{}",
    "product": "products/{}",
    "group": "groups/{}",
    "subscription": "subscriptions/{}",
    "fragment": "policyFragments/{}",
    "productApi": "products/{}/apis/{}",
    "productGroup": "products/{}/groups/{}",
}
_SYSTEM = frozenset({"administrators", "developers", "guests"})

Entities = dict[str, dict[str, Any]]


def drifts() -> Iterator[tuple[str, Entities, Entities]]:
    """Give the day of each drift, and what of the service decides about access before and after it."""
    blobs = json.loads((FILES / "apimdemo-apiops.blobs.json").read_text())
    values = {(each["kind"], each["id"]): each["value"] for each in _rows("initial.json")}
    for row in (FILES / "apimdemo-apiops.changes.jsonl").read_text().splitlines():
        step = json.loads(row)
        before = _entities(values, blobs)
        for change in step["ops"]:
            key = change["kind"], change["id"]
            if change["op"] == "remove":
                del values[key]
            elif "fields" in change:
                values[key] = {**values[key], **{name: new for name, (_, new) in change["fields"].items()}}
            else:
                values[key] = change["value"]
        yield step["date"], before, _entities(values, blobs)


def _rows(name: str) -> list[dict[str, Any]]:
    return json.loads((FILES / f"apimdemo-apiops.{name}").read_text())  # type: ignore[no-any-return]


def _entities(values: dict[tuple[str, str], Any], blobs: dict[str, str]) -> Entities:
    """Links of what is not there at that time are left out: the recording names them before and after."""
    system = {"type": "system", "builtIn": True}
    found: Entities = {f"groups/{name}": {"displayName": name.title(), **system} for name in _SYSTEM}
    for kind, path in _PATHS.items():
        for (each, identifier), value in values.items():
            if each == kind and ";rev=" not in identifier:
                names = [part.strip().removeprefix("x:") for part in identifier.split("->")]
                found |= _entity(kind, path.format(*names), value, blobs, found)
    return found


def _entity(kind: str, path: str, value: Any, blobs: dict[str, str], found: Entities) -> Entities:
    name = path.rpartition("/")[2]
    match kind:
        case "fragment":
            return _fragment(path, blobs[value])
        case "productApi" | "productGroup":
            whole = f"{'apis' if kind == 'productApi' else 'groups'}/{name}" in found
            return {path: {}} if whole and path.rsplit("/", 2)[0] in found else {}
        case "subscription":
            return _subscription(path, value, found)
        case _:
            return {} if name in _SYSTEM else {path: _properties(kind, name, value)}


def _properties(kind: str, name: str, value: Any) -> dict[str, Any]:
    match kind:
        case "api":
            kept = {key: value[key] for key in ("displayName", "subscriptionRequired")}
            return {**kept, "path": f"{value['path']}/{name}"}
        case "product":
            return {key: each for key, each in value.items() if each is not None}
        case _:
            external = {"type": "external", "externalId": f"aad://{_TENANT}/groups/{_OBJECT}"}
            return {"displayName": value["displayName"], **(external if value["type"] == "external" else {})}


def _subscription(path: str, value: Any, found: Entities) -> Entities:
    scope, _, name = value["scope"].partition(":")
    place = "/apis" if scope == "all-apis" else f"/{scope}s/{name}"
    if scope != "all-apis" and place.strip("/") not in found:
        return {}
    title = {"displayName": value["displayName"]} if value.get("displayName") else {}
    return {path: {"scope": place, "state": value["state"], **title}}


def _fragment(path: str, text: str) -> Entities:
    named = re.findall(r"\{\{([\w.-]+)\}\}", text)
    values: Entities = {f"namedValues/{each}": {"displayName": each, "value": "x"} for each in named}
    return values | {path: {"value": text, "format": "rawxml"}}
