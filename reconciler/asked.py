"""Declarations now and as they were applied, an environment and a day in; all that a plan has to know of them out."""

from dataclasses import dataclass
from datetime import date

from reconciler.compile import Compiled
from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations
from reconciler.scope import Scope, scope


@dataclass(frozen=True, slots=True)
class Asked:
    """`declared` is `desired` as if nothing had ended; `previous` was applied last; `scope` is None for everything."""

    desired: Compiled
    declared: Compiled
    previous: Compiled | None
    scope: Scope | None


def asked(now: Declarations, before: Declarations | None, environment: str, *, day: date, scoped: bool) -> Asked:
    """Compile both sides, and say what differs where only that is asked for."""
    desired, declared = meaning(now, environment, day=day), meaning(now, environment, day=None)
    previous = None
    if before is not None and environment in before.environments:
        previous = meaning(before, environment, day=None)
    about = scope(previous or Compiled(environment, desired.mode), declared) if scoped else None
    return Asked(desired, declared, previous, about)
