"""A service in; what it holds, path by path, without ETags and secrets out, in an order in which it can be seeded."""

from typing import Any

from reconciler.emulator.service import Segments, Service

_ORDER = ("groups", "users", "tags", "backends", "namedValues", "apiVersionSets", "apis", "products", "policyFragments")
_RELATIONS = ("groups/users", "products/groups", "products/apis", "apis/tags", "apis/operations/tags", "products/tags")


def snapshot(service: Service) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for collection in sorted(service.collections, key=_rank):
        for entity in service.collections[collection].values():
            found["/".join(entity.segments)] = dict(entity.properties)
    for relation in _RELATIONS:
        fixed = relation.split("/")
        for left, right in service.links(relation):
            names = [*left.split("/"), right]
            found["/".join(part for pair in zip(fixed, names, strict=True) for part in pair)] = {}
    return found


def _rank(collection: Segments) -> tuple[int, int, Segments]:
    """Put what others refer to first, and what is nested last."""
    position = _ORDER.index(collection[0]) if collection[0] in _ORDER else len(_ORDER)
    return (len(collection), position, collection)
