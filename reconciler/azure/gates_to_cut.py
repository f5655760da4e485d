"""A session and products in; the fragments with their rules, and where those are in force, out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.azure.documents import documents
from reconciler.azure.rows import resources
from reconciler.azure.session import Session, path_of
from reconciler.kinds.gate import Gate
from reconciler.naming import gate_id
from reconciler.resource import Address, Resource

_GATE = Gate()


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment and what it holds of ours: nothing where it is another's, or was changed by hand."""

    name: str
    text: str
    holds: tuple[Resource, ...] = ()


async def fragments(session: Session, products: Iterable[str], *, everywhere: bool) -> list[Fragment]:
    """Read those of products, or all that there are. One list has all texts, so it is read for more than one."""
    names = sorted({gate_id(product) for product in products})
    if everywhere or len(names) > 1:
        rows = {row["name"]: row for row in await session.rows(_GATE.listing)}
        return [_fragment(name, rows[name]) for name in (rows if everywhere else names) if name in rows]
    read = [(name, await session.get(_path(name), f"reading fragment {name}")) for name in names]
    return [_fragment(name, found.row) for name, found in read if found]


async def rules(session: Session, product: str) -> list[Resource]:
    """Find where a product's rules are in force: in its own policy, else in those of its APIs."""
    own = await documents(session, [Address("product-rules", (product,))])
    if own:
        return own
    apis = [row["name"] for row in await session.rows(path_of("products/{}/apis", (product,)))]
    at_apis = await documents(session, [Address("api-rules", (api, product)) for api in apis])
    return [*at_apis, *(Resource(Address("product-api", (product, api))) for api in apis)]


def _path(name: str) -> str:
    return path_of("policyFragments/{}?format=rawxml", (name,))


def _fragment(name: str, row: Mapping[str, Any]) -> Fragment:
    """What says it is the rules of another product is somebody's copy."""
    text = str((row.get("properties") or {}).get("value") or "")
    holds = tuple(resources(_GATE, {**row, "name": name}, f"reading fragment {name}"))
    copied = any(each.address.kind == "gate" and gate_id(each.address.name[0]) != name for each in holds)
    return Fragment(name, text, () if copied else holds)
