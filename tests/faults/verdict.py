"""What a run said and one more run in; whether all is as it must be, what is lost and what went wrongly, out.

A write is **lost** when a run said that it was done and the next one finds it undone, or when at the end something is
not as an undisturbed run leaves it and the second run neither made it so nor said that it could not. A removal is
**wrongful** when what stood there as a run began, or what another hand made meanwhile, is gone - an entity, a link, a
key, a client let in, a state that opens - although an undisturbed run takes nothing like it away. What a run itself
made and took back is neither, nor is the subscription that Azure makes unasked with a new product.
"""

from collections.abc import Collection
from dataclasses import dataclass

from faults.doors import bare, known
from faults.running import Ran
from faults.stage import Stage, Undisturbed


@dataclass(frozen=True)
class Verdict:
    """One case: where the fault was, whether the first run did it all the same, and what is not as it must be."""

    where: str
    at_once: bool
    converged: bool
    lost: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    broken: str = ""

    @property
    def wrong(self) -> str:
        """Say what is not as it must be; nothing where all is."""
        parts = {
            "lost": ", ".join(self.lost),
            "removed": ", ".join(self.removed),
            "broken": self.broken,
            "not as undisturbed": "" if self.converged or self.lost else "no",
        }
        told = "; ".join(f"{name}: {text}" for name, text in parts.items() if text)
        return f"{self.where}: {told}" if told else ""


def verdict(
    stage: Stage,
    where: str,
    first: Ran,
    *,
    expected: Undisturbed | None = None,
    others: Collection[str] = (),
) -> Verdict:
    """Let one more run go without the fault, and judge. What `others` wrote meanwhile may be to do again."""
    expected = expected or stage.undisturbed
    removed = _wrongful(stage, expected)
    stage.calm()
    stage.watch.begin()
    second = stage.run()
    removed |= _wrongful(stage, expected)
    again = {str(each.change.address) for each in second.outcomes}
    done = {str(each.change.address) for each in first.outcomes if each.result == "done"}
    differ = _different(stage, expected)
    return Verdict(
        where,
        at_once=first.whole,
        converged=not differ and second.whole,
        lost=tuple(sorted((done & again) - set(others)) + ([] if second.said else differ)),
        removed=tuple(sorted(removed)),
        broken=first.broken or second.broken or ("" if second.whole else second.said),
    )


def _wrongful(stage: Stage, expected: Undisturbed) -> set[str]:
    stage.watch.look()
    return {bare(each) for each in known(frozenset(stage.watch.gone))} - expected.gone


def _different(stage: Stage, expected: Undisturbed) -> list[str]:
    now, then = stage.abstract(), expected.left
    return sorted(path for path in {*now, *then} if now.get(path) != then.get(path))
