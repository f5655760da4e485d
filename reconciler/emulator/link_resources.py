"""A request for a link as a thing of its own in, Azure's answer out: `products/{}/groupLinks` and the like.

They show the same pairs as `products/{}/groups`. What name a link has that was made there is unverified: here a digest.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.errors import AzureError, detail, incorrect, not_found
from reconciler.emulator.paging import page
from reconciler.emulator.resources.open_products import refuse_link
from reconciler.emulator.resources.resource_type import ResourceType, descend
from reconciler.emulator.service import TYPE, Entity, Service
from reconciler.emulator.visit import Visit
from reconciler.emulator.wire import Answer


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a relation: its type, the word for it, and how its path is fixed, such as `apis/{}/operations`."""

    kinds: tuple[ResourceType, ...]
    word: str
    fixed: tuple[str, ...]

    def find(self, service: Service, names: tuple[str, ...]) -> Entity | None:
        return descend(service, self.fixed, self.kinds, names)

    def path(self, key: str) -> tuple[str, ...]:
        """Give the segments of what a relation keeps under a key."""
        return tuple(part for pair in zip(self.fixed, key.split("/"), strict=True) for part in pair)


@dataclass(frozen=True, slots=True)
class LinkResources:
    """A published collection of links below one side. `member_left` says on which side of the relation members are."""

    owner: Side
    member: Side
    relation: str
    member_left: bool = False

    @property
    def collection(self) -> str:
        """Such as `groupLinks`."""
        return f"{self.member.word.lower()}Links"

    @property
    def property(self) -> str:
        return f"{self.member.word.lower()}Id"

    def list(self, visit: Visit) -> Answer:
        owner = self._owner(visit)
        return page(visit.call, list(self._links(visit.service, owner)), lambda link: self._shown(visit, owner, *link))

    def get(self, visit: Visit) -> Answer:
        owner = self._owner(visit)
        key = self._key_of(visit, owner)
        if key is None:
            raise not_found("Link")  # the noun is unverified
        return Answer(200, self._shown(visit, owner, visit.names[-1], key), self._tag(visit.service, key))

    def put(self, visit: Visit) -> Answer:
        """201; 200 for the same again; 409 for a pair that is linked under another name (Azure/apiops #835)."""
        owner, service = self._owner(visit), visit.service
        key, name, linked = self._asked(visit), visit.names[-1], self._key_of(visit, owner)
        if linked == key:
            return Answer(200, self._shown(visit, owner, name, key))
        if linked is not None:  # unverified: that a link does not change what it links, and how that is said
            raise incorrect(detail(self.property, f"Link cannot be changed to another {self.member.word}."))
        left, right = (key, owner.name) if self.member_left else (owner.name, key)
        if self.relation == "products/apis":
            refuse_link(service, left, right)
        if not service.links(self.relation).add(left, right, name):
            both = f"{self.owner.word} and {self.member.word}"
            raise AzureError(409, "Conflict", f"Link already exists between specified {both}.")
        service.tick()
        return Answer(201, self._shown(visit, owner, name, key))

    def delete(self, visit: Visit) -> Answer:
        owner, service = self._owner(visit), visit.service
        key = self._key_of(visit, owner)
        if key is None:
            return Answer(204)
        service.links(self.relation).remove(*((key, owner.name) if self.member_left else (owner.name, key)))
        service.tick()
        return Answer(200)

    def _owner(self, visit: Visit) -> Entity:
        owner = self.owner.find(visit.service, visit.names)
        if owner is None:
            raise not_found(self.owner.word)
        return owner

    def _links(self, service: Service, owner: Entity) -> Iterator[tuple[str, str]]:
        """Give name and key of each link of an owner."""
        links = service.links(self.relation)
        for key in links.lefts(owner.name) if self.member_left else links.rights(owner.name):
            label = links.label(key, owner.name) if self.member_left else links.label(owner.name, key)
            digest = hashlib.sha256(f"{self.relation} {owner.name} {key}".encode()).hexdigest()[:24]
            yield label or digest, key

    def _key_of(self, visit: Visit, owner: Entity) -> str | None:
        return next((key for name, key in self._links(visit.service, owner) if name == visit.names[-1]), None)

    def _asked(self, visit: Visit) -> str:
        """Read the full or the short id of what is to be linked."""
        asked = visit.properties().get(self.property)
        path = str(asked or "").removeprefix(visit.service.path).strip("/").split("/")
        if tuple(path[::2]) != self.member.fixed:
            raise incorrect(detail(self.property, f"{self.property} should be the id of a {self.member.word}"))
        member = self.member.find(visit.service, tuple(path[1::2]))
        return "/".join(member.segments[1::2]) if member else ""

    def _tag(self, service: Service, key: str) -> dict[str, str]:
        """A GET has an ETag (spec); that it is the member's is unverified: it is where product groups were recorded."""
        member = self.member.find(service, tuple(key.split("/")))
        return {"ETag": member.etag} if member else {}

    def _shown(self, visit: Visit, owner: Entity, name: str, key: str) -> dict[str, Any]:
        service = visit.service
        return {
            "id": service.id_of(*owner.segments, self.collection, name),
            "type": f"{TYPE}/{owner.collection[0]}/{self.collection}",
            "name": name,
            "properties": {self.property: service.id_of(*self.member.path(key))},
        }
