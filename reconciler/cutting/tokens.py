"""What is cut off, declared and read in; whose tokens that refuses, and in words what it cannot end, out.

An application is let in by the rules of each product that names it, and a cut takes it out of them. Whose it was, and
in which tier, only files know: so only what files declare comes back.
"""

from collections.abc import Iterator

from reconciler.asked import Asked
from reconciler.azure.gates_to_cut import Fragment
from reconciler.compile import held_back
from reconciler.declarations import Declarations
from reconciler.ends import product_of
from reconciler.kinds.gate import is_generated
from reconciler.naming import gate_id, is_gate
from reconciler.resource import Address, State
from reconciler.withheld import Selector, Withheld

CLIENT = "client"


def named(what: Selector, declarations: Declarations, environment: str) -> frozenset[Address]:
    """Find the applications of the grants that are cut off, also where only the files have suspended them already."""
    products = {each.name: each for each in declarations.products}
    found = set()
    for grant, says, left in held_back(declarations, environment, Withheld(frozenset({what}))):
        product = products.get(product_of(grant) or "")
        if product is None:
            continue
        ids = {declarations.product_id(product, environment)}
        if product.value.formerly and product.value.formerly not in products:
            ids.add(product.value.formerly)  # it lives under the name it had
        gone = set(says.get("clients") or ()) - set(left.get("clients") or ())
        found |= {Address(CLIENT, (each, client)) for each in ids for client in gone}
    return frozenset(found)


def lost(found: State, declared: State) -> Iterator[str]:
    """Say what a lift does not bring back."""
    for address in sorted(found):
        if address.kind == CLIENT and address not in declared:
            product, client = address.name
            yield f"application {client} does not come back to {product} by a lift: no file declares it there."


def left(what: Selector, asks: Asked, actual: State, found: State, names: frozenset[Address]) -> Iterator[str]:
    """Say what still lets in whom it was to shut out."""
    for address in sorted(names & asks.desired.state.keys()):
        origin = asks.desired.state[address].origin
        by = f": a grant of {origin.team} names it, too" if origin else ""
        yield f"application {address.name[1]} is still let in to {address.name[0]}{by}."
    for product in sorted({each.name[0] for each in found if each.kind == CLIENT}):
        gate = actual.get(Address("gate", (product,)))
        if gate is not None and gate.properties.get("enforcement") == "report":
            yield f"{product} only reports whom it would refuse (`enforcement: report`): tokens are still let in."
    match what.what:
        case "client":
            yield from _keys(asks)
        case "subscription":
            yield from _clients(asks)


def _keys(asks: Asked) -> Iterator[str]:
    """A grant of key and token gives both, and one of them was named."""
    files = _files(asks.desired.cut_off, asks.declared.state)
    keys = [
        address.name[0]
        for address, each in sorted(asks.declared.state.items())
        if address.kind == "subscription" and each.origin and each.origin.path in files
    ]
    such = f", such as {', '.join(keys[:3])}" if keys else ""
    yield f"Keys of whoever uses it stay{such}: they are cut by --grant or --team."


def _clients(asks: Asked) -> Iterator[str]:
    files = _files(asks.desired.cut_off, asks.declared.state)
    declared = ((address, each.origin) for address, each in asks.declared.state.items() if address.kind == CLIENT)
    if ids := sorted({address.name[1] for address, origin in declared if origin and origin.path in files}):
        yield f"Tokens of the same grant are still accepted, of {', '.join(ids)}: cut them by --grant or --client."


def _files(addresses: frozenset[Address], declared: State) -> set[str]:
    origins = (declared[each].origin for each in addresses if each in declared)
    return {origin.path for origin in origins if origin}


def missed(what: Selector, unread: tuple[Fragment, ...], names: frozenset[Address]) -> Iterator[str]:
    """Say of which rules it is not known whom they let in, and what ends that."""
    about = {gate_id(each.name[0]) for each in names}
    if what.what == "product":
        about.add(gate_id(what.name))
    whom = f"application {what.name}" if what.what == CLIENT else "what is cut off"
    for each in unread:
        if each.name in about or (is_gate(each.name) and _mentions(each, what)):
            yield f"fragment {each.name} {_way_out(each, whom)}"


def elsewhere(what: Selector, unread: tuple[Fragment, ...]) -> Iterator[str]:
    """Name people's own fragments that speak of an application: whether they let it in is not known."""
    for each in unread:
        if not is_gate(each.name) and _mentions(each, what):
            yield f"fragment {each.name} names application {what.name}, too, and is not this tool's: look at it."


def _mentions(fragment: Fragment, what: Selector) -> bool:
    return what.what == CLIENT and what.name.lower() in fragment.text.lower()


def _way_out(fragment: Fragment, whom: str) -> str:
    by_hand = "take it out in the Azure portal, under Policy fragments."
    if is_generated(fragment.text):
        return (
            f"was changed by hand, and may still let in {whom}: the next run over everything writes it anew without, "
            f"as `reconciler apply` does where its product is not only observed; or {by_hand}"
        )
    return f"is not this tool's, and may still let in {whom}: {by_hand}"
