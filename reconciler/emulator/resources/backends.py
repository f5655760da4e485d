"""Backends: kept as sent, so that a policy may name them, and not deleted while one does."""

from collections.abc import Mapping
from typing import ClassVar

from reconciler.emulator.fields import Choice, Field, Text, check
from reconciler.emulator.resources.references import refuse_while_used
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.service import Entity, Service


class Backends(ResourceType):
    noun = "Backend"
    parameter = "backendId"
    names = Text(minimum=1, maximum=80)
    fields: ClassVar[Mapping[str, Field]] = {
        "title": Text(minimum=1, maximum=300),
        "description": Text(minimum=1, maximum=2000),
        "resourceId": Text(minimum=1, maximum=2000),
        "url": Text(minimum=1, maximum=2000),
        "protocol": Choice(frozenset({"http", "soap"})),
        "type": Choice(frozenset({"Single", "Pool"})),
    }
    keeps_unknown = True
    filterable: ClassVar[frozenset[str]] = frozenset({"name", "title", "url"})

    def accept(self, change: Change) -> Draft:
        """Url and protocol are required by the spec; that a pool goes without is unverified."""
        draft = super().accept(change)
        if not change.seeded and draft.properties.get("type") != "Pool":
            check({}, ("url", "protocol"), draft.properties)
        return draft

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:  # noqa: ARG002
        """Unverified; `Settings.held_backends` turns it off."""
        if service.settings.held_backends:
            refuse_while_used(service, entity, "Backend")
