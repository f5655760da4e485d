"""What was applied last, what is declared now and the actual state in; what differs, and why, out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations
from reconciler.declarations.modes import in_mode
from reconciler.diff import Change, diff
from reconciler.kinds import kind_of
from reconciler.match import Waiting
from reconciler.plan import Plan, Settings, Target, plan
from reconciler.resource import Address, State

Cause = Literal["changed by another hand", "expired grant", "not applied yet"]
Did = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was applied: `change` is what would bring it back."""

    change: Change
    did: Did
    cause: Cause


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs in one service, what cannot be brought back yet, and what no declaration names."""

    target: Target
    differences: tuple[Difference, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    not_applied: tuple[Change, ...] = ()
    unmanaged: tuple[Address, ...] = ()
    plan: Plan | None = field(default=None, repr=False)


def drift(
    target: Target,
    *,
    applied: Declarations,
    declared: Declarations,
    actual: State,
    day: date,
    settings: Settings,
) -> Drift:
    """Compare everything governed in full, whatever its mode: what is only observed drifts, too."""
    environment = target.environment
    truth = in_mode(applied, environment, "enforce")
    undated = meaning(truth, environment, day=None)
    back = plan(
        target,
        desired=meaning(truth, environment, day=day),
        declared=undated,
        previous=undated,
        actual=actual,
        day=day,
        settings=settings,
    )
    now = meaning(declared, environment, day=day) if environment in declared.environments else None
    pending = diff(now.state, meaning(applied, environment, day=day).state) if now else ()
    return Drift(
        target=target,
        differences=tuple(
            Difference(change, _did(back.why, change), "expired grant" if _ended(back.why, change) else _BY_HAND)
            for change in back.written.changes
        ),
        waiting=back.waiting,
        not_applied=pending,
        unmanaged=tuple(sorted(_unmanaged(actual, back, {*undated.state, *_products(undated.products)}))),
        plan=back,
    )


_BY_HAND: Cause = "changed by another hand"


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
