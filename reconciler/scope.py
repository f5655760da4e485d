"""What was applied last and what is declared now in; the addresses that differ, and nothing but those, out.

A pull request owns exactly what it changes: only that is read, planned and applied, so that its cost follows the change
and no other product's drift stops it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.compile import Compiled
from reconciler.kinds import kind_of
from reconciler.resource import Address, Resource, State

_RULES = frozenset({"gate", "product-rules", "api-rules"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What a change is about, as it is or was declared; `gone` is no longer.

    Of `products` it is everything, also what no declaration names; whose the subscriptions of those in `enforced` are
    decides whether they stay. `lists` says that something goes or gets another name on which others may hang, whom only
    lists name.
    """

    resources: Mapping[Address, Resource] = field(default_factory=dict)
    gone: frozenset[Address] = frozenset()
    lists: bool = False
    products: frozenset[str] = frozenset()
    enforced: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything differs that Azure would know of."""
        return bool(self.resources or self.products)

    def of(self, compiled: Compiled) -> Compiled:
        """Leave of what is declared what is in scope."""
        kept = {address: each for address, each in compiled.state.items() if address in self.resources}
        return replace(compiled, state=kept, living=compiled.living & kept.keys())

    def among(self, actual: State, *declared: Compiled) -> frozenset[Address]:
        """Name of what lives what is in scope; `declared` is in scope already, under the names that live."""
        named = {address for compiled in declared for address in compiled.state}
        whole = {address for address, each in actual.items() if not self.products.isdisjoint(_products(each))}
        return frozenset(named | whole)


def scope(before: Compiled, now: Compiled) -> Scope:
    """Compare two meanings of one environment, both as if nothing had expired."""
    both = {**before.state, **now.state}
    products = {
        name for name in before.products.keys() | now.products.keys() if _rule(before, name) != _rule(now, name)
    }
    gone = before.state.keys() - now.state.keys()
    products |= {address.name[0] for address in gone if address.kind == "product-group" and _enforces(now, address)}
    all_differ = before.mode != now.mode  # it governs what belongs to no product, too
    changed = {each for each in both if all_differ or _says(before, each) != _says(now, each)}
    changed |= before.living ^ now.living
    moved = _moved(before.state, now.state)
    changed |= {each.address for each in both.values() if not moved.isdisjoint((each.address, *_refers(each)))}
    changed |= {address for pair in before.formerly.items() ^ now.formerly.items() for address in pair}
    changed |= {address for address, each in both.items() if not products.isdisjoint(_products(each))}
    resources = {address: both[address] for address in changed if address in both}
    resources |= {each.address: each for each in _foundations(resources.values(), both)}
    lists = bool(moved) or any(kind_of(address).identified_by for address in gone)
    lists |= any(address.kind in _RULES for address in resources)  # who goes around them, only lists tell
    enforced = {name for name in products if name in now.products and now.products[name].mode == "enforce"}
    return Scope(resources, frozenset(gone), lists, frozenset(products), frozenset(enforced))


def _says(compiled: Compiled, address: Address) -> object:
    """Give what counts of something: a later end may bring back what has ended."""
    resource = compiled.state.get(address)
    return resource and (dict(resource.properties), resource.origin and resource.origin.until)


def _rule(compiled: Compiled, product: str) -> object:
    """What is left alone on a product, and what is not, follows from these."""
    governed = compiled.products.get(product)
    return governed and (governed.mode, governed.exact_apis)


def _enforces(compiled: Compiled, link: Address) -> bool:
    governed = compiled.products.get(link.name[0])
    return governed is not None and governed.mode == "enforce"


def _moved(before: State, now: State) -> set[Address]:
    """Find what is known by something else than before, as a team with another Entra group is: its links go along."""
    were, are = _known_by(before), _known_by(now)
    moved = {address for address in were.keys() & are.keys() if were[address] != are[address]}
    held = {value: address for address, value in were.items() if value is not None}
    taken = {address: held[value] for address, value in are.items() if held.get(value, address) != address}
    return moved | taken.keys() | set(taken.values())


def _known_by(state: State) -> dict[Address, object]:
    return {
        address: resource.properties.get(name) and kind_of(address).meaning(name, resource.properties[name])
        for address, resource in state.items()
        if (name := kind_of(address).identified_by)
    }


def _refers(resource: Resource) -> tuple[Address, ...]:
    return kind_of(resource).refers(resource)


def _products(resource: Resource) -> set[str]:
    things = (resource.address, *kind_of(resource).needs(resource))
    return {each.name[0] for each in things if each.kind == "product"}


def _foundations(resources: Iterable[Resource], declared: State) -> Iterable[Resource]:
    """Find what a change refers to and no product governs: it may live under another name, as a group does.

    Or it does not live at all, as a fragment that was only observed until something that is written includes it.
    """
    for resource in resources:
        for address in _refers(resource):
            if address in declared and not _products(declared[address]):
                yield declared[address]
