"""A merge's plan and the outcomes of its changes in; what became of the merge, in a word and with its reasons, out."""

from dataclasses import dataclass
from typing import Literal

from reconciler.apply import Outcome
from reconciler.converge.cut_off import words
from reconciler.converge.merges import Merge
from reconciler.memory import Applied
from reconciler.plan import Plan, Target
from reconciler.withheld import Selector

Result = Literal[
    "applied", "already so", "cut off", "waits", "failed", "not approved", "built on others", "not valid", "moved"
]
LEFT_OUT: tuple[Result, ...] = ("not approved", "built on others", "not valid", "moved")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a merge, or with no merge of the daily run. `lapsed` need not be cut off by hand any more."""

    merge: Merge | None
    result: Result
    why: tuple[str, ...] = ()
    plan: Plan | None = None
    outcomes: tuple[Outcome, ...] = ()
    lapsed: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class Convergence:
    """What one run did to one service, what it was made to remember on the way, and what is cut off there by hand."""

    target: Target
    start: str
    tip: str
    done: tuple[Done, ...] = ()
    remembered: tuple[Applied, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def left_out(self) -> tuple[Done, ...]:
        """What is on the branch and not in force, because somebody has to decide."""
        return tuple(each for each in self.done if each.result in LEFT_OUT)

    @property
    def unfinished(self) -> tuple[Done, ...]:
        """What is approved and not in force yet."""
        return tuple(each for each in self.done if each.result in ("failed", "waits"))


def became(
    merge: Merge | None,
    plan: Plan,
    outcomes: tuple[Outcome, ...],
    *,
    hoped_for: int,
    lapsed: tuple[Selector, ...] = (),
) -> Done:
    """Say what became of it: where nothing was written, that is no success without a reason."""
    cut = words(plan, lapsed)
    not_done = [each for each in outcomes if each.result != "done"]
    waits = tuple(f"{each.resource.address} waits for {each.missing}" for each in plan.waiting)
    if not_done:
        why = tuple(f"{each.change.address}: {each.because}" for each in not_done)
        return Done(merge, "failed", (*why, *cut), plan, outcomes, lapsed)
    if waits:
        return Done(merge, "waits", (*waits, *cut), plan, outcomes, lapsed)
    if plan.withheld and not outcomes and merge is not None:
        return Done(merge, "cut off", cut, plan, outcomes, lapsed)
    if hoped_for and not outcomes and not cut:
        return Done(merge, "already so", (f"all of its {hoped_for} changes were made before",), plan)
    return Done(merge, "applied", cut, plan, outcomes, lapsed)
