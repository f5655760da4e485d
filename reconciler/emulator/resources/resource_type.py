"""A request to write in, the properties to store out: what every type of resource does unless it says otherwise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from reconciler.emulator.errors import AzureError, invalid, not_found
from reconciler.emulator.fields import Field, Text, check, check_name
from reconciler.emulator.service import TYPE, Entity, Segments, Service


@dataclass(frozen=True, slots=True)
class Change:
    """One PUT or PATCH, before any rule has looked at it."""

    service: Service
    collection: Segments
    name: str
    given: Mapping[str, Any]
    before: Entity | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    partial: bool = False  # a PATCH
    seeded: bool = False  # a seed may also say what only the server says, and leave out what Azure demands
    additions: bool = True  # whether the server makes what it makes by itself


@dataclass(frozen=True, slots=True)
class Draft:
    """What a change comes to: what is shown, and what is kept apart because lists never show it."""

    properties: dict[str, Any]
    hidden: Mapping[str, Any] = field(default_factory=dict)
    late: AzureError | None = None  # what the operation fails with that this change starts


class ResourceType:
    """The rules of one type. A subclass overrides what Azure does differently for it; instances hold nothing."""

    noun: ClassVar[str]  # as in "Product not found."
    parameter: ClassVar[str]  # the id's name in the published path
    names: ClassVar[Text] = Text(minimum=1, maximum=256)
    fields: ClassVar[Mapping[str, Field]] = {}
    server_fields: ClassVar[frozenset[str]] = frozenset()  # said by the server alone, and by a seed
    keeps_unknown: ClassVar[bool] = False  # of things that only pass through here, such as an API's settings
    arm_type: ClassVar[str] = ""  # the end of `type`, where it is not the end of the path
    required: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[Mapping[str, Any]] = {}
    filterable: ClassVar[frozenset[str]] = frozenset({"name", "displayName", "description"})
    orderable: ClassVar[frozenset[str]] = frozenset()
    slow_put: ClassVar[bool] = False  # a long-running operation in the 2024-05-01 contract
    slow_patch: ClassVar[bool] = False
    slow_delete: ClassVar[bool] = False

    def name_of(self, service: Service, name: str) -> str:  # noqa: ARG002  for a type with two names for one thing
        """Give the id under which a name is stored."""
        return name

    def accept(self, change: Change) -> Draft:
        """Merge, fill and check what was sent. A null is as good as absent."""
        kept = change.before.properties if change.partial and change.before else self.defaults
        merged = {**kept, **(self.seed_defaults(change.name) if change.seeded else {}), **self._known(change)}
        filled = {name: value for name, value in merged.items() if value is not None}
        check(self.fields, self.required, filled)
        if not change.seeded:
            check_name(self.parameter, self.names, change.name)
        return Draft(filled)

    def _known(self, change: Change) -> dict[str, Any]:
        """Drop what this type does not have, as Azure does without a word; in a seed it is a mistake."""
        if self.keeps_unknown:
            return {name: value for name, value in change.given.items() if name != "provisioningState"}
        if not change.seeded:
            return {name: value for name, value in change.given.items() if name in self.fields}
        unknown = sorted(set(change.given) - set(self.fields) - self.server_fields)
        if unknown:
            raise invalid(f"unknown {', '.join(unknown)}; known are {', '.join(sorted(self.fields))}")
        return dict(change.given)

    def seed_defaults(self, name: str) -> Mapping[str, Any]:
        """What a seed need not say."""
        return {"displayName": name} if "displayName" in self.required else {}

    def refuse_write(self, change: Change) -> None:
        """Raise if this entity may not be written at all."""

    def stored(self, change: Change, entity: Entity) -> None:
        """Do what follows a write, such as what the service creates along with a product."""

    def restored(self, service: Service, entity: Entity) -> None:
        """Do what follows when an operation failed and an entity is what it was before."""

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:
        """Raise if this entity may not be deleted."""

    def meant(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Entity:  # noqa: ARG002
        """Give what a delete of an entity deletes."""
        return entity

    def deleted(self, service: Service, entity: Entity) -> None:
        """Take along what falls with this entity; what is nested below it has gone already."""

    def listed(self, service: Service, collection: Segments, query: Mapping[str, str]) -> Sequence[Entity]:  # noqa: ARG002
        """Give the rows of a list; some lists have a parameter of their own that narrows them."""
        return service.rows(*collection)

    def show(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG002
        """Give the properties as a GET or a list has them."""
        return entity.properties

    def show_written(self, service: Service, change: Change, entity: Entity) -> Mapping[str, Any]:
        """Give the properties as the answer to a PUT or PATCH has them."""
        return self.show(service, entity, change.query)

    def field_of(self, service: Service, entity: Entity) -> Callable[[str], Any]:  # noqa: ARG002
        """Give what `$filter` sees of an entity."""
        return lambda name: entity.name if name == "name" else entity.properties.get(name)

    def document(self, service: Service, entity: Entity, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": service.id_of(*entity.segments),
            "type": f"{TYPE}/{self.arm_type or '/'.join(entity.collection[::2])}",
            "name": entity.name,
            "properties": properties,
        }

    def demand(self, service: Service, collection: Segments, name: str) -> Entity:
        """Find an entity or raise Azure's 404."""
        entity = service.find(collection, self.name_of(service, name))
        if entity is None:
            raise not_found(self.noun)
        return entity


def descend(
    service: Service, fixed: Sequence[str], kinds: Sequence[ResourceType], names: Sequence[str]
) -> Entity | None:
    """Find the innermost of the things that a path is nested in, or raise the 404 of the first that is not there."""
    entity = None
    for part, kind, name in zip(fixed, kinds, names, strict=False):
        entity = kind.demand(service, (*(entity.segments if entity else ()), part), name)
    return entity
