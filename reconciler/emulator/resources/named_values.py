"""Named values: a secret one is never shown but by listValue; a Key Vault one says when it was last read."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reconciler.emulator.errors import detail, incorrect
from reconciler.emulator.fields import FLAG, LIST, OBJECT, Field, Text
from reconciler.emulator.resources.patterns import NAMED_VALUE, NO_SIGNS
from reconciler.emulator.resources.references import refuse_while_used
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.resources.unique import taken_name
from reconciler.emulator.service import Entity, Service
from reconciler.emulator.vault.reference import Resolved, resolve

_MOST_TAGS = 32


class NamedValues(ResourceType):
    noun = "NamedValue"  # quoted in azurerm #26078
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
    filterable = frozenset({"displayName", "tags"})
    slow_put = True
    slow_patch = True

    def accept(self, change: Change) -> Draft:
        properties = super().accept(change).properties
        before = change.before.secrets if change.before else {}
        value = properties.pop("value", before.get("value") if change.partial else None)
        if len(properties.get("tags", [])) > _MOST_TAGS:
            raise incorrect(detail("tags", f"tags should not hold more than {_MOST_TAGS} items"))
        if "keyVault" in properties:
            if not properties["secret"] and not change.seeded:  # 400 in azurerm #26150; target and text unverified
                raise incorrect(detail("secret", "secret should be true for a value from Key Vault"))
            properties["keyVault"], value = _from_vault(change, properties["keyVault"], value)
        if value is None and not change.seeded:  # unverified
            raise incorrect(detail("value", "value should not be empty"))
        late = taken_name(change, properties, "Property with the same name already exist.")
        return Draft(properties, {"value": "" if value is None else value}, late)

    def seed_defaults(self, name: str) -> Mapping[str, Any]:
        return {"displayName": name}

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:  # noqa: ARG002
        """Refused while a policy names it (Microsoft's page on named values)."""
        refuse_while_used(service, entity, "Named Value")

    def show(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG002
        """A GET omits the value of a secret and gives any other (recorded: az named-value)."""
        if entity.properties.get("secret") or "keyVault" in entity.properties:
            return entity.properties
        return {**entity.properties, "value": entity.secrets["value"]}


def _from_vault(change: Change, given: Mapping[str, Any], said: str | None) -> tuple[dict[str, Any], str]:
    """Read the secret, and say when and how that went; the status stays as it was where nothing is new.

    A vault that nobody ever mentioned here is taken to hold any secret. That a secret which cannot be read ends in a
    status, and keeps the value from before, rather than in a refusal of the write, is unverified.
    """
    vault = {name: item for name, item in given.items() if name != "lastStatus"}
    earlier = dict(change.before.properties.get("keyVault", {})) if change.before else {}
    held = change.before.secrets.get("value") if change.before and earlier else None
    status = earlier.pop("lastStatus", {})
    found = resolve(change.service.outside.vaults, str(vault.get("secretIdentifier", "")))
    found = found or Resolved("Success", said or held or "from-key-vault")
    value = held or "" if found.value is None else found.value
    if (status.get("code"), earlier, held) != (found.code, vault, value):
        message = {"message": found.message} if found.message else {}
        status = {"code": found.code, **message, "timeStampUtc": change.service.now()}
    return {**vault, "lastStatus": status}, value
