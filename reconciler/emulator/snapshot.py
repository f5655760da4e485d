"""A service in; what it holds, path by path, in an order in which it can be seeded, out; two of them in, what differs.

There are no ETags and no secrets in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator.service import Segments, Service

_ORDER = ("groups", "users", "tags", "backends", "namedValues", "apiVersionSets", "apis", "products", "policyFragments")
_RELATIONS = ("groups/users", "products/groups", "products/apis", "apis/tags", "apis/operations/tags", "products/tags")


Snapshot = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What came, what went, and of what stayed each property that is another, as a pair of then and now."""

    added: Snapshot = field(default_factory=dict)
    removed: Snapshot = field(default_factory=dict)
    changed: Mapping[str, Mapping[str, tuple[Any, Any]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.added or self.removed or self.changed)


def difference(then: Snapshot, now: Snapshot) -> Difference:
    """Compare two snapshots; a property that is not there counts as None."""
    changed = {path: pairs for path in then.keys() & now.keys() if (pairs := _pairs(then[path], now[path]))}
    return Difference(
        added={path: now[path] for path in now if path not in then},
        removed={path: then[path] for path in then if path not in now},
        changed=dict(sorted(changed.items())),
    )


def _pairs(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = sorted(then.keys() | now.keys())
    return {name: (then.get(name), now.get(name)) for name in names if then.get(name) != now.get(name)}


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
