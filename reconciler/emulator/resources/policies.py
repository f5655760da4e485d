"""Policies at each scope, and fragments: XML checked and rewritten on PUT, shown as xml or rawxml, references kept."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reconciler.emulator.errors import detail, incorrect, invalid
from reconciler.emulator.fields import DESCRIPTION, Choice, Field, Text
from reconciler.emulator.policy_text import Policy, escaped, read_policy, unescaped
from reconciler.emulator.resources.patterns import FRAGMENT_ID
from reconciler.emulator.resources.references import refuse_unknown, refuse_while_used, remember
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.service import Entity, Service

_RAW = "rawxml"
_KIB = 1024
_LONGEST_POLICY, _CONSUMPTION_POLICY, _LONGEST_FRAGMENT = 256 * _KIB, 16 * _KIB, 512 * _KIB  # Microsoft's pages
_FORMATS = Choice(frozenset({"xml", _RAW, "xml-link", "rawxml-link"}))


class Policies(ResourceType):
    """The one policy of a scope; `policy` is its only id."""

    noun = "PoliciesConfiguration"  # azurerm #26959
    parameter = "policyId"
    fields: ClassVar[Mapping[str, Field]] = {"value": Text(minimum=1), "format": _FORMATS}
    required = ("value",)

    def accept(self, change: Change) -> Draft:
        if change.name != "policy":  # unverified: the text
            raise incorrect(detail("policyId", "policyId should be policy"))
        sent = super().accept(change).properties
        policy = _read(sent)
        _refuse_long(policy, _CONSUMPTION_POLICY if change.service.tier == "Consumption" else _LONGEST_POLICY)
        refuse_unknown(change.service, policy)
        return Draft({"value": policy.text})

    def stored(self, change: Change, entity: Entity) -> None:
        remember(change.service, entity)

    def show(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG002
        return _shown(entity, query)

    def show_written(self, service: Service, change: Change, entity: Entity) -> Mapping[str, Any]:  # noqa: ARG002
        """In the format that was sent; unverified."""
        return _shown(entity, change.given)


class Fragments(ResourceType):
    noun = "PolicyFragment"
    parameter = "id"
    names = Text(minimum=1, maximum=80, pattern=FRAGMENT_ID)
    fields: ClassVar[Mapping[str, Field]] = {"value": Text(minimum=1), "format": _FORMATS, "description": DESCRIPTION}
    required = ("value",)
    filterable = frozenset({"name", "description", "value"})
    orderable = frozenset({"name"})
    slow_put = True

    def accept(self, change: Change) -> Draft:
        """The root is `<fragment>`, with no fragment inside (Microsoft's page on fragments; texts unverified)."""
        sent = super().accept(change).properties
        policy = _read(sent)
        if policy.root != "fragment":
            raise incorrect(
                detail("value", f"Error in element '{policy.root}': the root element should be 'fragment'.")
            )
        if policy.fragments:
            raise incorrect(detail("include-fragment", "Policy fragment cannot include another policy fragment."))
        refuse_unknown(change.service, policy)
        _refuse_long(policy, _LONGEST_FRAGMENT)
        described = {"description": sent["description"]} if "description" in sent else {}
        return Draft({"value": policy.text, **described})

    def seed_defaults(self, name: str) -> Mapping[str, Any]:  # noqa: ARG002
        return {"value": "<fragment></fragment>"}

    def stored(self, change: Change, entity: Entity) -> None:
        remember(change.service, entity)

    def restored(self, service: Service, entity: Entity) -> None:
        remember(service, entity)

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:  # noqa: ARG002
        refuse_while_used(service, entity, "Policy Fragment")

    def show(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG002
        """A list has the content too, always as xml: apiops fetches one by one for rawxml."""
        return {**entity.properties, **_shown(entity, query)}

    def show_written(self, service: Service, change: Change, entity: Entity) -> Mapping[str, Any]:  # noqa: ARG002
        return {**entity.properties, **_shown(entity, change.given)}


def _read(sent: Mapping[str, Any]) -> Policy:
    style = sent.get("format", "xml")
    if style.endswith("-link"):
        raise invalid(f"The content of the link could not be read: {sent['value']}")  # unverified; nothing is fetched
    return read_policy(escaped(sent["value"]) if style == _RAW else sent["value"])


def _refuse_long(policy: Policy, longest: int) -> None:
    """Which form of the text Azure measures is unverified, and so are the words."""
    if len(policy.text.encode()) > longest:
        raise incorrect(detail("value", f"value should not be larger than {longest // _KIB} KB"))


def _shown(entity: Entity, asked: Mapping[str, Any]) -> dict[str, Any]:
    text = entity.properties["value"]
    if str(asked.get("format", "")).startswith(_RAW):
        return {"format": _RAW, "value": unescaped(text)}
    return {"format": "xml", "value": text}
