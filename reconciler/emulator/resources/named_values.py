"""Named values: a secret one is never shown but by listValue; a Key Vault one says when it was last read."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reconciler.emulator.errors import detail, incorrect
from reconciler.emulator.fields import FLAG, LIST, OBJECT, Field, Text
from reconciler.emulator.resources.patterns import NAMED_VALUE, NO_SIGNS
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.service import Entity, Service

_MOST_TAGS = 32


class NamedValues(ResourceType):
    noun = "Named value"  # unverified: the word in "… not found."
    parameter = "namedValueId"
    names = Text(minimum=1, maximum=256, pattern=NO_SIGNS)
    fields: ClassVar[Mapping[str, Field]] = {
        "displayName": Text(minimum=1, maximum=256, pattern=NAMED_VALUE),
        "value": Text(maximum=4096),
        "secret": FLAG,
        "tags": LIST,
        "keyVault": OBJECT,
    }
    required = ("displayName",)
    defaults: ClassVar[Mapping[str, Any]] = {"secret": False}
    filterable = frozenset({"name", "displayName", "tags"})
    slow_put = True
    slow_patch = True

    def accept(self, change: Change) -> Draft:
        properties = super().accept(change).properties
        before = change.before.secrets if change.before else {}
        value = properties.pop("value", before.get("value") if change.partial else None)
        if len(properties.get("tags", [])) > _MOST_TAGS:
            raise incorrect(detail("tags", f"tags should not hold more than {_MOST_TAGS} items"))
        if "keyVault" in properties:
            status = {"code": "Success", "timeStampUtc": change.service.now()}
            vault = {name: item for name, item in properties["keyVault"].items() if name != "lastStatus"}
            earlier = change.before.properties.get("keyVault", {}) if change.before else {}
            properties["keyVault"] = {**vault, "lastStatus": earlier.get("lastStatus", status)}
            value = value or "from-key-vault"
        if value is None and not change.seeded:  # unverified
            raise incorrect(detail("value", "value should not be empty"))
        return Draft(properties, {"value": "" if value is None else value})

    def seed_defaults(self, name: str) -> Mapping[str, Any]:
        return {"displayName": name}

    def show(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG002
        """A GET omits the value of a secret and gives any other (recorded: az named-value)."""
        if entity.properties.get("secret") or "keyVault" in entity.properties:
            return entity.properties
        return {**entity.properties, "value": entity.secrets["value"]}
