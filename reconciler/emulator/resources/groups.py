"""Groups: custom and external ones as sent, the three of the system untouchable; a deleted group leaves its links."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reconciler.emulator.errors import detail, incorrect, invalid, system_entity
from reconciler.emulator.fields import DESCRIPTION, Choice, Field, Text
from reconciler.emulator.graph.errors import absent_text
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.service import Entity, Service


class Groups(ResourceType):
    noun = "Group"
    parameter = "groupId"
    fields: ClassVar[Mapping[str, Field]] = {
        "displayName": Text(minimum=1, maximum=300),
        "description": DESCRIPTION,
        "type": Choice(frozenset({"custom", "external", "system"})),
        "externalId": Text(),
    }
    server_fields = frozenset({"builtIn"})
    required = ("displayName",)
    defaults: ClassVar[Mapping[str, Any]] = {"builtIn": False, "type": "custom"}
    filterable = frozenset({"name", "displayName", "description", "externalId"})

    def accept(self, change: Change) -> Draft:
        draft = super().accept(change)
        if not change.seeded:
            draft.properties["builtIn"] = False
            if (
                draft.properties["type"] == "system"
            ):  # unverified: the spec calls the type of a new group custom or external
                raise incorrect(detail("type", "type should be one of custom, external"))
        if draft.properties["type"] == "external" and "externalId" not in draft.properties:  # unverified
            raise incorrect(detail("externalId", "externalId should not be empty"))
        if draft.properties["type"] == "external" and not change.seeded:
            _look_up(change.service, draft.properties["externalId"])
        return draft

    def refuse_write(self, change: Change) -> None:
        if change.before is not None and not change.seeded:
            _refuse_built_in(change.before)

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:  # noqa: ARG002
        _refuse_built_in(entity)

    def deleted(self, service: Service, entity: Entity) -> None:
        service.links("products/groups").drop_right(entity.name)
        service.links("groups/users").drop_left(entity.name)


def _look_up(service: Service, external_id: str) -> None:
    """Ask the directory for the group, if anybody has filled it.

    The sentence and its first ending are quoted in azure-docs #91896. That an unknown id fails too, and ends in Graph's
    own words, is unverified; an external id that stays as it was is looked up again, which is unverified as well.
    """
    directory, failed = service.outside.directory, "Failed to query Azure Active Directory graph due to error:"
    if not directory.all("group"):
        return
    if not external_id.startswith("aad://"):
        raise invalid(f"{failed} Invalid URI: The format of the URI could not be determined.")
    identifier = external_id.rpartition("/")[2]
    if directory.find("group", identifier) is None:
        raise invalid(f"{failed} {absent_text(identifier)}")


def _refuse_built_in(entity: Entity) -> None:
    """Built-in groups are immutable (Microsoft's page on groups)."""
    if entity.properties.get("builtIn"):
        raise system_entity()


def embedded(service: Service, name: str) -> dict[str, Any]:
    """Give a group as it stands inside a product or user: full id, display name as `name` (recorded: PUT product)."""
    group = service.find(("groups",), name)
    properties = group.properties if group else {}
    return {
        "id": service.id_of("groups", name),
        "name": properties.get("displayName", name),
        "description": properties.get("description"),
        "builtIn": properties.get("builtIn", False),
        "type": properties.get("type", "custom"),
        "externalId": properties.get("externalId"),
    }
