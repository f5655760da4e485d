"""What a kind of resource is: its path in Azure, its properties, what it refers to, what it costs. No I/O."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

from reconciler.kinds.document import Document
from reconciler.resource import Address, Resource


class Kind:
    """The questions that reading, comparing and applying ask of a resource; the answers here fit a plain entity.

    `path` has a `{}` for each part of the name. `listing` is the list that holds all of them, relative to the service.
    `index` is a list that only says which documents there are. `parts` names, for a link, the kind that each part of
    its name refers to; a kind that names itself has none. `patches` says that an update is a PATCH, `partial` that it
    may name only what differs. `document` is set where several resources stand in one text of Azure's, which is read
    and written whole, and goes with one that ends it. `posts` are all the requests that `along` may name. `made_along`
    is the list that holds what Azure makes unasked with a new one; until that is gone, the new one says `begun`.
    """

    name: ClassVar[str]
    path: ClassVar[str]
    listing: ClassVar[str | None] = None
    listing_by_part: ClassVar[tuple[str, ...]] = ()
    index: ClassVar[str | None] = None
    parts: ClassVar[tuple[str, ...]] = ()
    fields: ClassVar[tuple[str, ...]] = ()
    writable: ClassVar[bool] = True
    removable: ClassVar[bool] = True
    has_etag: ClassVar[bool] = True
    patches: ClassVar[bool] = True
    partial: ClassVar[bool] = True
    immutable: ClassVar[frozenset[str]] = frozenset()
    remarks: ClassVar[frozenset[str]] = frozenset()
    identified_by: ClassVar[str | None] = None
    delete_query: ClassVar[str] = ""
    made_along: ClassVar[str | None] = None
    begun: ClassVar[Mapping[str, str]] = {}
    posts: ClassVar[tuple[str, ...]] = ()
    confirms_removal: ClassVar[bool] = False
    taken_back: ClassVar[str] = "deleted"
    document: ClassVar[Document | None] = None
    ends_document: ClassVar[bool] = False

    @property
    def holds(self) -> frozenset[str]:
        """The kinds whose names stand in one of this: renamed, they rename it."""
        return frozenset((self.name, *self.parts))

    def address(self, *name: str) -> Address:
        """Name one of this kind."""
        return Address(self.name, name)

    def rows(self, row: Mapping[str, Any]) -> Iterator[Resource]:
        """Give the resources that one row of the listing holds."""
        yield Resource(self.address(row["name"]), self.observed(row.get("properties") or {}))

    def observed(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Take from Azure's properties those that we know; one that Azure left out is None."""
        return {name: properties.get(name) for name in self.fields}

    def body(self, properties: Mapping[str, Any], service: str) -> dict[str, Any]:  # noqa: ARG002  scopes need it
        """Give the `properties` of a request: `service` is the resource id that full ids begin with."""
        return dict(properties)

    def initial(self, address: Address) -> dict[str, Any]:  # noqa: ARG002
        """Give what Azure asks of a new one where nothing is declared; a living one keeps what it has."""
        return {}

    def meaning(self, name: str, value: Any) -> Any:  # noqa: ARG002  kinds with a property of their own need it
        """Give the form in which two values of a property are compared. Azure drops empty text."""
        return None if value == "" else value

    def refers(self, resource: Resource) -> tuple[Address, ...]:
        """Name what must exist for this to exist."""
        return tuple(map(Address, self.parts, zip(resource.address.name, strict=False)))

    def needs(self, resource: Resource) -> tuple[Address, ...]:
        """Name what this is about: it waits for that, though Azure may not ask."""
        return self.refers(resource)

    def product(self, resource: Resource) -> str | None:
        """Name the product that this is a part of, and is governed as; None where it belongs to none."""
        return resource.address.name[self.parts.index("product")] if "product" in self.parts else None

    def goes_with(self, resource: Resource) -> tuple[Address, ...]:
        """Name what takes this along when Azure deletes it."""
        return self.refers(resource)

    def place(self, address: Address) -> tuple[str, ...]:
        """Give the names that fill `path`."""
        return address.name

    def renamed(self, resource: Resource, names: Mapping[Address, Address]) -> Resource:
        """Give the resource with everything in it that `names` renames, renamed."""
        own = names.get(resource.address, resource.address)
        if self.parts:
            parts = (Address(kind, (part,)) for kind, part in zip(self.parts, resource.address.name, strict=True))
            own = self.address(*(names.get(part, part).name[0] for part in parts))
        return Resource(own, resource.properties, resource.origin)

    def lane(self, address: Address) -> Address:
        """Name the entity that a write locks: Azure answers 409 or 412 to two writes at once."""
        return Address(self.parts[0], address.name[:1]) if self.parts else address

    def built_in(self, resource: Resource) -> bool:  # noqa: ARG002
        """Whether Azure made it and it stays."""
        return False

    def retired(self, resource: Resource, *, day: date, grace: int) -> Resource | None:  # noqa: ARG002
        """Say what is left of a resource that is taken back: as a rule nothing."""
        return None

    def cut_off(self, resource: Resource, *, day: date, reason: str) -> Resource | None:  # noqa: ARG002
        """Say what is left of a resource that is cut off by hand: as a rule nothing."""
        return None

    def marked(self, resource: Resource) -> bool:  # noqa: ARG002
        """Whether the resource itself says that this tool is taking it back."""
        return False

    def unfinished(self, properties: Mapping[str, Any]) -> bool:
        """Whether a run that was stopped has left what Azure made along with it."""
        return bool(self.begun) and all(properties.get(name) == text for name, text in self.begun.items())

    def cleans(self, before: Resource | None, after: Resource | None) -> bool:  # noqa: ARG002
        """Whether what Azure makes along with a new one has to be deleted with this change."""
        return False

    def following(self, before: Resource, after: Resource) -> Resource:  # noqa: ARG002
        """Give what is written on a living one: it may have to keep something that was said there."""
        return after

    def along(self, before: Resource, after: Resource) -> tuple[str, ...]:  # noqa: ARG002
        """Name the POSTs below a resource that are made before it is updated. Each may be made twice."""
        return ()

    def writes(self, before: Resource | None, after: Resource | None) -> int:
        """Count the requests that a change costs of the write bucket: replacing is a deletion and a creation."""
        if before is None or after is None:
            return 1
        return 2 if self.replaces(before, after) else 1 + len(self.along(before, after))

    def replaces(self, before: Resource, after: Resource) -> bool:
        """Whether the change cannot be made in place."""
        return any(
            name in after.properties
            and self.meaning(name, before.properties.get(name)) != self.meaning(name, after.properties[name])
            for name in self.immutable
        )


class Link(Kind):
    """Two things belong together: the link is there or not, and has neither properties nor an ETag."""

    has_etag = False
    patches = False
