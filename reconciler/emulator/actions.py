"""A POST on an entity in, its answer out: keys shown and renewed, a named value shown, who includes a fragment."""

from reconciler.emulator.errors import invalid
from reconciler.emulator.paging import page
from reconciler.emulator.resources.references import users_of
from reconciler.emulator.resources.resource_type import Change, ResourceType
from reconciler.emulator.service import TYPE, Entity, fresh_key
from reconciler.emulator.visit import Handler, Visit
from reconciler.emulator.wire import Answer


def list_secrets(subscriptions: ResourceType) -> Handler:
    """Both keys, with the subscription's ETag (recorded: az Subscription)."""

    def handler(visit: Visit) -> Answer:
        entity = _demand(visit, subscriptions, "subscriptions")
        return Answer(200, dict(entity.secrets), {"ETag": entity.etag})

    return handler


def regenerate(subscriptions: ResourceType, key: str) -> Handler:
    """204, and the ETag goes up (recorded: az Subscription)."""

    def handler(visit: Visit) -> Answer:
        entity = _demand(visit, subscriptions, "subscriptions")
        renewed = {**entity.secrets, key: fresh_key()}
        visit.service.store(entity.collection, entity.name, entity.properties, renewed)
        return Answer(204)

    return handler


def list_value(named_values: ResourceType) -> Handler:
    def handler(visit: Visit) -> Answer:
        entity = _demand(visit, named_values, "namedValues")
        return Answer(200, {"value": entity.secrets["value"]}, {"ETag": entity.etag})

    return handler


def refresh_secret(named_values: ResourceType) -> Handler:
    """Read the secret anew; only a named value from Key Vault has one (that others are refused is unverified)."""

    def handler(visit: Visit) -> Answer:
        entity = _demand(visit, named_values, "namedValues")
        if "keyVault" not in entity.properties:
            raise invalid("Named value is not a Key Vault reference.")
        change = Change(visit.service, entity.collection, entity.name, {}, entity, partial=True)
        draft = named_values.accept(change)
        renewed = visit.service.store(entity.collection, entity.name, draft.properties, draft.hidden)
        shown = named_values.show(visit.service, renewed, {})
        return Answer(200, named_values.document(visit.service, renewed, shown), {"ETag": renewed.etag})

    return handler


def list_references(fragments: ResourceType) -> Handler:
    """`{id, type, name}` of each policy that includes the fragment, in pages (spec)."""

    def handler(visit: Visit) -> Answer:
        service = visit.service
        entity = _demand(visit, fragments, "policyFragments")
        return page(
            visit.call,
            users_of(service, entity),
            lambda user: {
                "id": service.id_of(user),
                "type": f"{TYPE}/{'/'.join(user.split('/')[::2])}",
                "name": user.rpartition("/")[2],
            },
        )

    return handler


def _demand(visit: Visit, kind: ResourceType, collection: str) -> Entity:
    visit.refuse_null_body()
    return kind.demand(visit.service, (collection,), visit.names[0])
