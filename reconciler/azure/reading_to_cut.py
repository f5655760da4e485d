"""A session and what is to be cut off in; the keys and links that open it, out: one list, or a single read each."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

from reconciler.azure.scoped_reading import entities, identified, links, service_there
from reconciler.azure.session import Session, path_of
from reconciler.errors import NotFound
from reconciler.kinds import KINDS, kind_of
from reconciler.match import living_names
from reconciler.resource import Address, Resource, State, state


@dataclass(frozen=True, slots=True)
class Reach:
    """What to look for: `things` that are declared, and groups they may live under another name by.

    Besides `keys` by their ids, all that begin with a `prefix`, and all that there is of a `product`.
    """

    things: State = field(default_factory=dict)
    keys: frozenset[str] = frozenset()
    prefix: str = ""
    product: str = ""


async def read_to_cut(session: Session, reach: Reach) -> State:
    """Read it. Raises NotFound where the service is not there, and where the product is not."""
    known = await identified(session, reach.things.values())
    names = dict(living_names(reach.things, state(*known)))
    alone = (each for each in reach.things.values() if each.properties.get("scope") != f"products/{reach.product}")
    ours = [kind_of(each).renamed(each, names).address for each in alone]
    single = {each for each in ours if each.kind == "subscription"}
    known_as = {each.name[0].lower() for each in single}
    single |= {Address("subscription", (key,)) for key in reach.keys if key.lower() not in known_as}
    if reach.prefix:
        single = {each for each in single if not each.name[0].startswith(reach.prefix)}
    linked = {each for each in ours if each.kind == "product-group" and each.name[0] != reach.product}
    found = await asyncio.gather(
        entities(session, single), links(session, linked), _of_team(session, reach), _of_product(session, reach)
    )
    if not any(found):
        await service_there(session)  # else each read would only say that what it asks for is not there
    return state(*known, *(each for some in found for each in some))


async def _of_team(session: Session, reach: Reach) -> list[Resource]:
    if not reach.prefix:
        return []
    condition = quote(f"startswith(name,'{reach.prefix}')", safe="")
    return await _subscriptions(session, f"subscriptions?$filter={condition}")


async def _of_product(session: Session, reach: Reach) -> list[Resource]:
    """Read the product, too: whether it is there, and whether it asks for a key at all."""
    if not reach.product:
        return []
    name = (reach.product,)
    product, keys, groups = await asyncio.gather(
        entities(session, [Address("product", name)]),
        _subscriptions(session, path_of("products/{}/subscriptions", name)),
        session.rows(path_of("products/{}/groups", name)),
    )
    if not product:
        raise NotFound(f"looking for product {reach.product}", status=404, detail="it is not in the service")
    return [*product, *keys, *(Resource(Address("product-group", (reach.product, row["name"]))) for row in groups)]


async def _subscriptions(session: Session, path: str) -> list[Resource]:
    (kind,) = (each for each in KINDS if each.name == "subscription")
    rows: Iterable[Resource] = (each for row in await session.rows(path) for each in kind.rows(row))
    return list(rows)
