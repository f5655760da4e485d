"""APIs as stored data, revisions as `id;rev=n`: what is listed, and what a deleted one takes along."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from reconciler.emulator.fields import FLAG, LIST, OBJECT, Field, Text
from reconciler.emulator.resources.patterns import NO_SIGNS
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.resources.subscriptions import scoped_to
from reconciler.emulator.service import Entity, Segments, Service

_REVISION = ";rev="


class Apis(ResourceType):
    noun = "API"
    parameter = "apiId"
    names = Text(minimum=1, maximum=256, pattern=NO_SIGNS)
    fields: ClassVar[Mapping[str, Field]] = {
        "displayName": Text(minimum=1, maximum=300),
        "path": Text(maximum=400),
        "description": Text(),
        "serviceUrl": Text(maximum=2000),
        "protocols": LIST,
        "subscriptionRequired": FLAG,
        "isCurrent": FLAG,
        "contact": OBJECT,
        "apiRevision": Text(minimum=1, maximum=100),
    }
    keeps_unknown = True
    required = ("path",)
    defaults: ClassVar[Mapping[str, Any]] = {
        "apiRevision": "1",
        "isCurrent": True,
        "subscriptionRequired": True,  # as on the echo API of a new service; for a PUT without it unverified
        "protocols": ["https"],
    }
    filterable = frozenset({"name", "displayName", "description", "serviceUrl", "path", "isCurrent"})
    slow_put = True
    slow_delete = True

    def name_of(self, service: Service, name: str) -> str:
        """`orders;rev=1` is `orders` while that is its current revision."""
        base, _, revision = name.partition(_REVISION)
        current = service.find(("apis",), base) if revision else None
        return base if current is not None and current.properties.get("apiRevision") == revision else name

    def accept(self, change: Change) -> Draft:
        """A revision starts from the API it is made of; what releases do to it is a later chapter."""
        base, _, revision = change.name.partition(_REVISION)
        source = change.service.find(("apis",), base) if revision and change.before is None else None
        if source is not None:
            inherited = {**source.properties, "isCurrent": False, "apiRevision": revision}
            given = {name: value for name, value in change.given.items() if name != "sourceApiId"}
            return Draft({**inherited, **{name: value for name, value in given.items() if value is not None}})
        draft = super().accept(change)
        draft.properties.setdefault("displayName", base)  # unverified: the spec demands only the path
        if revision:
            draft.properties["apiRevision"] = revision
        return draft

    def seed_defaults(self, name: str) -> Mapping[str, Any]:
        return {"displayName": name, "path": name}

    def deleted(self, service: Service, entity: Entity) -> None:
        """Subscriptions scoped to the API go with it; that is unverified."""
        service.links("products/apis").drop_right(entity.name)
        service.links("apis/tags").drop_left(entity.name)
        service.links("fragments/users").drop_right("/".join((*entity.segments, "policies", "policy")))
        for subscription in scoped_to(service, "apis", entity.name):
            service.remove(subscription)

    def listed(self, service: Service, collection: Segments, query: Mapping[str, str]) -> Sequence[Entity]:
        """Current revisions only: so in every example of the spec, unverified otherwise."""
        rows = super().listed(service, collection, query)
        if all(row.properties.get("isCurrent") for row in rows):
            return rows
        return [row for row in rows if row.properties.get("isCurrent")]
