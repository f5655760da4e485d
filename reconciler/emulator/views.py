"""A request for stored things seen from another side in, its page out: inverse lists, tag pairs, policies."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.emulator.errors import not_found
from reconciler.emulator.paging import page
from reconciler.emulator.resources.resource_type import ResourceType
from reconciler.emulator.resources.subscriptions import in_product
from reconciler.emulator.service import TYPE, Entity, Service
from reconciler.emulator.visit import Handler, Visit
from reconciler.emulator.wire import Answer

_TAGGED = {"apis": "api", "products": "product"}


def products_of_api(apis: ResourceType, products: ResourceType) -> Handler:
    """The id is the product's own, the type `apis/products` (spec example)."""

    def handler(visit: Visit) -> Answer:
        service = visit.service
        api = apis.demand(service, ("apis",), visit.names[0])
        names = service.links("products/apis").lefts(api.name)
        return _listed(visit, products, _found(service, "products", names), f"{TYPE}/apis/products")

    return handler


def groups_of_user(users: ResourceType, groups: ResourceType) -> Handler:
    """The id stands below the user's (spec example)."""

    def handler(visit: Visit) -> Answer:
        service = visit.service
        user = users.demand(service, ("users",), visit.names[0])
        rows = _found(service, "groups", service.links("groups/users").lefts(user.name))
        return _listed(visit, groups, rows, f"{TYPE}/users/groups", below=user)

    return handler


def subscriptions_of_product(products: ResourceType, subscriptions: ResourceType) -> Handler:
    """Id and type below the product's are unverified."""

    def handler(visit: Visit) -> Answer:
        product = products.demand(visit.service, ("products",), visit.names[0])
        rows = in_product(visit.service, product.name)
        return _listed(visit, subscriptions, rows, f"{TYPE}/products/subscriptions", below=product)

    return handler


def subscriptions_of_user(users: ResourceType, subscriptions: ResourceType) -> Handler:
    """Id and type below the user's are unverified."""

    def handler(visit: Visit) -> Answer:
        user = users.demand(visit.service, ("users",), visit.names[0])
        owner = visit.service.id_of(*user.segments)
        rows = [row for row in visit.service.rows("subscriptions") if row.properties.get("ownerId") == owner]
        return _listed(visit, subscriptions, rows, f"{TYPE}/users/subscriptions", below=user)

    return handler


def subscription_of_user(users: ResourceType, subscriptions: ResourceType) -> Handler:
    """404 where it is somebody else's; unverified."""

    def handler(visit: Visit) -> Answer:
        service = visit.service
        user = users.demand(service, ("users",), visit.names[0])
        entity = subscriptions.demand(service, ("subscriptions",), visit.names[1])
        if entity.properties.get("ownerId") != service.id_of(*user.segments):
            raise not_found(subscriptions.noun)
        shown = subscriptions.show(service, entity, visit.call.query)
        return Answer(200, subscriptions.document(service, entity, shown), {"ETag": entity.etag})

    return handler


def tag_resources(visit: Visit) -> Answer:
    """All pairs of tag and tagged, short ids, display names as `name` (spec example, TagTests)."""
    return page(visit.call, list(_pairs(visit.service, "apis", "products")), lambda pair: pair)


def products_by_tags(visit: Visit) -> Answer:
    return page(visit.call, list(_pairs(visit.service, "products")), lambda pair: pair)


def apis_by_tags(visit: Visit) -> Answer:
    return page(visit.call, list(_pairs(visit.service, "apis")), lambda pair: pair)


def all_policies(visit: Visit) -> Answer:
    """Which scopes have a policy, without its text (spec). The names are unverified: here a digest of the scope."""
    service = visit.service
    scopes = sorted(key for key, rows in service.collections.items() if key[-1] == "policies" and rows)

    def show(collection: tuple[str, ...]) -> Mapping[str, Any]:
        reference = service.id_of(*collection, "policy")
        name = hashlib.sha256(reference.encode()).hexdigest()[:24]
        return {
            "id": service.id_of("allPolicies", name),
            "type": f"{TYPE}/allPolicies",
            "name": name,
            "properties": {"referencePolicyId": reference, "complianceState": "Compliant"},
        }

    return page(visit.call, scopes, show)


def the_service(visit: Visit) -> Answer:
    return Answer(200, service_document(visit.service))


def service_document(service: Service) -> dict[str, Any]:
    """Give the service itself; its ETag stands in the body, unquoted (recorded)."""
    name = service.path.rpartition("/")[2]
    etag = Entity((), name, {}, service.counter).etag.strip('"')
    return {
        "id": service.path,
        "name": name,
        "type": TYPE,
        "tags": {},
        "location": "West Europe",
        "etag": etag,
        "sku": {"name": "Developer", "capacity": 1},
        "properties": {
            "publisherEmail": "api@contoso.example",
            "publisherName": "Contoso",
            "provisioningState": "Succeeded",
            "targetProvisioningState": "",
            "createdAtUtc": "2024-01-01T00:00:00.0000000Z",
            "gatewayUrl": f"https://{name}.azure-api.net",
            "portalUrl": f"https://{name}.portal.azure-api.net",
            "developerPortalUrl": f"https://{name}.developer.azure-api.net",
            "managementApiUrl": f"https://{name}.management.azure-api.net",
            "virtualNetworkType": "None",
            "platformVersion": "stv2",
        },
    }


def _listed(visit: Visit, kind: ResourceType, rows: list[Entity], arm_type: str, below: Entity | None = None) -> Answer:
    service, query = visit.service, visit.call.query

    def show(entity: Entity) -> Mapping[str, Any]:
        document = kind.document(service, entity, kind.show(service, entity, query))
        place = service.id_of(*below.segments, *entity.segments) if below else document["id"]
        return {**document, "id": place, "type": arm_type}

    return page(visit.call, rows, show, fields=lambda entity: kind.field_of(service, entity), allowed=kind.filterable)


def _found(service: Service, collection: str, names: tuple[str, ...]) -> list[Entity]:
    found = (service.find((collection,), name) for name in names)
    return [entity for entity in found if entity is not None]


def _pairs(service: Service, *owners: str) -> Iterator[dict[str, Any]]:
    for owner in owners:
        for name, tag_name in service.links(f"{owner}/tags"):
            entity, tag = service.find((owner,), name), service.find(("tags",), tag_name)
            if entity is None or tag is None:
                continue
            tagged = {
                **entity.properties,
                "id": f"/{owner}/{name}",
                "name": entity.properties.get("displayName", name),
            }
            tagged.pop("displayName", None)
            yield {
                "tag": {"id": f"/tags/{tag_name}", "name": tag.properties["displayName"]},
                _TAGGED[owner]: tagged,
            }
