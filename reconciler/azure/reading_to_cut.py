"""A session and what is to be cut off in; the keys, links and clients that open it, out: by as few reads as may be."""

from dataclasses import dataclass, field
from urllib.parse import quote

from reconciler.azure.gates_to_cut import Fragment, fragments, rules
from reconciler.azure.rows import resources
from reconciler.azure.scoped_reading import entities, identified, links, service_there
from reconciler.azure.session import Session, path_of
from reconciler.azure.together import together
from reconciler.errors import NotFound
from reconciler.kinds import KINDS, kind_of
from reconciler.match import living_names
from reconciler.resource import Address, Resource, State, state


@dataclass(frozen=True, slots=True)
class Reach:
    """What to look for: `things` that are declared, and groups they may live under another name by.

    Besides `keys` by their ids, all that begin with a `prefix`, and all that there is of a `product`. `clients` are
    looked for in the rules of their products, a `client` in those of every one.
    """

    things: State = field(default_factory=dict)
    keys: frozenset[str] = frozenset()
    prefix: str = ""
    product: str = ""
    clients: frozenset[Address] = frozenset()
    client: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read, and those fragments of which that could not be said."""

    state: State
    unread: tuple[Fragment, ...] = ()


async def read_to_cut(session: Session, reach: Reach) -> Seen:
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
    gates = {each.name[0] for each in reach.clients} | {reach.product} - {""}
    found, texts = await together(
        together(
            entities(session, single), links(session, linked), _of_team(session, reach), _of_product(session, reach)
        ),
        fragments(session, gates, everywhere=bool(reach.client)),
    )
    if not any(found) and not texts:
        await service_there(session)  # else each read would only say that what it asks for is not there
    there = state(*known, *(each for some in found for each in some), *(one for each in texts for one in each.holds))
    if _open(there, reach.product):
        there = {**there, **state(*await rules(session, reach.product))}
    return Seen(there, tuple(each for each in texts if not each.holds))


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
    product, keys, groups = await together(
        entities(session, [Address("product", name)]),
        _subscriptions(session, path_of("products/{}/subscriptions", name)),
        session.rows(path_of("products/{}/groups", name)),
    )
    if not product:
        raise NotFound(f"looking for product {reach.product}", status=404, detail="it is not in the service")
    return [*product, *keys, *(Resource(Address("product-group", (reach.product, row["name"]))) for row in groups)]


def _open(there: State, product: str) -> bool:
    """Whether a call of the product needs no key, so that only its rules may ask for anything."""
    alive = there.get(Address("product", (product,)))
    asks_for_none = alive is not None and alive.properties.get("subscriptionRequired") is False
    return asks_for_none and Address("gate", (product,)) in there


async def _subscriptions(session: Session, path: str) -> list[Resource]:
    (kind,) = (each for each in KINDS if each.name == "subscription")
    return [each for row in await session.rows(path) for each in resources(kind, row, f"reading {kind.listing}")]
