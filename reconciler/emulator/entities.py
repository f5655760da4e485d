"""A request for entities of one type in, Azure's answer out: list, get, head, put, patch and delete for every type."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from reconciler.emulator.errors import not_found
from reconciler.emulator.paging import page
from reconciler.emulator.polling import started
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType, descend
from reconciler.emulator.service import Entity, Segments, Service
from reconciler.emulator.tiers import refuse_above_limit
from reconciler.emulator.visit import Visit
from reconciler.emulator.wire import Answer

_AT_ONCE = "2022-08-01"
IN_PROGRESS = {"provisioningState": "InProgress"}


@dataclass(frozen=True, slots=True)
class Entities:
    """A published collection, such as `products/{}/policies`: its type and the types it is nested in."""

    kind: ResourceType
    fixed: tuple[str, ...]
    parents: tuple[ResourceType, ...] = ()

    def list(self, visit: Visit) -> Answer:
        """Answer a page; a list carries no ETag."""
        service, kind, query = visit.service, self.kind, visit.call.query
        collection = self._collection(service, visit.names)
        return page(
            visit.call,
            kind.listed(service, collection, query),
            lambda entity: kind.document(service, entity, kind.show(service, entity, query)),
            fields=lambda entity: kind.field_of(service, entity),
            allowed=kind.filterable,
            ordering=(lambda entity: kind.field_of(service, entity)) if kind.orderable else None,
            orderable=kind.orderable,
        )

    def get(self, visit: Visit) -> Answer:
        entity = self._demand(visit)
        shown = self.kind.show(visit.service, entity, visit.call.query)
        pending = visit.service.operations.look_at(entity.segments)
        if pending is not None and not pending.done:
            shown = {**shown, **IN_PROGRESS}
        return Answer(200, self.kind.document(visit.service, entity, shown), {"ETag": entity.etag})

    def head(self, visit: Visit) -> Answer:
        return Answer(200, None, {"ETag": self._demand(visit).etag})

    def put(self, visit: Visit) -> Answer:
        return self._write(visit, partial=False)

    def patch(self, visit: Visit) -> Answer:
        return self._write(visit, partial=True)

    def delete(self, visit: Visit) -> Answer:
        """200 when deleted, 204 when there was nothing (recorded), 202 where the contract makes it an operation.

        It does so from 2024-05-01 on: the client of 2022-08-01, which azure-cli has, takes 202 for an error.
        """
        service, kind = visit.service, self.kind
        collection = self._collection(service, visit.names)
        entity = service.find(collection, kind.name_of(service, visit.names[-1]))
        if entity is None:
            return Answer(204)
        visit.match(entity, demanded=True)
        entity = kind.meant(service, entity, visit.call.query)
        kind.refuse_delete(service, entity, visit.call.query)
        if not kind.slow_delete or visit.call.query.get("api-version") == _AT_ONCE:
            self._erase(service, entity)
            return Answer(200)
        return Answer(
            202,
            None,
            started(visit, entity, code=204, on_success=partial(self._erase, service, entity), on_failure=lambda: None),
        )

    def seed(
        self, service: Service, names: tuple[str, ...], properties: Mapping[str, Any], *, additions: bool
    ) -> Entity:
        """Put an entity by the same rules, without a request."""
        collection = self._collection(service, names)
        name = self.kind.name_of(service, names[-1])
        before = service.find(collection, name)
        change = Change(service, collection, name, properties, before=before, seeded=True, additions=additions)
        draft = self._accepted(change)
        if draft.late is not None:
            raise draft.late
        return self._stored(change, draft)

    def _write(self, visit: Visit, *, partial: bool) -> Answer:
        service, kind = visit.service, self.kind
        collection = self._collection(service, visit.names)
        name = kind.name_of(service, visit.names[-1])
        before = service.find(collection, name)
        if partial and before is None:
            raise not_found(kind.noun)
        visit.match(before, demanded=True)
        change = Change(service, collection, name, visit.properties(), before, visit.call.query, partial=partial)
        draft = self._accepted(change)
        if before is None:
            refuse_above_limit(service, collection)
        entity = self._stored(change, draft)
        status = 200 if before else 201
        shown = kind.show_written(service, change, entity)
        headers = {"ETag": entity.etag}
        if kind.slow_patch if partial else kind.slow_put:
            shown = {**shown, **IN_PROGRESS}
            headers |= started(
                visit,
                entity,
                code=status,
                on_success=lambda: None,
                on_failure=lambda: self._reverted(service, entity, before),
                late=draft.late,
            )
        return Answer(status, kind.document(service, entity, shown), headers)

    def _accepted(self, change: Change) -> Draft:
        self.kind.refuse_write(change)
        return self.kind.accept(change)

    def _stored(self, change: Change, draft: Draft) -> Entity:
        entity = change.service.store(change.collection, change.name, draft.properties, draft.hidden)
        self.kind.stored(change, entity)
        return entity

    def _reverted(self, service: Service, entity: Entity, before: Entity | None) -> None:
        """Go back to what was: an update can answer 200 and fail later (Azure/apiops-cli #148)."""
        if before is None:
            self._erase(service, entity)
        else:
            service.restore(before)
            self.kind.restored(service, before)

    def _erase(self, service: Service, entity: Entity) -> None:
        service.remove(entity)
        self.kind.deleted(service, entity)

    def _demand(self, visit: Visit) -> Entity:
        return self.kind.demand(visit.service, self._collection(visit.service, visit.names), visit.names[-1])

    def _collection(self, service: Service, names: tuple[str, ...]) -> Segments:
        """Spell the collection as stored, its parents checked."""
        parent = descend(service, self.fixed, self.parents, names)
        return (*parent.segments, self.fixed[-1]) if parent else self.fixed
