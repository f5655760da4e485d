"""A session and the keys that are asked about in; the gateways, the doors, and where each API may be asked, out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.azure.session import Session, path_of
from reconciler.azure.together import together
from reconciler.errors import NotFound
from reconciler.kinds import KINDS
from reconciler.probing.places import Gateway, Spot, gateways_of, spot
from reconciler.probing.questions import Door, Key, wanted
from reconciler.resource import State, state


@dataclass(frozen=True, slots=True)
class Seen:
    """All that has to be known before anybody is asked."""

    gateways: tuple[Gateway, ...]
    doors: tuple[Door, ...]
    spots: Mapping[str, Spot]


async def subscriptions(session: Session) -> State:
    """Read who has keys, never a key."""
    (kind,) = (each for each in KINDS if each.name == "subscription")
    return state(*(each for row in await session.rows("subscriptions") for each in kind.rows(row)))


async def look(session: Session, products: Iterable[str], keys: Iterable[Key], path: str | None) -> Seen:
    """Read the service, and of each product and API what the question turns on. Nothing is asked of a gateway yet."""
    doing = f"reading {session.service.rsplit('/', 1)[-1]}"
    service = await session.get("", doing)
    if service is None:
        raise NotFound(doing, status=404)
    names = sorted({*products, *(each.scope.removeprefix("products/") for each in keys if "products/" in each.scope)})
    rows = await together(*(session.rows(path_of("products/{}/apis", (name,))) for name in names))
    held = {name: [row["name"] for row in each] for name, each in zip(names, rows, strict=True)}
    apis = sorted(wanted([f"products/{each}" for each in names] + [each.scope for each in keys], held))
    found = await together(*(_door(session, api, path) for api in apis))
    doors = tuple(door for door, _ in found)
    spots = {door.api: where for door, where in found if where is not None}
    return Seen(gateways_of(service.row), doors, spots)


async def _door(session: Session, name: str, path: str | None) -> tuple[Door, Spot | None]:
    doing = f"reading API {name}"
    found = await session.get(path_of("apis/{}", (name,)), doing)
    if found is None:
        raise NotFound(doing, status=404)
    properties = found.row["properties"]
    products, operations, versions = await together(
        session.rows(path_of("apis/{}/products", (name,))),
        _operations(session, name, path),
        _versions(session, properties),
    )
    opened = next((row["name"] for row in products if row["properties"].get("subscriptionRequired") is False), "")
    holders = frozenset(row["name"] for row in products)
    door = Door(name, properties.get("subscriptionRequired") is not False, holders, opened)
    return door, spot(found.row, operations, versions, path)


async def _operations(session: Session, name: str, path: str | None) -> list[Mapping[str, Any]]:
    return [] if path is not None else await session.rows(path_of("apis/{}/operations", (name,)))


async def _versions(session: Session, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
    name = str(properties.get("apiVersionSetId") or "").rpartition("/")[2]
    if not name:
        return None
    found = await session.get(path_of("apiVersionSets/{}", (name,)), f"reading version set {name}")
    return found.row if found else None
