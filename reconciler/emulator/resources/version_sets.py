"""Version sets: what the versions of one API have in common; one that an API refers to stays."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reconciler.emulator.errors import invalid
from reconciler.emulator.fields import Choice, Field, Text
from reconciler.emulator.resources.patterns import NO_SIGNS
from reconciler.emulator.resources.resource_type import ResourceType
from reconciler.emulator.service import Entity, Service


class VersionSets(ResourceType):
    noun = "ApiVersionSet"  # unverified
    parameter = "versionSetId"
    names = Text(minimum=1, maximum=80, pattern=NO_SIGNS)
    fields: ClassVar[Mapping[str, Field]] = {
        "displayName": Text(minimum=1, maximum=100),
        "versioningScheme": Choice(frozenset({"Segment", "Query", "Header"})),
        "versionQueryName": Text(minimum=1, maximum=100),
        "versionHeaderName": Text(minimum=1, maximum=100),
        "description": Text(),
    }
    arm_type = "api-version-sets"  # spec example
    required = ("displayName", "versioningScheme")
    filterable: ClassVar[frozenset[str]] = frozenset()  # spec: the list has a $filter and names no field

    def seed_defaults(self, name: str) -> Mapping[str, Any]:
        return {"displayName": name, "versioningScheme": "Segment"}

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:  # noqa: ARG002
        """Unverified, by analogy with products and fragments."""
        identifier = service.id_of(*entity.segments)
        if any(api.properties.get("apiVersionSetId") == identifier for api in service.rows("apis")):
            raise invalid("ApiVersionSet cannot be deleted since it is used by existing APIs.")


def embedded(service: Service, identifier: str) -> dict[str, Any]:
    """Give a version set as an API's `expandApiVersionSet` shows it (spec: ApiVersionSetContractDetails)."""
    found = service.find(("apiVersionSets",), identifier.rpartition("/")[2])
    properties = dict(found.properties) if found else {}
    return {"id": identifier, "name": properties.pop("displayName", None), **properties}
