"""Revisions of an API: `id;rev=n` in, the one that is current under the bare id; a release exchanges two of them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from reconciler.emulator.errors import detail, incorrect
from reconciler.emulator.fields import Field, Text
from reconciler.emulator.resources.patterns import NO_SIGNS
from reconciler.emulator.resources.references import remember
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.service import Entity, Segments, Service

REVISION = ";rev="
_APIS: Segments = ("apis",)
_SHARED = frozenset({"releases"})  # belong to the API, whichever revision is current


def base_of(name: str) -> str:
    return name.partition(REVISION)[0]


def revisions(service: Service, base: str) -> Sequence[Entity]:
    """Give all revisions of an API, the current one first."""
    rows = service.collections.get(_APIS, {})
    others = [entity for name, entity in rows.items() if name.startswith(f"{base}{REVISION}")]
    current = rows.get(base)
    return [*([current] if current else []), *others]


def make_current(service: Service, revision: Entity) -> None:
    """Let a revision and the one that was current change places, with everything nested in them but the releases."""
    base = base_of(revision.name)
    current = service.find(_APIS, base)
    if current is None or current.name == revision.name:
        return
    former = f"{base}{REVISION}{current.properties['apiRevision']}"
    for entity, name, is_current in ((current, former, False), (revision, base, True)):
        service.rename(entity, name, staying=_SHARED)
        service.links("apis/operations/tags").rename_below(entity.name, name)
        service.store(_APIS, name, {**entity.properties, "isCurrent": is_current})


def copy_nested(service: Service, source: str, target: str) -> None:
    """Give a new revision what the one it is made of has: operations, policies, schemas."""
    nested = [
        entity
        for collection, rows in service.collections.items()
        if collection[:2] == ("apis", source) and collection[2] not in _SHARED
        for entity in rows.values()
    ]
    for entity in nested:
        collection = ("apis", target, *entity.collection[2:])
        copy = service.store(collection, entity.name, entity.properties, entity.secrets)
        if collection[-1] == "policies":
            remember(service, copy)


class Releases(ResourceType):
    """A release makes its revision current."""

    noun = "ApiRelease"  # unverified
    parameter = "releaseId"
    names = Text(minimum=1, maximum=80, pattern=NO_SIGNS)
    fields: ClassVar[Mapping[str, Field]] = {"apiId": Text(minimum=1), "notes": Text()}
    server_fields = frozenset({"createdDateTime", "updatedDateTime"})
    filterable = frozenset({"notes"})

    def accept(self, change: Change) -> Draft:
        """The revision must be one of this API; that it is refused otherwise, and how, is unverified."""
        properties = super().accept(change).properties
        base, service = change.collection[1], change.service
        asked = properties.get("apiId", "").rpartition("/")[2]
        if base_of(asked) != base or not self._revision(service, asked):
            raise incorrect(detail("apiId", "API not found"))
        properties["apiId"] = service.id_of("apis", asked)
        earlier = change.before.properties if change.before else {}
        same = {name: earlier.get(name) for name in self.fields} == {name: properties.get(name) for name in self.fields}
        properties.setdefault("createdDateTime", earlier.get("createdDateTime") or service.now())
        properties.setdefault("updatedDateTime", earlier["updatedDateTime"] if earlier and same else service.now())
        return Draft(properties)

    def stored(self, change: Change, entity: Entity) -> None:
        """A seed tells of releases that have been; which revision is current, its APIs say."""
        revision = self._revision(change.service, entity.properties["apiId"].rpartition("/")[2])
        if revision is not None and not change.seeded:
            make_current(change.service, revision)

    def _revision(self, service: Service, name: str) -> Entity | None:
        current = service.find(_APIS, base_of(name))
        number = name.partition(REVISION)[2]
        if current is not None and number in ("", current.properties.get("apiRevision")):
            return current
        return service.find(_APIS, name)

    def seed_defaults(self, name: str) -> Mapping[str, Any]:  # noqa: ARG002
        return {}
