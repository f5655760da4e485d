"""One API Management service as stored: entities by collection, links both ways, one counter behind every ETag."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from reconciler.emulator.indexes import Indexes
from reconciler.emulator.links import Links
from reconciler.emulator.operations import Operations
from reconciler.emulator.outside import Outside
from reconciler.emulator.settings import Settings
from reconciler.emulator.usage import Usage

PROVIDER = "Microsoft.ApiManagement"
TYPE = f"{PROVIDER}/service"
Segments = tuple[str, ...]
_USES = ("fragments/users", "backends/users", "namedValues/users")  # what is named, and the policy that names it
_NOTHING: Mapping[str, "Entity"] = {}


@dataclass(frozen=True, slots=True)
class Entity:
    """One stored thing. Its properties are never changed in place: a write stores another Entity."""

    collection: Segments
    name: str
    properties: Mapping[str, Any]
    version: int
    secrets: Mapping[str, Any] = field(default_factory=dict)

    @property
    def segments(self) -> Segments:
        return (*self.collection, self.name)

    @property
    def etag(self) -> str:
        """Quoted base64 of an 8-byte big-endian counter (recorded: az product, az Subscription)."""
        return f'"{base64.b64encode(self.version.to_bytes(8, "big")).decode()}"'


class Service:
    """The store of one service. It enforces nothing: the rules of a resource type do."""

    def __init__(self, path: str, settings: Settings, outside: Outside | None = None) -> None:
        self.path = path
        self.outside = outside or Outside()
        self.settings = settings
        self.tier = settings.tier
        self.counter = 0x900
        self.collections: dict[Segments, dict[str, Entity]] = {}
        self.relations: dict[str, Links] = {}
        self.indexes = Indexes()
        self.usage = Usage()
        self._rows: dict[Segments, tuple[Entity, ...]] = {}  # for pages far down a long list
        self.operations = Operations()

    def copy(self) -> "Service":
        """Give a service that holds the same and changes apart."""
        other = Service(self.path, self.settings, self.outside)
        other.counter, other.operations = self.counter, self.operations
        for rows in self.collections.values():
            for entity in rows.values():
                other.restore(entity)
        for relation, links in self.relations.items():
            for left, right, label in links.labelled():
                other.links(relation).add(left, right, label)
        return other

    def tick(self) -> int:
        """Raise the counter. Recorded steps are larger than one: product create 0x916, update 0x91B."""
        self.counter += 5
        return self.counter

    def find(self, collection: Segments, name: str) -> Entity | None:
        return self.collections.get(collection, _NOTHING).get(name)

    def rows(self, *collection: str) -> tuple[Entity, ...]:
        """Give a collection in the order of creation; Azure's own order is unverified."""
        if collection not in self._rows:
            self._rows[collection] = tuple(self.collections.get(collection, _NOTHING).values())
        return self._rows[collection]

    def store(
        self,
        collection: Segments,
        name: str,
        properties: Mapping[str, Any],
        hidden: Mapping[str, Any] | None = None,
    ) -> Entity:
        """Put an entity. What is stored already keeps its ETag (recorded: az policy, .NET PolicyTests)."""
        hidden = hidden or {}
        before = self.find(collection, name)
        if before is not None and before.properties == properties and before.secrets == hidden:
            return before
        entity = Entity(collection, name, properties, self.tick(), hidden)
        self.restore(entity)
        return entity

    def restore(self, entity: Entity) -> None:
        self._rows.pop(entity.collection, None)
        rows = self.collections.setdefault(entity.collection, {})
        self.indexes.put(entity, rows.get(entity.name))
        rows[entity.name] = entity

    def remove(self, entity: Entity) -> None:
        """Take an entity away, and what is nested below it."""
        self.tick()
        self._rows.clear()
        self._take_out(entity.collection, entity.name)
        for nested in self._nested(entity):
            for fallen in self.collections.pop(nested).values():
                self._drop(fallen)

    def forget(self, user: str) -> None:
        """Drop what a policy or fragment, by its path, named so far."""
        for relation in _USES:
            self.links(relation).drop_right(user)

    def _drop(self, entity: Entity) -> None:
        self.indexes.drop(entity)
        self.forget("/".join(entity.segments))

    def rename(self, entity: Entity, name: str, *, staying: frozenset[str]) -> None:
        """Move an entity with what is nested in it, but for the nested collections that stay with the old name."""
        self._rows.clear()
        for relation in _USES:
            old = "/".join(entity.collection)
            self.links(relation).rename_below(f"{old}/{entity.name}", f"{old}/{name}")
        self._take_out(entity.collection, entity.name)
        self.restore(replace(entity, name=name))
        depth = len(entity.segments)
        for key in self._nested(entity):
            if key[depth] not in staying:
                for nested in self.collections.pop(key).values():
                    self._drop(nested)
                    self.restore(replace(nested, collection=(*entity.collection, name, *key[depth:])))

    def _take_out(self, collection: Segments, name: str) -> None:
        stored = self.collections.get(collection, {}).pop(name, None)
        if stored is not None:
            self._drop(stored)

    def _nested(self, entity: Entity) -> list[Segments]:
        above, depth = entity.segments, len(entity.segments)
        return [
            key
            for key in self.collections
            if len(key) > depth and key[depth - 1] == entity.name and key[:depth] == above  # the name tells most apart
        ]

    def links(self, relation: str) -> Links:
        if relation not in self.relations:
            self.relations[relation] = Links()
        return self.relations[relation]

    def id_of(self, *segments: str) -> str:
        """Give the full ARM id, which is how every answer names things."""
        return f"{self.path}/{'/'.join(segments)}"

    def now(self) -> str:
        """Seven decimals, as in the answer to a PUT; a GET has three (recorded: az Subscription)."""
        moment = datetime.fromtimestamp(self.settings.clock(), UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0Z"


def fresh_key() -> str:
    """Generated keys are 32 hex (recorded: az Subscription)."""
    return secrets.token_hex(16)


def fresh_id() -> str:
    """Ids that the service makes itself are 24 hex (Azure/apiops #707, #645)."""
    return secrets.token_hex(12)
