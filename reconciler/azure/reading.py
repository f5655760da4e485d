"""A session in, the whole actual state out: by lists, nothing twice; a read that fails or ends short raises."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.azure.documents import listed_documents
from reconciler.azure.rows import resources
from reconciler.azure.session import Session, path_of
from reconciler.azure.together import together
from reconciler.kinds import KINDS, Kind
from reconciler.resource import Address, Resource, State


async def read(session: Session, *, without: Iterable[str] = (), includes: Iterable[Address] = ()) -> State:
    """Read every kind, but for those named in `without`: kinds that no declaration can touch need no reading.

    Of policies only those are read in which one of the `includes` may stand: no list has their texts.
    """
    kinds = [kind for kind in KINDS if kind.name not in set(without)]
    listed = _Listed(session)
    found = await together(
        *(listed.of(kind) for kind in kinds if kind.listing),
        *(_links(session, kind, listed) for kind in kinds if kind.listing_by_part),
        listed_documents(session, includes),
    )
    return {resource.address: resource for some in found for resource in some}


class _Listed:
    """What lists hold, read once each, by whoever asks first."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[str, asyncio.Future[list[Mapping[str, Any]]]] = {}

    async def of(self, kind: Kind) -> list[Resource]:
        """Give the resources of a kind that has a list."""
        listing = kind.listing or ""
        if listing not in self._rows:
            self._rows[listing] = asyncio.ensure_future(self._session.rows(listing))
        doing = f"reading {listing} of {self._session.service.rsplit('/', 1)[-1]}"
        return [resource for row in await self._rows[listing] for resource in resources(kind, row, doing)]


async def fragment_texts(session: Session, names: Iterable[str]) -> dict[str, str]:
    """Read fragments as their authors wrote them: a list has them escaped only (apiops reads one by one, too)."""

    async def one(name: str) -> tuple[str, str]:
        doing = f"reading fragment {name}"
        found = await session.get(path_of("policyFragments/{}?format=rawxml", (name,)), doing)
        return name, str(found.row["properties"].get("value") or "") if found else ""

    return dict(await together(*map(one, sorted(names))))


async def _links(session: Session, kind: Kind, listed: _Listed) -> list[Resource]:
    """Read links from the side that has fewer: no list holds them all."""
    parts = [next(each for each in KINDS if each.name == part) for part in kind.parts]
    names = [sorted(each.address.name[0] for each in found) for found in await together(*map(listed.of, parts))]
    side = min(range(len(names)), key=lambda index: len(names[index]))
    paths = [path_of(kind.listing_by_part[side], (name,)) for name in names[side]]
    links = []
    for name, rows in zip(names[side], await together(*map(session.rows, paths)), strict=True):
        for row in rows:
            pair = (name, row["name"]) if side == 0 else (row["name"], name)
            links.append(Resource(kind.address(*pair)))
    return links
