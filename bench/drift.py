"""A service in which all is in place in; a few things of it made otherwise, and the addresses a plan must name, out."""

from collections.abc import Callable
from itertools import cycle, islice
from random import Random

from bench.names import portal_id
from bench.service import Entities
from reconciler.compile import Compiled
from reconciler.kinds import kind_of
from reconciler.resource import Address

SHARE = 0.005
_FEWEST = 3


def drift(rng: Random, desired: Compiled, entities: Entities) -> tuple[str, ...]:
    """Change `entities` in half a percent of what is desired; say which resources, sorted."""
    enforced = {name for name, governed in desired.products.items() if governed.mode == "enforce"}
    by_kind: dict[str, list[Address]] = {"enforced": [Address("product", (name,)) for name in enforced]}
    for address in sorted(desired.state):
        if address not in desired.living:
            by_kind.setdefault(address.kind, []).append(address)
    by_kind = {kind: rng.sample(sorted(addresses), len(addresses)) for kind, addresses in by_kind.items()}
    wanted = max(_FEWEST, round(len(desired.state) * SHARE))
    made: set[Address] = set()
    for kind, way in islice(cycle(_WAYS), wanted * len(_WAYS)):
        if len(made) < wanted and by_kind.get(kind):
            made.add(way(rng, entities, by_kind[kind].pop()))
    return tuple(sorted(map(str, made)))


def _not_made_yet(_: Random, entities: Entities, address: Address) -> Address:
    del entities[kind_of(address).path.format(*address.name)]
    return address


def _renamed_by_hand(_: Random, entities: Entities, address: Address) -> Address:
    entities[kind_of(address).path.format(*address.name)]["displayName"] += " (by hand)"
    return address


def _suspended_by_hand(_: Random, entities: Entities, address: Address) -> Address:
    entities[kind_of(address).path.format(*address.name)]["state"] = "suspended"
    return address


def _edited_in_the_portal(_: Random, entities: Entities, address: Address) -> Address:
    fragment = entities[kind_of(address).path.format(*address.name)]
    fragment["value"] = fragment["value"].replace("</fragment>", '    <set-status code="200" />\n</fragment>')
    return address


def _let_in_by_hand(_: Random, entities: Entities, product: Address) -> Address:
    """A group of old, linked to a product whose access is exactly what is declared."""
    entities[f"products/{product.name[0]}/groups/legacy-0"] = {}
    return Address("product-group", (product.name[0], "legacy-0"))


def _made_by_hand(rng: Random, entities: Entities, product: Address) -> Address:
    name = portal_id(rng)
    scope = f"/products/{product.name[0]}"
    entities[f"subscriptions/{name}"] = {"scope": scope, "displayName": "urgent, ask Piet", "state": "active"}
    return Address("subscription", (name,))


_WAYS: tuple[tuple[str, Callable[[Random, Entities, Address], Address]], ...] = (
    ("subscription", _not_made_yet),
    ("enforced", _made_by_hand),
    ("subscription", _suspended_by_hand),
    ("product-api", _not_made_yet),
    ("subscription", _not_made_yet),
    ("subscription", _renamed_by_hand),
    ("fragment", _edited_in_the_portal),
    ("subscription", _not_made_yet),
    ("enforced", _let_in_by_hand),
    ("product-group", _not_made_yet),
    ("api-tag", _not_made_yet),
)
