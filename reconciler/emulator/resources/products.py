"""Products: server defaults, fields dropped when open, what a new one brings and a deleted one takes."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from reconciler.emulator.errors import invalid
from reconciler.emulator.fields import DESCRIPTION, FLAG, NUMBER, Choice, Field, Text
from reconciler.emulator.resources.groups import embedded
from reconciler.emulator.resources.open_products import refuse_opening
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.resources.subscriptions import in_product
from reconciler.emulator.resources.unique import taken_name
from reconciler.emulator.service import Entity, Segments, Service, fresh_id, fresh_key


class Products(ResourceType):
    noun = "Product"
    parameter = "productId"
    fields: ClassVar[Mapping[str, Field]] = {
        "displayName": Text(minimum=1, maximum=300),
        "description": DESCRIPTION,
        "terms": Text(),
        "subscriptionRequired": FLAG,
        "approvalRequired": FLAG,
        "subscriptionsLimit": NUMBER,
        "state": Choice(frozenset({"published", "notPublished"})),
    }
    required = ("displayName",)
    defaults: ClassVar[Mapping[str, Any]] = {"subscriptionRequired": True, "state": "notPublished"}  # recorded
    filterable = frozenset({"name", "displayName", "description", "terms", "state"})

    def accept(self, change: Change) -> Draft:
        """An open product has neither limit nor approval: the spec says the reverse, azurerm #13217 knows better."""
        properties = super().accept(change).properties
        if taken := taken_name(change, properties, "Product with the same name already exists"):
            raise taken
        if properties["subscriptionRequired"]:
            properties.setdefault("approvalRequired", False)
        else:
            properties.pop("approvalRequired", None)
            properties.pop("subscriptionsLimit", None)
            refuse_opening(change.service, change.name)
        return Draft(properties)

    def stored(self, change: Change, entity: Entity) -> None:
        """A new product gets the administrators (recorded) and a subscription (Azure/apiops #707, #645).

        That the owner is user 1, and only where a subscription is required, is unverified.
        """
        if change.before is not None or not change.additions:
            return
        service = change.service
        service.links("products/groups").add(entity.name, "administrators")
        if entity.properties["subscriptionRequired"]:
            service.store(
                ("subscriptions",),
                fresh_id(),
                {
                    "ownerId": service.id_of("users", "1"),
                    "scope": service.id_of("products", entity.name),
                    "state": "active",
                    "createdDate": service.now(),
                },
                {"primaryKey": fresh_key(), "secondaryKey": fresh_key()},
            )

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:
        """Quoted in Azure/apiops #94."""
        if query.get("deleteSubscriptions", "").lower() != "true" and in_product(service, entity.name):
            raise invalid(
                "Product cannot be deleted since it has existing subscriptions. Delete subscriptions before deleting"
                " the product or pass in deleteSubscriptions=true as query param"
            )

    def deleted(self, service: Service, entity: Entity) -> None:
        for relation in ("products/groups", "products/apis", "products/tags"):
            service.links(relation).drop_left(entity.name)
        for subscription in in_product(service, entity.name):
            service.remove(subscription)

    def listed(self, service: Service, collection: Segments, query: Mapping[str, str]) -> Sequence[Entity]:
        """`tags=` names the tag whose products are wanted (spec)."""
        rows = super().listed(service, collection, query)
        if not query.get("tags"):
            return rows
        return [row for row in rows if service.links("products/tags").has(row.name, query["tags"])]

    def show(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Mapping[str, Any]:
        """A GET never shows groups (recorded); with expandGroups a list does, in the shape of a PUT's (unverified)."""
        shown = _with_limit(entity.properties)
        if query.get("expandGroups", "").lower() == "true":
            shown = {**shown, "groups": _groups(service, entity)}
        return shown

    def show_written(self, service: Service, change: Change, entity: Entity) -> Mapping[str, Any]:
        """The answer to a create holds the groups, to an update `groups: []` (recorded: az product)."""
        groups = [] if change.before else _groups(service, entity)
        return {**_with_limit(entity.properties), "groups": groups}


def _with_limit(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """No limit is shown as null (recorded: az product)."""
    if properties["subscriptionRequired"] and "subscriptionsLimit" not in properties:
        return {**properties, "subscriptionsLimit": None}
    return properties


def _groups(service: Service, entity: Entity) -> list[dict[str, Any]]:
    return [embedded(service, group) for group in service.links("products/groups").rights(entity.name)]
