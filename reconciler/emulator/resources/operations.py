"""What is nested in an API and only passes through here: its operations and schemas, as stored data."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reconciler.emulator.fields import DESCRIPTION, LIST, OBJECT, Field, Text
from reconciler.emulator.resources.patterns import NO_SIGNS
from reconciler.emulator.resources.resource_type import ResourceType
from reconciler.emulator.service import Entity, Service


class Operations(ResourceType):
    noun = "Operation"
    parameter = "operationId"
    names = Text(minimum=1, maximum=80)
    fields: ClassVar[Mapping[str, Field]] = {
        "displayName": Text(minimum=1, maximum=300),
        "method": Text(minimum=1),
        "urlTemplate": Text(minimum=1, maximum=1000),
        "description": DESCRIPTION,
        "templateParameters": LIST,
        "request": OBJECT,
        "responses": LIST,
    }
    required = ("displayName", "method", "urlTemplate")
    filterable = frozenset({"name", "displayName", "method", "description", "urlTemplate"})

    def seed_defaults(self, name: str) -> Mapping[str, Any]:
        return {"displayName": name, "method": "GET", "urlTemplate": f"/{name}"}

    def deleted(self, service: Service, entity: Entity) -> None:
        service.links("apis/operations/tags").drop_left("/".join(entity.segments[1::2]))


class Schemas(ResourceType):
    noun = "Schema"
    parameter = "schemaId"
    names = Text(minimum=1, maximum=80, pattern=NO_SIGNS)
    fields: ClassVar[Mapping[str, Field]] = {"contentType": Text(minimum=1), "document": OBJECT}
    required = ("contentType",)
    filterable = frozenset({"contentType"})
    slow_put = True
