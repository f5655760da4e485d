"""A session, the list of its APIs and what was kept of them in; each one's definition out, fetched where it may be new.

    rows = await session.rows("apis")
    kept = from_files(files_of_the_folder, session.service)      # reconciler.definitions.files
    library = await definitions(session, rows, kept, now)
    library["orders"].text, .type, .why                          # reconciler.definitions.Definition
    files = as_files(library, {"orders": "orders"})

One request for the activity log, and one for each definition that is fetched. Where nothing changed, the library is the
one that was given, and so are its files. One API that cannot be read never fails the others: its earlier text stays,
with the words that say why, and it is fetched again the next time.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.azure.activity import events
from reconciler.azure.exports import Absent, Exports
from reconciler.azure.session import Session, path_of
from reconciler.azure.together import together
from reconciler.definitions import Definition, Kept, Library
from reconciler.definitions.stale import OLD, OVERLAP, Row, digest, name_of, stale
from reconciler.errors import AzureError

_AT_ONCE = 10


async def definitions(session: Session, rows: Sequence[Row], kept: Library, now: datetime) -> Library:
    """Give the definitions of the APIs of a list, which is that of the service or a part of it."""
    rows = [row for row in rows if name_of(row)]
    written = await _written(session, kept, now)
    asked = stale(rows, kept, written, now)
    exports, places = Exports(session), asyncio.Semaphore(_AT_ONCE)

    async def one(row: Row) -> Kept:
        name = name_of(row)
        async with places:
            before, etag = kept.apis.get(name), ""
            if written is None:  # asked before it is fetched: what is written in between is seen the next time
                etag = await _etag(session, name)
            if before and name in asked.asked and etag and before.etag == etag:
                return before
            return await _fetched(exports, row, replace(_empty(row, now), etag=etag), before)

    untouched = {name: kept.apis[name] for name in map(name_of, rows) if name not in asked.fetched | asked.asked}
    fetched = await together(*(one(row) for row in rows if name_of(row) not in untouched))
    apis = {each.definition.api: each for each in fetched} | untouched
    if apis == kept.apis:
        return kept
    return Library(session.service, now, {name_of(row): apis[name_of(row)] for row in rows})


async def _written(session: Session, kept: Library, now: datetime) -> frozenset[str] | None:
    """Read what was written since the last time; None where this identity may not know, or the log does not do."""
    read = kept.read if kept.read and timedelta() <= now - kept.read < OLD else now  # what is older is fetched anyway
    since = read - OVERLAP
    try:
        found = await events(session, now, days=(now - since) / timedelta(days=1))
    except AzureError:
        return None
    return frozenset(event.resource for event in found)


async def _etag(session: Session, name: str) -> str:
    """Ask for an API's ETag; nothing where it is not told, which is never taken for the same."""
    try:
        return await session.etag(path_of("apis/{}", (name,)), f"asking for the ETag of {name}")
    except AzureError:
        return ""


def _empty(row: Row, now: datetime) -> Kept:
    return Kept(Definition(name_of(row)), digest(row), now)


async def _fetched(exports: Exports, row: Row, empty: Kept, before: Kept | None) -> Kept:
    try:
        return replace(empty, definition=await exports.definition(row))
    except Absent as absent:
        stays = before.definition if absent.passing and before else empty.definition
        definition = replace(stays, why=str(absent))
        after = replace(empty, definition=definition, row="" if absent.passing else empty.row)
        same = before is not None and replace(after, fetched=before.fetched) == before
        return before if before and same and absent.passing else after
