"""A request for stored things seen from another side in, its page out: inverse lists, tag pairs, policies."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.emulator.errors import not_found
from reconciler.emulator.paging import page
from reconciler.emulator.resources.resource_type import ResourceType
from reconciler.emulator.resources.revisions import base_of, revisions
from reconciler.emulator.resources.subscriptions import in_product, owned_by
from reconciler.emulator.service import TYPE, Entity, Service
from reconciler.emulator.service_document import service_document
from reconciler.emulator.visit import Handler, Visit
from reconciler.emulator.wire import Answer

_OF_API = frozenset({"displayName"})
_TAGGED = {"apis": "api", "products": "product", "apis/operations": "operation"}


def products_of_api(apis: ResourceType, products: ResourceType) -> Handler:
    """The id is the product's own, the type `apis/products` (spec example)."""

    def handler(visit: Visit) -> Answer:
        service = visit.service
        api = apis.demand(service, ("apis",), visit.names[0])
        names = service.links("products/apis").lefts(api.name)
        return _listed(visit, products, _found(service, "products", names), f"{TYPE}/apis/products", filterable=_OF_API)

    return handler


def groups_of_user(users: ResourceType, groups: ResourceType) -> Handler:
    """The id stands below the user's (spec example)."""

    def handler(visit: Visit) -> Answer:
        service = visit.service
        user = users.demand(service, ("users",), visit.names[0])
        rows = _found(service, "groups", service.links("groups/users").lefts(user.name))
        return _listed(
            visit, groups, rows, f"{TYPE}/users/groups", filterable=groups.filterable - {"externalId"}, below=user
        )

    return handler


def subscriptions_of_product(products: ResourceType, subscriptions: ResourceType) -> Handler:
    """Id and type below the product's are unverified."""

    def handler(visit: Visit) -> Answer:
        product = products.demand(visit.service, ("products",), visit.names[0])
        rows = in_product(visit.service, product.name)
        return _listed(
            visit,
            subscriptions,
            rows,
            f"{TYPE}/products/subscriptions",
            filterable=subscriptions.filterable,
            below=product,
        )

    return handler


def subscriptions_of_user(users: ResourceType, subscriptions: ResourceType) -> Handler:
    """Id and type below the user's are unverified."""

    def handler(visit: Visit) -> Answer:
        user = users.demand(visit.service, ("users",), visit.names[0])
        rows = owned_by(visit.service, user.name)
        filterable = subscriptions.filterable - {"state"}
        return _listed(visit, subscriptions, rows, f"{TYPE}/users/subscriptions", filterable=filterable, below=user)

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


def revisions_of_api(apis: ResourceType) -> Handler:
    """Every revision with its full id (spec example); the dates are when the service answered, unverified."""

    def handler(visit: Visit) -> Answer:
        service = visit.service
        api = apis.demand(service, ("apis",), visit.names[0])

        def show(revision: Entity) -> Mapping[str, Any]:
            properties = revision.properties
            number, current = properties["apiRevision"], bool(properties.get("isCurrent"))
            base = base_of(revision.name)
            shown = {
                "apiId": service.id_of("apis", f"{base};rev={number}"),
                "apiRevision": number,
                "createdDateTime": service.now(),
                "updatedDateTime": service.now(),
                "description": properties.get("apiRevisionDescription"),
                "privateUrl": None if current else f"/{properties['path']};rev={number}",
                "isOnline": True,
                "isCurrent": current,
            }
            return {name: value for name, value in shown.items() if value is not None}

        return page(visit.call, revisions(service, base_of(api.name)), show)

    return handler


def identities_of_user(users: ResourceType) -> Handler:
    """`{provider, id}` of each (spec)."""

    def handler(visit: Visit) -> Answer:
        user = users.demand(visit.service, ("users",), visit.names[0])
        return page(visit.call, user.properties.get("identities", []), lambda identity: identity)

    return handler


def tag_resources(visit: Visit) -> Answer:
    """All pairs of tag and tagged, short ids, display names as `name` (spec example, TagTests)."""
    return page(visit.call, list(_pairs(visit.service, "apis", "apis/operations", "products")), lambda pair: pair)


def operations_by_tags(apis: ResourceType) -> Handler:
    """The pairs of one API; with `includeNotTaggedOperations` the others too, with an empty tag (unverified)."""

    def handler(visit: Visit) -> Answer:
        service = visit.service
        api = apis.demand(service, ("apis",), visit.names[0])
        begin = f"/apis/{api.name}/operations/"
        pairs = [pair for pair in _pairs(service, "apis/operations") if pair["operation"]["id"].startswith(begin)]
        if visit.call.query.get("includeNotTaggedOperations", "").lower() == "true":
            tagged = {pair["operation"]["id"] for pair in pairs}
            rows = service.rows("apis", api.name, "operations")
            pairs += [
                {"tag": {}, "operation": each} for row in rows if (each := _operation(service, row))["id"] not in tagged
            ]
        return page(visit.call, pairs, lambda pair: pair)

    return handler


def products_by_tags(visit: Visit) -> Answer:
    return page(visit.call, list(_pairs(visit.service, "products")), lambda pair: pair)


def apis_by_tags(visit: Visit) -> Answer:
    return page(visit.call, list(_pairs(visit.service, "apis")), lambda pair: pair)


def all_policies(visit: Visit) -> Answer:
    """Which scopes have a policy, without its text and without a count (spec).

    The names are unverified: here a digest of the scope.
    """
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

    answer = page(visit.call, scopes, show)
    return replace(answer, body={name: value for name, value in answer.body.items() if name != "count"})


def the_service(visit: Visit) -> Answer:
    return Answer(200, service_document(visit.service))


def _listed(
    visit: Visit,
    kind: ResourceType,
    rows: list[Entity],
    arm_type: str,
    *,
    filterable: frozenset[str],
    below: Entity | None = None,
) -> Answer:
    """Answer a page; what can be filtered by is the spec's for this list, often less than for the list of all."""
    service, query = visit.service, visit.call.query

    def show(entity: Entity) -> Mapping[str, Any]:
        document = kind.document(service, entity, kind.show(service, entity, query))
        place = service.id_of(*below.segments, *entity.segments) if below else document["id"]
        return {**document, "id": place, "type": arm_type}

    return page(
        visit.call, rows, show, fields=lambda entity: kind.field_of(service, entity), allowed=frozenset(filterable)
    )


def _found(service: Service, collection: str, names: tuple[str, ...]) -> list[Entity]:
    found = (service.find((collection,), name) for name in names)
    return [entity for entity in found if entity is not None]


def _pairs(service: Service, *owners: str) -> Iterator[dict[str, Any]]:
    for owner in owners:
        for key, tag_name in service.links(f"{owner}/tags"):
            *above, name = (part for pair in zip(owner.split("/"), key.split("/"), strict=True) for part in pair)
            entity, tag = service.find(tuple(above), name), service.find(("tags",), tag_name)
            if entity is None or tag is None:
                continue
            yield {
                "tag": {"id": f"/tags/{tag_name}", "name": tag.properties["displayName"]},
                _TAGGED[owner]: _operation(service, entity) if owner == "apis/operations" else _tagged(entity),
            }


def _tagged(entity: Entity) -> dict[str, Any]:
    shown = {name: value for name, value in entity.properties.items() if name != "displayName"}
    return {**shown, "id": f"/{'/'.join(entity.segments)}", "name": entity.properties.get("displayName", entity.name)}


def _operation(service: Service, entity: Entity) -> dict[str, Any]:
    """Give an operation with its API's name, as the spec has it (OperationTagResourceContractProperties)."""
    api = service.find(("apis",), entity.collection[1])
    of_api = api.properties if api else {}
    shown = {
        "id": f"/{'/'.join(entity.segments)}",
        "name": entity.properties["displayName"],
        "apiName": of_api.get("displayName"),
        "apiRevision": of_api.get("apiRevision"),
        "apiVersion": of_api.get("apiVersion"),
        **{name: entity.properties.get(name) for name in ("description", "method", "urlTemplate")},
    }
    return {name: value for name, value in shown.items() if value is not None}
