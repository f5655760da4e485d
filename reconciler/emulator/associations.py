"""A request for the pairs of one relation in, Azure's answer out: list, head, get, put and delete."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.emulator.errors import AzureError, detail, incorrect, not_found
from reconciler.emulator.paging import page
from reconciler.emulator.resources.open_products import refuse_link
from reconciler.emulator.resources.resource_type import ResourceType, descend
from reconciler.emulator.service import TYPE, Entity, Service
from reconciler.emulator.visit import Visit
from reconciler.emulator.wire import Answer

_TAGGED: Final = frozenset({"products/groups", "apis/tags"})  # whose PUT has an ETag: recorded (az product), and spec


@dataclass(frozen=True, slots=True)
class Association:
    """A relation as published, such as `products/{}/groups`. No If-Match anywhere (spec)."""

    owners: tuple[ResourceType, ...]  # what the relation is nested in, outermost first
    member: ResourceType
    fixed: tuple[str, ...]
    as_entity: bool = False  # tags: GET and HEAD answer with the tag itself, and so does PUT

    @property
    def relation(self) -> str:
        return "/".join(self.fixed)

    def list(self, visit: Visit) -> Answer:
        """Answer a page of members, named below their owner (spec examples)."""
        service, kind, query = visit.service, self.member, visit.call.query
        owner = self._owner(visit)
        collection = self.fixed[-1:]
        found = (service.find(collection, name) for name in service.links(self.relation).rights(_key(owner)))
        return page(
            visit.call,
            [entity for entity in found if entity is not None],
            lambda entity: self._document(service, owner, entity, kind.show(service, entity, query)),
            fields=lambda entity: kind.field_of(service, entity),
            allowed=kind.filterable,
        )

    def head(self, visit: Visit) -> Answer:
        """204 or 404 for a link; a tag is asked for as an entity and answers 200 with its ETag (spec)."""
        member = self._linked(visit)
        return Answer(200, None, {"ETag": member.etag}) if self.as_entity else Answer(204)

    def get(self, visit: Visit) -> Answer:
        member = self._linked(visit)
        shown = self.member.show(visit.service, member, visit.call.query)
        return Answer(200, self.member.document(visit.service, member, shown), {"ETag": member.etag})

    def put(self, visit: Visit) -> Answer:
        """201 or 200; the body is the member, with its own id and the pair's type (spec examples); some tagged."""
        service = visit.service
        owner, member = self._owner(visit), self._member(service, visit.names[-1])
        if member is None:
            raise self._missing()
        self._may_link(service, owner, member)
        created = service.links(self.relation).add(_key(owner), member.name)
        if created:
            service.tick()
        shown = self.member.show(service, member, {})
        body = self.member.document(service, member, shown)
        if not self.as_entity:
            body["type"] = f"{TYPE}/{self.relation}"
        return Answer(201 if created else 200, body, {"ETag": member.etag} if self.relation in _TAGGED else {})

    def delete(self, visit: Visit) -> Answer:
        service = visit.service
        owner, member = self._owner(visit), self._member(service, visit.names[-1])
        if member is None or not service.links(self.relation).remove(_key(owner), member.name):
            return Answer(204)
        service.tick()
        return Answer(200)

    def seed(self, service: Service, names: tuple[str, ...]) -> None:
        """Link two things that must both be there."""
        owner = self._owner_at(service, names)
        member = self.member.demand(service, self.fixed[-1:], names[-1])
        self._may_link(service, owner, member)
        service.links(self.relation).add(_key(owner), member.name)

    def _may_link(self, service: Service, owner: Entity, member: Entity) -> None:
        if self.relation == "products/apis":
            refuse_link(service, owner.name, member.name)

    def _owner(self, visit: Visit) -> Entity:
        return self._owner_at(visit.service, visit.names)

    def _owner_at(self, service: Service, names: tuple[str, ...]) -> Entity:
        owner = descend(service, self.fixed, self.owners, names)
        if owner is None:
            raise ValueError(f"{self.relation} is nested in nothing")
        return owner

    def _member(self, service: Service, name: str) -> Entity | None:
        return service.find(self.fixed[-1:], self.member.name_of(service, name))

    def _linked(self, visit: Visit) -> Entity:
        owner, member = self._owner(visit), self._member(visit.service, visit.names[-1])
        if member is None or not visit.service.links(self.relation).has(_key(owner), member.name):
            raise not_found(self.member.noun)
        return member

    def _missing(self) -> AzureError:
        """A missing group of a product is a wrong field (Azure/apiops #180), other members 404 (unverified)."""
        if self.relation == "products/groups":
            return incorrect(detail("gid", "Group not found"))
        return not_found(self.member.noun)

    def _document(self, service: Service, owner: Entity, member: Entity, shown: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": service.id_of(*owner.segments, self.fixed[-1], member.name),
            "type": f"{TYPE}/{self.relation}",
            "name": member.name,
            "properties": shown,
        }


def _key(owner: Entity) -> str:
    """Give the name under which the owner's pairs are kept: of what is nested, with what it is nested in."""
    return "/".join(owner.segments[1::2])
