"""What was declared before and is now, and whose keys are asked about, in; those keys, and the products, out."""

from dataclasses import dataclass
from datetime import date

from reconciler.asked import Asked, asked
from reconciler.declarations import Declarations
from reconciler.probing.questions import Key, keys, withdrawn
from reconciler.resource import State
from reconciler.withheld import Withheld


@dataclass(frozen=True, slots=True)
class Order:
    """What is in force on a day. With `before` only what has changed since, by files, is meant."""

    declarations: Declarations
    environment: str
    day: date
    withheld: Withheld
    before: Declarations | None = None
    team: str | None = None
    grant: str | None = None

    @property
    def narrowed(self) -> bool:
        """Whether only some of the keys are meant."""
        return bool(self.before or self.team or self.grant)


@dataclass(frozen=True, slots=True)
class Meant:
    """The keys, and the products that are asked about besides those that the keys are for."""

    keys: tuple[Key, ...]
    products: frozenset[str] = frozenset()


def meant(order: Order, actual: State) -> Meant:
    """Choose. Where nothing is named, it is every key and every product."""
    now = keys(_compiled(order, order.declarations), actual)
    if order.before is not None:
        then = keys(_compiled(order, order.before), actual) if order.environment in order.before.environments else ()
        now = (*(each for each in now if each not in then), *withdrawn(then, now, actual))
    chosen = tuple(each for each in now if order.team in (None, each.team) and order.grant in (None, str(each)))
    if order.narrowed:
        return Meant(chosen)
    place = _compiled(order, order.declarations).declared
    return Meant(chosen, frozenset(address.name[0] for address in place.state if address.kind == "product-api"))


def _compiled(order: Order, declarations: Declarations) -> Asked:
    return asked(declarations, None, order.environment, day=order.day, scoped=False, withheld=order.withheld)
