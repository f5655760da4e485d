"""An entity in, the shelves on which it is found again without a scan out: by owner, by scope, by unique name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from reconciler.emulator.service import Entity, Segments

Key = Callable[[Mapping[str, Any]], object]  # None: this entity is on no shelf of the index


class Indexes:
    """What a service has stored, seen from other sides. Whoever stores and removes keeps it; each step is O(1)."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[Segments, str, object], dict[str, Entity]] = {}
        self._counts: Counter[Segments] = Counter()

    def put(self, entity: Entity, before: Entity | None) -> None:
        """Shelve an entity. One that stays on its shelf keeps its place there, which is the order of creation."""
        if before is None:
            self._counts[entity.collection[::2]] += 1
        for label, key in _KEYS.get(entity.collection, {}).items():
            old, new = key(before.properties) if before else None, key(entity.properties)
            if before is not None and old != new:
                self._take(entity.collection, label, old, entity.name)
            if new is not None:
                self._shelves.setdefault((entity.collection, label, new), {})[entity.name] = entity

    def drop(self, entity: Entity) -> None:
        self._counts[entity.collection[::2]] -= 1
        for label, key in _KEYS.get(entity.collection, {}).items():
            self._take(entity.collection, label, key(entity.properties), entity.name)

    def found(self, collection: str, label: str, value: object) -> Iterable[Entity]:
        """Give what is on one shelf, such as the subscriptions with this `scope`."""
        return self._shelves.get(((collection,), label, value), {}).values()

    def number(self, collection: str, label: str, value: object) -> int:
        return len(self._shelves.get(((collection,), label, value), {}))

    def count(self, *fixed: str) -> int:
        """Say how many entities there are of a type, such as `apis` or `apis`, `operations`, under all parents."""
        return self._counts[fixed]

    def _take(self, collection: Segments, label: str, value: object, name: str) -> None:
        shelf = self._shelves.get((collection, label, value))
        if shelf is not None:
            shelf.pop(name, None)
            if not shelf:
                del self._shelves[collection, label, value]


def _same(field: str) -> Key:
    return lambda properties: properties.get(field)


def _folded(field: str) -> Key:
    """Two that differ by case alone are one; that is unverified for each of these fields."""
    return lambda properties: properties[field].casefold()


def _path(properties: Mapping[str, Any]) -> object:
    return properties["path"].strip("/").casefold()


def _owner_and_scope(properties: Mapping[str, Any]) -> object:
    owner = properties.get("ownerId")
    return None if owner is None else (owner, properties["scope"])


_KEYS: Final[Mapping[Segments, Mapping[str, Key]]] = {
    ("subscriptions",): {"owner": _same("ownerId"), "scope": _same("scope"), "owner and scope": _owner_and_scope},
    ("users",): {"email": _folded("email")},
    ("tags",): {"displayName": _folded("displayName")},
    ("namedValues",): {"displayName": _folded("displayName")},
    ("products",): {"displayName": _folded("displayName")},
    ("apis",): {"path": _path},
}
