"""A published example in, a service out that holds what its request refers to and what its answer shows."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from caller import Arm
from example import SERVICE_ID, Example

from reconciler.emulator import Azure, SeedError


def prepared(example: Example, verb: str, path: str) -> Arm:
    """Seed what the path is nested in, what the body refers to, and what a read is to find."""
    azure = Azure()
    azure.settings.known_named_values = False  # the examples' policies name values that no example makes
    azure.seed(example.service, {}, fresh=False)
    wanted: list[tuple[str, Mapping[str, Any]]] = [(above, {}) for above in _above(path)]
    shown = [(response.get("body") or {}).get("properties") or {} for response in example.responses.values()]
    wanted += [(member, shown[0] if verb == "PUT" else {}) for member in _member(path)]
    wanted += [(named, {}) for named in _named(example.body or {}, example.service)]
    if verb != "PUT":
        for response in example.responses.values():
            body = response.get("body") or {}
            if isinstance(body.get("properties"), Mapping):  # an example may ask for one and show another
                parts = path.split("/")
                wanted += [(named, {}) for named in _named(body["properties"], example.service)]
                wanted.append(("/".join(parts[: len(parts) // 2 * 2]), dict(body["properties"])))
            wanted += _held(body, example.service)
            wanted += _tagged(body, path)
            wanted += _paired(body, path)
        wanted.append((path, {}))
    policy = _policy(path)
    for entity, properties in wanted:
        for above in [*_above(entity), entity]:
            _plant(azure, example.service, above, properties if above == entity else {}, policy)
    arm = Arm(azure, base=example.service)
    for entity, properties in wanted:
        if _LINK.search(entity) and properties:
            arm("PUT", entity, properties)  # a seed knows no names of links
    return arm


_LINK = re.compile(r"Links/[^/]+$")


def _plant(azure: Azure, service: str, path: str, properties: Mapping[str, Any], policy: str) -> None:
    """Seed an entity if it is one, and not there already as it is wanted; a list or an action is none."""
    if path in azure.snapshot(service) and not properties and not path.endswith("policies/policy"):
        return
    least = ({}, {"scope": "/apis"}, {"value": policy})  # a subscription needs a scope, a policy a text
    for given in (properties, *least):
        try:
            azure.seed(service, {path: given})
        except SeedError:
            continue
        return


def _policy(path: str) -> str:
    """Give a policy; where the example is about a fragment, one that includes it."""
    collection, _, name = path.partition("/")
    include = f'<include-fragment fragment-id="{name.split("/")[0]}" />' if collection == "policyFragments" else ""
    return f"<policies><inbound>{include}</inbound></policies>"


def _tagged(body: Mapping[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what is tagged in each row of a list of pairs, the tag, and the pair; below the API that is asked about."""
    for row in body.get("value", ()) if isinstance(body.get("value"), list) else ():
        tag = row.get("tag") if isinstance(row, Mapping) else None
        for kind in ("api", "operation", "product"):
            if tag and kind in row:
                owner = row[kind]["id"].strip("/")
                if path.startswith("apis/"):
                    owner = "/".join([*path.split("/")[:2], *owner.split("/")[2:]])
                said = {name: value for name, value in row[kind].items() if name not in _OF_A_PAIR}
                yield tag["id"].strip("/"), {}
                yield owner, {**said, "displayName": row[kind]["name"]}
                yield f"{owner}{tag['id']}", {}


def _paired(body: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give each row of a list below a thing as a thing of its own, and its link, from whichever side it is made."""
    owner, _, collection = path.rpartition("/")
    for row in body.get("value", ()) if owner.count("/") == 1 and isinstance(body.get("value"), list) else ():
        if "name" in row and "properties" in row:
            yield f"{collection}/{row['name']}", row["properties"]
            yield f"{path}/{row['name']}", {}
            yield f"{collection}/{row['name']}/{owner}", {}


def _member(path: str) -> Iterator[str]:
    """Give what a path below a thing may link to it."""
    parts = path.split("/")
    if len(parts) > 2 and len(parts) % 2 == 0:
        yield "/".join(parts[-2:])


_OF_A_PAIR = {"id", "name", "apiName", "apiRevision", "apiVersion", "isCurrent"}


def _above(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(2, len(parts), 2))


def _named(value: Any, service: str) -> Iterator[str]:
    """Give the paths of the things that a body refers to, by full or by short id."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _named(item, service)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, service)
    elif isinstance(value, str) and value.startswith("/"):
        path = SERVICE_ID.sub("", value).strip("/")
        if re.fullmatch(r"\w+/[^/]+(/\w+/[^/]+)*", path):
            yield path


def _held(body: Mapping[str, Any], service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in body.get("value", [body]) if isinstance(body.get("value", [body]), list) else [body]:
        if not isinstance(row, Mapping):
            continue
        yield from _reported(row)
        if not str(row.get("id", "")).startswith("/"):
            continue
        path = SERVICE_ID.sub("", row["id"]).strip("/")
        properties = dict(row.get("properties") or {})
        for named in _named(properties, service):
            yield named, {}
        yield path, properties


def _reported(row: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give what a row of a report counts the calls of."""
    for name in ("userId", "productId", "apiId"):
        if str(row.get(name, "")).startswith("/"):
            yield row[name].strip("/"), {}
    if "productId" in row and "userId" in row and "subscriptionId" in row:
        yield row["subscriptionId"].strip("/"), {"scope": row["productId"], "ownerId": row["userId"]}
