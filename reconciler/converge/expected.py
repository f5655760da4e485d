"""What a merge declares before and after it in; the plan it would have if the service were as declared before, out.

That is what was approved, and it can be told from git alone: nobody has to keep it, and nobody can forge it.
"""

from collections.abc import Iterator
from datetime import date

from reconciler.access import Access, access
from reconciler.asked import Asked
from reconciler.claim import mode_of
from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations
from reconciler.kinds import kind_of
from reconciler.plan import Plan, Settings, Target, plan_for, unnamed
from reconciler.resource import Address, Resource, State


def expected(asks: Asked, before: Declarations, target: Target, *, day: date, settings: Settings) -> Plan:
    """Plan as for a service that is as it was declared."""
    return plan_for(asks, target, _as_declared(asks, before, day), day=day, settings=settings)


def surprises(approved: Plan, real: Plan) -> tuple[Access, ...]:
    """Give what somebody would gain or lose that the approved plan does not say. What ended by its date is none.

    Where less would change than was approved, a part of it is so already: that is no surprise.
    """
    gains, losses = ({_who(each) for each in effect} for effect in (approved.written.gained, approved.written.lost))
    return (
        *(each for each in real.written.gained if _who(each) not in gains),
        *(each for each in real.written.lost if _who(each) not in losses and not _ended(each, real.day)),
    )


def unseen(approved: Plan, real: Plan) -> tuple[Address, ...]:
    """Name what would go that no file names, or be made anew, and that the approved plan does not say.

    Not all of it is somebody's access: an API that goes from a product takes it from whoever holds a key, a key that is
    held back is lost with its subscription. What is created or updated becomes what approved files say.
    """
    told = _taken(approved) | {each.address for each in _removed(real) if access({each.address: each})}
    return tuple(sorted(_taken(real) - told))


def _taken(plan: Plan) -> set[Address]:
    return {*unnamed(plan), *(change.address for change in plan.written.changes if change.action == "replace")}


def _removed(plan: Plan) -> Iterator[Resource]:
    """Give what goes; what is replaced is lost with its keys, which the words for access may not show."""
    for change in plan.written.changes:
        if change.before is not None and change.action != "replace":
            yield from (change.before, *change.cascades)


def _who(each: Access) -> tuple[str, Address, str]:
    return each.who, each.to, each.how


def _ended(each: Access, day: date) -> bool:
    return each.until is not None and each.until < day


def _as_declared(asks: Asked, before: Declarations, day: date) -> State:
    """Give what was declared and has not ended, with whatever it and the change refer to: that is there, too.

    What was only observed was never made.
    """
    environment = asks.desired.environment
    was: State = {}
    if environment in before.environments:
        then = meaning(before, environment, day=day)
        modes = ((address, each, mode_of(each, then.products, then.mode)) for address, each in then.state.items())
        was = {address: each for address, each, mode in modes if mode != "observe"}
    new = {address: asks.desired.state[address] for address in asks.desired.living if address not in was}
    declared = {**asks.desired.state, **asks.declared.state, **was}
    there = {address: Resource(address) for each in declared.values() for address in _foundations(each, declared)}
    return {**there, **new, **was}


def _foundations(resource: Resource, declared: State) -> Iterator[Address]:
    return (address for address in kind_of(resource).refers(resource) if address not in declared)
