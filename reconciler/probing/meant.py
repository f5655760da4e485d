"""What was declared before and is now, and whose keys are asked about, in; those keys, and the products, out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from reconciler.access import shut
from reconciler.asked import Asked, asked
from reconciler.declarations import Declarations
from reconciler.probing.questions import Key, Must, keys, tokens, withdrawn
from reconciler.resource import Address, State
from reconciler.withheld import Withheld


@dataclass(frozen=True, slots=True)
class Order:
    """What is in force on a day. With `before` only what has changed since, by files, is meant.

    With `token` somebody has one of the applications of the grant.
    """

    declarations: Declarations
    environment: str
    day: date
    withheld: Withheld
    before: Declarations | None = None
    team: str | None = None
    grant: str | None = None
    token: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether only some of the keys are meant."""
        return bool(self.before or self.team or self.grant)


@dataclass(frozen=True, slots=True)
class Meant:
    """The keys, the products that are asked about besides those that the keys are for, and what rules close of them."""

    keys: tuple[Key, ...]
    products: frozenset[str] = frozenset()
    closed: Mapping[Address, Must] = field(default_factory=dict)


def meant(order: Order, actual: State) -> Meant:
    """Choose. Where nothing is named, it is every key and every product."""
    compiled = _compiled(order, order.declarations)
    now = _called_with(order, order.declarations, actual)
    if order.before is not None:
        known = order.environment in order.before.environments
        then = _called_with(order, order.before, actual) if known else ()
        now = (*(each for each in now if each not in then), *withdrawn(then, now, actual))
    chosen = tuple(each for each in now if order.team in (None, each.team) and order.grant in (None, each.name))
    closed = _closed(compiled)
    if order.narrowed:
        return Meant(chosen, closed=closed)
    products = (address.name[0] for address in compiled.declared.state if address.kind == "product-api")
    return Meant(chosen, frozenset(products), closed)


def _closed(compiled: Asked) -> dict[Address, Must]:
    """Say of each product and API that rules close whether they are in force; what is only observed may not be."""
    state, products = compiled.desired.state, compiled.desired.products
    observed = {name for name, governed in products.items() if governed.mode == "observe"}
    written = {
        address: each for address, each in state.items() if address.kind != "gate" or address.name[0] not in observed
    }
    in_force = shut(written)
    return {address: "refused" if address in in_force else "" for address in shut(state)}


def _called_with(order: Order, declarations: Declarations, actual: State) -> tuple[Key, ...]:
    compiled = _compiled(order, declarations)
    return (*keys(compiled, actual), *(tokens(declarations, compiled) if order.token else ()))


def _compiled(order: Order, declarations: Declarations) -> Asked:
    return asked(declarations, None, order.environment, day=order.day, scoped=False, withheld=order.withheld)
