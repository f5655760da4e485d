"""Compiled declarations and an actual state in; what would change, and of what is ours what is taken back, out."""

from dataclasses import dataclass
from datetime import date

from reconciler.claim import Claim, Protected, claim
from reconciler.compile import Compiled
from reconciler.diff import Change, diff
from reconciler.kinds import kind_of
from reconciler.match import Waiting, living, match
from reconciler.resource import Address, Resource, State
from reconciler.scope import Scope


@dataclass(frozen=True, slots=True)
class Compared:
    """What is desired, declared and was before, under the names that live, and what would change."""

    desired: Compiled
    declared: Compiled
    before: Compiled
    waiting: tuple[Waiting, ...]
    claimed: Claim
    changes: tuple[Change, ...]


def compare(
    desired: Compiled,
    declared: Compiled,
    before: Compiled,
    actual: State,
    *,
    day: date,
    grace: int,
    protect: Protected,
    scope: Scope | None = None,
) -> Compared:
    """Match, claim and diff. `declared` is `desired` as if nothing expired, or the same value where nothing did.

    Raises DeclarationError where a reference to what lives is not clear.
    """
    if scope is not None:
        desired, declared, before = scope.of(desired), scope.of(declared), scope.of(before)
    renamed = living(desired, actual)
    before, declared = living(before, actual), renamed if declared is desired else living(declared, actual)
    matched = match(desired, renamed, actual, applied=before)
    claimed = claim(
        previous=before,
        declared=declared,
        desired=matched.desired,
        actual=actual,
        protect=protect,
        scope=scope.among(actual, before, declared, matched.desired) if scope is not None else None,
    )
    left = _retired(claimed, matched.desired, day=day, grace=grace)
    changes = diff({**matched.desired.state, **left}, claimed.actual)
    return Compared(matched.desired, declared, before, matched.waiting, claimed, changes)


def _retired(claimed: Claim, desired: Compiled, *, day: date, grace: int) -> dict[Address, Resource]:
    """Keep what is taken back with a grace, unless the thing it belongs to goes altogether."""
    kept = {}
    for address, resource in claimed.actual.items():
        if address in desired.state or any(parent in claimed.why for parent in kind_of(resource).refers(resource)):
            continue
        if claimed.why.get(address) == "cut off":
            left = kind_of(resource).cut_off(resource, day=day, reason="cut off by hand, and not lifted")
        else:
            left = kind_of(resource).retired(resource, day=day, grace=grace)
        if left is not None:
            kept[address] = left
    return kept
