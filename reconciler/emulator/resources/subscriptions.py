"""Subscriptions: scopes made full ids, keys made and kept apart, the limit for each user of a product."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from reconciler.emulator.errors import detail, incorrect, invalid, system_entity
from reconciler.emulator.fields import FLAG, Choice, Field, Text
from reconciler.emulator.resources.patterns import NO_SIGNS
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.service import Entity, Service, fresh_key

KEYS = ("primaryKey", "secondaryKey")
_STATES = frozenset({"suspended", "active", "expired", "submitted", "rejected", "cancelled"})
_PARTS_WITH_ID = 2


class Subscriptions(ResourceType):
    noun = "Subscription"
    parameter = "sid"
    names = Text(minimum=1, maximum=256, pattern=NO_SIGNS)
    fields: ClassVar[Mapping[str, Field]] = {
        "displayName": Text(minimum=1, maximum=100),
        "scope": Text(minimum=1),
        "ownerId": Text(),
        "state": Choice(_STATES),
        "stateComment": Text(),
        "allowTracing": FLAG,
        "primaryKey": Text(minimum=1, maximum=256),
        "secondaryKey": Text(minimum=1, maximum=256),
        "expirationDate": Text(),
    }
    server_fields = frozenset({"createdDate", "startDate", "endDate", "notificationDate"})
    required = ("displayName", "scope")
    filterable = frozenset({"name", "displayName", "stateComment", "ownerId", "scope", "userId", "productId", "state"})

    def accept(self, change: Change) -> Draft:
        """A PUT without keys, state or date on what exists keeps them; that is unverified."""
        properties = super().accept(change).properties
        service, before = change.service, change.before
        kept = before.secrets if before else {}
        hidden = {key: properties.pop(key, None) or kept.get(key) or fresh_key() for key in KEYS}
        properties["scope"] = _scope(service, properties["scope"], seeded=change.seeded)
        if "ownerId" in properties:
            properties["ownerId"] = _owner(service, properties["ownerId"], seeded=change.seeded)
        if before is None and not change.seeded:
            _refuse_above_limit(service, properties)
        earlier = before.properties if before else {}
        properties.setdefault("createdDate", earlier.get("createdDate") or service.now())
        properties.setdefault("state", earlier.get("state") or _first_state(service, properties["scope"]))
        properties.setdefault("allowTracing", False)
        return Draft(properties, hidden)

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:  # noqa: ARG002
        if entity.name == "master":
            raise system_entity()

    def show(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG002
        """A GET and a list have no keys, and three decimals in the date (recorded: az Subscription)."""
        created: str = entity.properties["createdDate"]
        return {**entity.properties, "createdDate": f"{created[:23]}Z" if len(created) > len("…") + 23 else created}

    def show_written(self, service: Service, change: Change, entity: Entity) -> Mapping[str, Any]:  # noqa: ARG002
        """The answer to a write has keys and user, and no allowTracing (recorded: az Subscription)."""
        shown = {name: value for name, value in entity.properties.items() if name != "allowTracing"}
        owner = entity.properties.get("ownerId")
        if owner:
            shown["user"] = _user(service, owner)
        return {**shown, **entity.secrets}

    def field_of(self, service: Service, entity: Entity) -> Callable[[str], Any]:
        def value(name: str) -> Any:
            if name == "userId":
                return entity.properties.get("ownerId", "").rpartition("/")[2]
            if name == "productId":
                return _product_of(service, entity)
            return entity.name if name == "name" else entity.properties.get(name)

        return value


def in_product(service: Service, product: str) -> list[Entity]:
    """Give the subscriptions scoped to a product."""
    return scoped_to(service, "products", product)


def scoped_to(service: Service, *segments: str) -> list[Entity]:
    scope = service.id_of(*segments)
    return list(service.indexes.found("subscriptions", "scope", scope))


def owned_by(service: Service, user: str) -> list[Entity]:
    return list(service.indexes.found("subscriptions", "owner", service.id_of("users", user)))


def _scope(service: Service, asked: str, *, seeded: bool) -> str:
    """Accept `/products/x`, `/apis/x`, `/apis` and full ids; give the full id (recorded). The error: azurerm #12829."""
    relative = asked[len(service.path) :] if asked.lower().startswith(f"{service.path}/".lower()) else asked
    if seeded and relative == "/":  # only the built-in all-access subscription has it
        return f"{service.path}/"
    first, *rest = relative.removeprefix("/").split("/")
    collection = {"products": "products", "apis": "apis"}.get(first.lower(), "")
    whole = relative.startswith("/") and (rest == [] if collection == "apis" else False)
    if not whole and not (relative.startswith("/") and collection and len(rest) == 1 and rest[0]):
        raise incorrect(
            detail("scope", "Subscription scope should be one of '/apis', '/apis/{apiId}', '/products/{productId}'")
        )
    if rest and service.find((collection,), rest[0]) is None:  # unverified: that it is refused, and how
        raise incorrect(detail("scope", f"{'Product' if collection == 'products' else 'API'} not found"))
    return service.id_of(collection, *rest)


def _owner(service: Service, asked: str, *, seeded: bool) -> str:
    name = asked.rpartition("/")[2]
    if not seeded and service.find(("users",), name) is None:  # unverified: that it is refused, and how
        raise incorrect(detail("ownerId", "User not found"))
    return service.id_of("users", name)


def _refuse_above_limit(service: Service, properties: Mapping[str, Any]) -> None:
    """The limit is per user and product; the text is quoted in Azure/apiops #623."""
    product = service.find(("products",), properties["scope"].rpartition("/products/")[2])
    limit = product.properties.get("subscriptionsLimit") if product else None
    if product is None or limit is None or "ownerId" not in properties:
        return
    pair = (properties["ownerId"], properties["scope"])
    if service.indexes.number("subscriptions", "owner and scope", pair) >= limit:
        raise invalid("Subscriptions limit reached for same user")


def _first_state(service: Service, scope: str) -> str:
    """Active when no state was sent (recorded, scope /apis); submitted where approval is required (unverified)."""
    product = service.find(("products",), scope.rpartition("/products/")[2])
    return "submitted" if product is not None and product.properties.get("approvalRequired") else "active"


def _user(service: Service, owner: str) -> dict[str, Any]:
    user = service.find(("users",), owner.rpartition("/")[2])
    properties = user.properties if user else {}
    return {"id": owner, **{name: properties.get(name) for name in ("firstName", "lastName", "email", "state")}}


def _product_of(service: Service, entity: Entity) -> str:
    scope: str = entity.properties["scope"]
    return scope.removeprefix(service.id_of("products", "")) if "/products/" in scope else ""
