"""Declarations now and as they were applied, an environment and a day in; all that a plan has to know of them out."""

from dataclasses import dataclass, replace
from datetime import date

from reconciler.compile import Compiled, as_of
from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations
from reconciler.resource import Address
from reconciler.scope import Scope, scope
from reconciler.withheld import NOTHING, Withheld

_REQUIRED = "subscriptionRequired"


@dataclass(frozen=True, slots=True)
class Asked:
    """`declared` is `desired` as if nothing had ended; `previous` was applied last; `scope` is None for everything."""

    desired: Compiled
    declared: Compiled
    previous: Compiled | None
    scope: Scope | None


def asked(
    now: Declarations,
    before: Declarations | None,
    environment: str,
    *,
    day: date,
    scoped: bool,
    withheld: Withheld = NOTHING,
) -> Asked:
    """Compile both sides, and say what differs where only that is asked for. What is withheld is not desired."""
    desired, declared = as_of(now, environment, day, withheld)
    if withheld:
        left = meaning(now, environment, day=None, withheld=withheld)
        desired = replace(desired, cut_off=frozenset(declared.state.keys() - left.state.keys()))
    previous = None
    if before is not None and environment in before.environments:
        previous = meaning(before, environment, day=None)
    if previous is not None:
        desired, declared = closed_again(desired, previous), closed_again(declared, previous)
    about = scope(previous or Compiled(environment, desired.mode), declared) if scoped else None
    return Asked(desired, declared, previous, about)


def closed_again(now: Compiled, before: Compiled) -> Compiled:
    """Have products ask for keys again that were open only because rules asked for tokens instead, and do no more.

    What nobody writes is not managed; but what rules have opened must not stay open without them.
    """
    opened = (Address("product", each.name) for each in before.state if each.kind == "gate")
    changed = {
        address: now.state[address]._replace(properties={**now.state[address].properties, _REQUIRED: True})
        for address in opened
        if address in now.state and address in before.state
        if before.state[address].properties.get(_REQUIRED) is False and _REQUIRED not in now.state[address].properties
    }
    return replace(now, state={**now.state, **changed}) if changed else now
