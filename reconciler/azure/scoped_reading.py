"""A session and a scope in; what lives of it, and of what it refers to, out: by single reads, not by lists.

A link or a key that is asked for alone costs one request on a service of any size.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from reconciler.asked import Asked
from reconciler.azure.documents import documents, in_policies
from reconciler.azure.reading import read
from reconciler.azure.rows import one_of
from reconciler.azure.rows import resources as resources_of
from reconciler.azure.session import Session, path_of
from reconciler.azure.together import together
from reconciler.claim import unneeded
from reconciler.errors import NotFound
from reconciler.kinds import KINDS, kind_of
from reconciler.kinds.kind import Kind
from reconciler.match import living_names
from reconciler.resource import Address, Resource, State, state
from reconciler.scope import Scope

MANY = 200  # things: from about here on, lists cost less than single reads


async def read_for(session: Session, asks: Asked) -> State:
    """Read what a plan needs: what is in its scope, else everything that a declaration can turn on."""
    if asks.scope is None:
        without = unneeded(asks.desired, asks.declared, asks.previous)
        states = (one.state for one in (asks.desired, asks.declared, asks.previous) if one)
        return await read(session, without=without, includes=in_policies(*states))
    return await read_scope(session, asks.scope)


async def read_scope(session: Session, scope: Scope) -> State:
    """Read what a scope is about. Where that is much, everything is read instead."""
    if not scope:
        return {}
    if len(scope.resources) > MANY or scope.lists:
        return await read(session, includes=in_policies(scope.resources))
    things = set(scope.resources)
    things |= {each for resource in scope.resources.values() for each in kind_of(resource).needs(resource)}
    things |= {Address("product", (name,)) for name in scope.products}
    _, alone, known, parts = await together(
        service_there(session),
        entities(session, (each for each in things if kind_of(each).has_etag and not kind_of(each).document)),
        identified(session, scope.resources.values()),
        documents(session, (each for each in things if kind_of(each).document)),
    )
    names = dict(living_names(scope.resources, state(*alone, *known)))
    ours = {each.address: kind_of(each).renamed(each, names).address for each in scope.resources.values()}
    gone = {ours.get(address, address) for address in scope.gone if address.kind == "product-group"}
    linked, members = await together(
        links(session, (each for each in ours.values() if not (kind_of(each).has_etag or kind_of(each).document))),
        _members(session, gone),
    )
    alive = [name for name in sorted(scope.products) if Address("product", (name,)) in state(*alone)]
    whole = [each for found in await together(*(_whole(session, name) for name in alive)) for each in found]
    owners = await _owners(session, (each for each in whole if not scope.enforced.isdisjoint(_product_of(each))))
    return state(*linked, *known, *members, *whole, *owners, *parts, *alone)


async def service_there(session: Session) -> None:
    """Find out that the service is there: else each single read would say that what it asks for is not."""
    doing = f"looking for {session.service.rsplit('/', 1)[-1]}"
    if await session.get("products?$top=1", doing) is None:
        raise NotFound(doing, status=404, detail="there is no such service")


async def entities(session: Session, addresses: Iterable[Address]) -> list[Resource]:
    """Read each once, also where two kinds look at one: an API has its contact inside."""
    by_path: dict[str, list[Address]] = defaultdict(list)
    for address in sorted(addresses):
        by_path[path_of(kind_of(address).path, address.name)].append(address)

    async def one(path: str, these: list[Address]) -> list[Resource]:
        found = await session.get(path, f"reading {these[0]}")
        return [one_of(kind_of(each), each, found.row, f"reading {each}") for each in these] if found else []

    return [each for found in await together(*(one(*item) for item in by_path.items())) for each in found]


async def links(session: Session, addresses: Iterable[Address]) -> list[Resource]:
    """Ask for each link by itself."""
    wanted = sorted(addresses)
    asked = (session.exists(path_of(kind_of(each).path, each.name), f"reading {each}") for each in wanted)
    return [Resource(each) for each, there in zip(wanted, await together(*asked), strict=True) if there]


async def identified(session: Session, resources: Iterable[Resource]) -> list[Resource]:
    """Look for what may live under another name by what identifies it."""
    asked = [
        _known_by(session, kind_of(each), str(value))
        for each in resources
        if (value := each.properties.get(kind_of(each).identified_by or ""))
    ]
    return [each for found in await together(*asked) for each in found]


async def _known_by(session: Session, kind: Kind, value: str) -> list[Resource]:
    """Ask for the value as we write it; where nobody has it so, it may be spelled otherwise: a tenant has two names."""
    name, literal = kind.identified_by or "", value.replace("'", "''")
    condition = quote(f"{name} eq '{literal}'", safe="")
    rows = await session.rows(f"{kind.listing}?$filter={condition}")
    if not rows and kind.meaning(name, value) != value:
        rows = await session.rows(kind.listing or "")
    return [each for row in rows for each in resources_of(kind, row, f"looking for {value}")]


async def _members(session: Session, links: Iterable[Address]) -> list[Resource]:
    """Read who is in a group that no longer sees a product, and the product's keys: theirs stay, and are named."""
    gone = sorted(links)
    users = await together(*(_rows(session, "groups/{}/users", each.name[1]) for each in gone))
    keys = await together(*(_rows(session, "products/{}/subscriptions", each.name[0]) for each in gone))
    groups: dict[str, list[str]] = defaultdict(list)
    for link, rows in zip(gone, users, strict=True):
        for row in rows:
            groups[row["name"]].append(link.name[1])
    members = [Resource(Address("user", (name,)), {"groups": ids}) for name, ids in groups.items()]
    return [*members, *(each for rows in keys for each in _of_kind("subscription", rows))]


async def _whole(session: Session, product: str) -> list[Resource]:
    apis, groups, subscriptions = await together(
        *(session.rows(path_of(f"products/{{}}/{part}", (product,))) for part in ("apis", "groups", "subscriptions"))
    )
    return [
        *(Resource(Address("product-api", (product, row["name"]))) for row in apis),
        *(Resource(Address("product-group", (product, row["name"]))) for row in groups),
        *_of_kind("subscription", subscriptions),
    ]


async def _owners(session: Session, resources: Iterable[Resource]) -> list[Resource]:
    """Read in which groups those are whose subscriptions may be their own doing."""
    names = sorted({name for each in resources if (name := each.properties.get("ownerId"))})
    found = await together(*(_rows(session, "users/{}/groups", name) for name in names))
    return [
        Resource(Address("user", (name,)), {"groups": [row["name"] for row in rows]})
        for name, rows in zip(names, found, strict=True)
    ]


async def _rows(session: Session, template: str, name: str) -> list[Any]:
    """Read a list below something that need not be there."""
    try:
        return list(await session.rows(path_of(template, (name,))))
    except NotFound:
        return []


def _of_kind(name: str, rows: Iterable[Any]) -> list[Resource]:
    (kind,) = (kind for kind in KINDS if kind.name == name)
    return [each for row in rows for each in resources_of(kind, row, f"reading {kind.listing}")]


def _product_of(resource: Resource) -> set[str]:
    return {each.name[0] for each in kind_of(resource).refers(resource) if each.kind == "product"}
