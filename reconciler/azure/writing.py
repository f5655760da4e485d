"""What is written in one request in, made in Azure and read back; raises AzureError where it could not be made."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from reconciler.azure.afterwards import LOOKS, read_back, sent
from reconciler.azure.documents import write_document
from reconciler.azure.session import Found, Session, path_of
from reconciler.diff import Change
from reconciler.errors import AzureError, Conflict, NotFound
from reconciler.kinds.subscription import made_by_azure
from reconciler.resource import Resource


async def write(session: Session, changes: tuple[Change, ...]) -> tuple[str, ...]:
    """Make a change, or all those of one document, with as many writes as it says it costs.

    Nothing is written that somebody else has made meanwhile. Gives Azure's correlation ids of what was written, for who
    has to ask Azure about it.
    """
    if changes[0].kind.document:
        return await write_document(session, changes)
    (change,) = changes
    doing = f"{_DOING[change.action]} {change.address}"
    path = path_of(change.kind.path, change.address.name)
    etag = await _unchanged(session, change, path, doing)
    if etag is None:
        return ()  # somebody else has deleted it: nothing is left to do
    requests: list[str] = []
    match change.action:
        case "create":
            requests += await _create(session, change, path, doing)
        case "update":
            if change.cleans:
                requests += await _remove_made_along(session, change)
            for action in change.along:
                requests.append(await session.act(f"{path}/{action}", doing))
            if change.along:  # which made another ETag
                etag = await _unchanged(session, change, path, doing) or ""
            requests.append(await _update(session, change, path, _body(session, change) or {}, doing, etag=etag))
        case "replace":
            requests.append(await session.delete(path, doing, etag=etag))
            requests.append(await session.put(path, _body(session, change), doing))
        case "delete":
            requests.append(await session.delete(_deletion(change, path), doing, etag=etag))
    await read_back(session, lambda: _lost(session, change, path, doing), doing)
    return tuple(filter(None, requests))


_DOING = {"create": "creating", "update": "updating", "replace": "replacing", "delete": "deleting"}


def _body(session: Session, change: Change) -> dict[str, Any] | None:
    """Links are made by an empty PUT."""
    return change.kind.body(change.sent(), session.service) if change.kind.has_etag else None


async def _unchanged(session: Session, change: Change, path: str, doing: str) -> str | None:
    """Give the ETag to write with, sure that what the plan saw is still so; None when a deletion is already done."""
    if change.before is None:
        if change.kind.has_etag and await session.get(path, doing):
            raise Conflict(doing, detail="somebody made it since the plan was made")
        return ""
    if not change.kind.has_etag:
        confirmed = not change.kind.confirms_removal or await session.exists(path, doing)
        return "" if confirmed else None
    found = await session.get(path, doing)
    if found is None:
        if change.after is None:
            return None
        raise NotFound(doing, detail="it is gone since the plan was made")
    names = change.differs or tuple(change.before.properties)
    if moved := _differing(change, _observed(change, found), change.before, names):
        raise Conflict(doing, detail=f"{', '.join(moved)} changed since the plan was made")
    return found.etag


def _deletion(change: Change, path: str) -> str:
    return f"{path}?{change.kind.delete_query}" if change.kind.delete_query else path


async def _create(session: Session, change: Change, path: str, doing: str) -> list[str]:
    """Make it. What Azure makes along with it, and nobody asked for, is deleted.

    Until that is done it says so itself: wherever the run is stopped, the next one can tell that from somebody's. Where
    it cannot be done the new one is taken back, which nobody uses yet.
    """
    body = _body(session, change)
    if body is None or not change.cleans:
        return [await session.put(path, body, doing)]
    requests = [await session.put(path, {**body, **change.kind.begun}, doing)]
    try:
        requests += await _remove_made_along(session, change)
    except AzureError:
        with suppress(AzureError):
            await session.delete(_deletion(change, path), doing, etag="*")
        raise
    found = await session.get(path, doing)
    if found and change.kind.unfinished(_observed(change, found)):
        said = {name: body.get(name, "") for name in change.kind.begun}
        requests.append(await _update(session, change, path, said, doing, etag=found.etag))
    return requests


async def _remove_made_along(session: Session, change: Change) -> list[str]:
    """Delete what Azure made unasked with a new product: a subscription whose keys nobody asked for.

    Its id is one that the service makes (Azure/apiops #707, #645); another hand's may be there already, by a name. The
    list may not know of it yet, so it is asked again after a moment.
    """
    requests: list[str] = []
    for look in range(LOOKS):
        if look:
            await session.pause()
        rows = await session.rows(path_of(change.kind.made_along or "", change.address.name))
        if made := [row["name"] for row in rows if made_by_azure(row["name"])]:
            break
    for name in made:
        along = f"deleting subscription {name}, made along with {change.address}"
        requests.append(await session.delete(path_of("subscriptions/{}", (name,)), along, etag="*"))
    return requests


async def _update(
    session: Session, change: Change, path: str, properties: Mapping[str, Any], doing: str, *, etag: str
) -> str:
    send = session.patch if change.kind.patches else session.put
    return await sent(send(path, properties, doing, etag=etag), lambda: _lost(session, change, path, doing))


async def _lost(session: Session, change: Change, path: str, doing: str) -> str:
    """Say what is not as it was written; nothing where all is."""
    unseen = "and a read afterwards does not show it"
    if not change.kind.has_etag:
        return unseen if await session.exists(path, doing) is (change.after is None) else ""
    found = await session.get(path, doing)
    if (found is None) is (change.after is not None):
        return unseen
    if found and change.cleans and change.kind.unfinished(_observed(change, found)):
        return unseen
    lost = _differing(change, _observed(change, found), change.after, tuple(change.sent())) if found else []
    return f"and did not keep {', '.join(lost)}" if lost else ""


def _observed(change: Change, found: Found) -> Mapping[str, Any]:
    return change.kind.observed(found.row.get("properties") or {})


def _differing(change: Change, seen: Mapping[str, Any], wanted: Resource | None, names: tuple[str, ...]) -> list[str]:
    said = wanted.properties if wanted else {}
    return [
        name
        for name in names
        if name in said and change.kind.meaning(name, seen.get(name)) != change.kind.meaning(name, said[name])
    ]
