"""What was applied last, what is declared now and the actual state in; what differs, and why, out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from reconciler.asked import asked
from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations
from reconciler.declarations.modes import in_mode
from reconciler.diff import Change, diff
from reconciler.kinds import kind_of
from reconciler.match import Waiting
from reconciler.plan import Plan, Settings, Target, plan_for
from reconciler.resource import Address, State
from reconciler.withheld import NOTHING, Withheld

Cause = Literal["portal click", "by hand", "other pipeline", "changed by another hand", "expired grant"]
By = Literal["portal", "person", "pipeline"]
Did = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Hand:
    """Who wrote to something last, and when: a person in the portal, one with another program, or a pipeline."""

    who: str
    when: datetime
    by: By


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was applied: `change` is what would bring it back; `hand` is known or None."""

    change: Change
    did: Did
    cause: Cause
    hand: Hand | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs in one service, what cannot be brought back yet, and what no declaration names."""

    target: Target
    differences: tuple[Difference, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    not_applied: tuple[Change, ...] = ()
    unmanaged: tuple[Address, ...] = ()


def drift(
    target: Target,
    *,
    applied: Declarations,
    declared: Declarations,
    actual: State,
    day: date,
    settings: Settings,
    hands: Mapping[str, Hand],
    withheld: Withheld = NOTHING,
) -> Drift:
    """Compare everything governed in full, whatever its mode: what is only observed drifts, too.

    What is cut off by hand, and stays so, is none.

    `hands` are the newest writes by path, as `products/x/apis/y`, in small letters; there may be none.
    """
    environment = target.environment
    truth = in_mode(applied, environment, "enforce")
    undated = meaning(truth, environment, day=None)
    asks = asked(truth, truth, environment, day=day, scoped=False, withheld=withheld)
    back = plan_for(asks, target, actual, day=day, settings=settings)
    now = meaning(declared, environment, day=day) if environment in declared.environments else None
    pending = diff(now.state, meaning(applied, environment, day=day).state) if now else ()
    return Drift(
        target=target,
        differences=tuple(_difference(back.why, change, hands) for change in back.written.changes),
        waiting=back.waiting,
        not_applied=pending,
        unmanaged=tuple(sorted(_unmanaged(actual, back, {*undated.state, *_products(undated.products)}))),
    )


_CAUSES: Mapping[By, Cause] = {"portal": "portal click", "person": "by hand", "pipeline": "other pipeline"}


def _difference(why: Mapping[Address, str], change: Change, hands: Mapping[str, Hand]) -> Difference:
    if _ended(why, change):
        return Difference(change, _did(why, change), "expired grant")
    hand = hands.get(change.kind.path.format(*change.kind.place(change.address)).lower())
    cause = _CAUSES[hand.by] if hand else "changed by another hand"
    return Difference(change, _did(why, change), cause, hand)


def _did(why: Mapping[Address, str], change: Change) -> Did:
    """Say what happened in the service: what would be taken away again was added."""
    if change.before is None:
        return "removed"
    return "added" if change.address in why else "changed"


def _ended(why: Mapping[Address, str], change: Change) -> bool:
    return why.get(change.address) in ("expired", "revoked")


def _products(products: Mapping[str, object]) -> set[Address]:
    return {Address("product", (name,)) for name in products}


def _unmanaged(actual: State, back: Plan, declared: set[Address]) -> list[Address]:
    """Find what no declaration names and no product that is governed holds."""
    seen = {change.address for change in back.written.changes}
    return [
        address
        for address, resource in actual.items()
        if address not in declared
        and address not in seen
        and kind_of(resource).writable
        and kind_of(resource).removable
        and not kind_of(resource).built_in(resource)
    ]
