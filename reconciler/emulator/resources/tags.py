"""Tags: a display name that no other tag has; a deleted tag leaves everything it was on."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from reconciler.emulator.fields import Field, Text
from reconciler.emulator.resources.patterns import NO_SIGNS
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.resources.unique import taken_name
from reconciler.emulator.service import Entity, Segments, Service


class Tags(ResourceType):
    noun = "Tag"
    parameter = "tagId"
    names = Text(minimum=1, maximum=80, pattern=NO_SIGNS)
    fields: ClassVar[Mapping[str, Field]] = {"displayName": Text(minimum=1, maximum=160)}
    required = ("displayName",)
    filterable = frozenset({"name", "displayName"})

    def accept(self, change: Change) -> Draft:
        """Quoted in Azure/apiops #855; that case does not count is unverified."""
        draft = super().accept(change)
        taken = taken_name(change, draft.properties, "Tag with the same name already exists.")
        if taken:
            raise taken
        return draft

    def listed(self, service: Service, collection: Segments, query: Mapping[str, str]) -> Sequence[Entity]:
        """`scope=` is a path such as `/apis/orders` (spec; that a full id does as well is unverified)."""
        rows = super().listed(service, collection, query)
        owner, _, name = query.get("scope", "").removeprefix(service.path).strip("/").partition("/")
        return [row for row in rows if service.links(f"{owner}/tags").has(name, row.name)] if owner else rows

    def deleted(self, service: Service, entity: Entity) -> None:
        for relation in ("apis/tags", "products/tags", "apis/operations/tags"):
            service.links(relation).drop_right(entity.name)
