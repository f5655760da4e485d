"""What is cut off, and declarations before and after a merge, in; what that merge ends for good, and words, out."""

from datetime import date

from reconciler.cutting.acting import Order
from reconciler.cutting.changes import opened
from reconciler.declarations import Declarations
from reconciler.plan import Plan
from reconciler.withheld import Selector, Withheld


def over(held: Withheld, was: Declarations, now: Declarations, environment: str, day: date) -> tuple[Selector, ...]:
    """Find what no file opens any more, and one did: a cut has nothing to hold there. What never was declared stays."""
    return tuple(
        each
        for each in sorted(held.selectors)
        if environment in was.environments
        and _open(each, was, environment, day)
        and not _open(each, now, environment, day)
    )


def words(plan: Plan, lapsed: tuple[Selector, ...]) -> tuple[str, ...]:
    """Say what stays cut off, and what need not any more."""
    return (
        *(f"{each.who} stays CUT OFF from {each.thing}: {each.how}" for each in plan.withheld),
        *(f"{each} is not held any more: no file opens it now" for each in lapsed),
    )


def _open(what: Selector, declarations: Declarations, environment: str, day: date) -> bool:
    return opened(Order(what, environment, day, "", declarations).alone)
