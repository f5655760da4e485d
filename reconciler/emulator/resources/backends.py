"""Backends: kept as sent, so that a policy may name them, and not deleted while one does."""

from collections.abc import Mapping
from typing import ClassVar

from reconciler.emulator.fields import Text
from reconciler.emulator.resources.references import refuse_while_used
from reconciler.emulator.resources.resource_type import ResourceType
from reconciler.emulator.service import Entity, Service


class Backends(ResourceType):
    noun = "Backend"
    parameter = "backendId"
    names = Text(minimum=1, maximum=80)
    keeps_unknown = True
    filterable: ClassVar[frozenset[str]] = frozenset({"name", "title", "url"})

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:  # noqa: ARG002
        """Unverified; `Settings.held_backends` turns it off."""
        if service.settings.held_backends:
            refuse_while_used(service, entity, "Backend")
