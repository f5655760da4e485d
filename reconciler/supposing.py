"""What was declared before an edit and what is asked for now in; a service that is exactly as declared before, out."""

from collections.abc import Iterator
from datetime import date

from reconciler.asked import Asked
from reconciler.compile import Compiled, as_of
from reconciler.declarations import Declarations
from reconciler.kinds import kind_of
from reconciler.resource import Address, Resource, State


def supposed(before: Declarations | None, asks: Asked, day: date) -> State:
    """Give what would live there as of `day`. What declarations only refer to, such as an API, is there, too.

    What nobody declared is not: a plan for this state cannot know what hangs on a product, or who made a key by hand.
    """
    environment = asks.desired.environment
    was = Compiled(environment, asks.desired.mode)
    if before is not None and environment in before.environments:
        was, _ = as_of(before, environment, day)
    taken_over = {each: asks.desired.state[each] for each in asks.desired.living}  # those keys live already
    referred = {*_needs(was), *(Address("product", (name,)) for name in was.products)}
    referred |= {each for each in _needs(asks.desired) if each not in asks.desired.state}
    return {**{each: Resource(each) for each in referred}, **taken_over, **was.state}


def _needs(compiled: Compiled) -> Iterator[Address]:
    return (each for resource in compiled.state.values() for each in kind_of(resource).needs(resource))
