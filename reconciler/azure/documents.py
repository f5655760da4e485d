"""Documents in which several resources stand: read for what is in them, and written with some of it changed."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote

from reconciler.azure.afterwards import read_back, sent
from reconciler.azure.session import Session, path_of
from reconciler.azure.together import together
from reconciler.diff import Change
from reconciler.errors import Conflict
from reconciler.kinds import Kind, kind_of
from reconciler.kinds.document import Document
from reconciler.policy.tokens import PolicyError
from reconciler.resource import Address, Resource, State, state


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a document is, and what is looked for in it."""

    path: str
    addresses: tuple[Address, ...]

    @property
    def document(self) -> Document:
        document = kind_of(self.addresses[0]).document
        if document is None:
            raise ValueError(f"{self.addresses[0]} stands in no document")
        return document

    def resources(self, text: str | None, doing: str) -> State:
        """Take it apart. Raises Conflict where it cannot be read."""
        if text is None:
            return {}
        try:
            return state(*(each for address in self.addresses for each in self.document.resources(address, text)))
        except PolicyError as error:
            raise Conflict(doing, detail=f"the {self.document.name} there cannot be read: {error}") from error


async def documents(session: Session, addresses: Iterable[Address]) -> list[Resource]:
    """Read each document that one of them stands in, once; give what is in it."""

    async def one(place: _Place) -> list[Resource]:
        doing = f"reading {place.addresses[0]}"
        text, _ = await _text(session, place, doing)
        with suppress(Conflict):  # nothing of ours is seen in it; whoever has to write it, is refused with the reason
            return list(place.resources(text, doing).values())
        return []

    return [each for found in await together(*map(one, _places(addresses))) for each in found]


def in_policies(*states: State) -> set[Address]:
    """Find what stands in policies, which no list tells the texts of."""
    return {address for each in states for address in each if kind_of(address).index}


async def listed_documents(session: Session, addresses: Iterable[Address]) -> list[Resource]:
    """Read those of them that the index of policies names: it does not tell what is in them."""
    places = _places(addresses)
    if not places:
        return []
    begin = f"{session.service}/".lower()
    rows = await session.rows("allPolicies")
    ids = (str((row.get("properties") or {}).get("referencePolicyId") or "").lower() for row in rows)
    there = {each.removeprefix(begin) for each in ids}
    return await documents(
        session, (each for place in places if unquote(place.path).lower() in there for each in place.addresses)
    )


def _places(addresses: Iterable[Address]) -> list[_Place]:
    found: dict[str, list[Address]] = defaultdict(list)
    for address in sorted(addresses):
        found[path_of(kind_of(address).path, kind_of(address).place(address))].append(address)
    return [_Place(path, tuple(each)) for path, each in found.items()]


async def write_document(session: Session, changes: tuple[Change, ...]) -> tuple[str, ...]:
    """Write a document once with all the changes in it, sure that what the plan saw of them is still so."""
    (place,), doing = _places(change.address for change in changes), f"writing {_named(changes)}"
    text, etag = await _text(session, place, doing)
    left = _undone(changes, place.resources(text, doing), doing)
    if not left:
        return ()
    try:
        edited = place.document.edited(place.addresses[0], text, [(change.before, change.after) for change in left])
    except PolicyError as error:
        raise Conflict(doing, detail=f"the {place.document.name} there cannot be changed: {error}") from error
    except ValueError as error:
        raise Conflict(doing, detail=str(error)) from error

    async def lost() -> str:
        return await _lost(session, place, left, doing)

    request = await sent(_send(session, place, edited, etag=etag, doing=doing), lost)
    await read_back(session, lost, doing)
    return (request,) if request else ()


def _named(changes: tuple[Change, ...]) -> str:
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{changes[0].address}{more}"


async def _text(session: Session, place: _Place, doing: str) -> tuple[str | None, str]:
    """Read it as its author wrote it, with the ETag to write it by."""
    found = await session.get(f"{place.path}?format=rawxml", doing)
    if found is None:
        return None, ""
    return str((found.row.get("properties") or {}).get("value") or ""), found.etag


def _undone(changes: tuple[Change, ...], seen: State, doing: str) -> tuple[Change, ...]:
    """Leave out what is as it shall be. Raises Conflict where something is neither as it was nor as it shall be."""
    left = []
    for change in changes:
        found = seen.get(change.address)
        if _same(change.kind, found, change.after, change):
            continue
        if not _same(change.kind, found, change.before, change):
            raise Conflict(doing, detail=f"{change.address} changed since the plan was made")
        left.append(change)
    return tuple(left)


def _same(kind: Kind, found: Resource | None, said: Resource | None, change: Change) -> bool:
    if found is None or said is None:
        return found is said
    names = change.differs or tuple(said.properties)
    return all(
        kind.meaning(name, found.properties.get(name)) == kind.meaning(name, said.properties.get(name))
        for name in names
    )


async def _send(session: Session, place: _Place, text: str | None, *, etag: str, doing: str) -> str:
    if text is None:
        return await session.delete(place.path, doing, etag=etag) if etag else ""
    return await session.put(place.path, {"value": text, "format": "rawxml"}, doing, etag=etag)


async def _lost(session: Session, place: _Place, changes: tuple[Change, ...], doing: str) -> str:
    """Say what is not in it as it was written; nothing where all is."""
    text, _ = await _text(session, place, doing)
    seen = place.resources(text, doing)
    lost = [change for change in changes if not _same(change.kind, seen.get(change.address), change.after, change)]
    return f"and a read afterwards does not show {lost[0].address}" if lost else ""
