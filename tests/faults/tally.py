"""Verdicts in; how many cases of a fault there were, converged, lost something or removed it wrongly, out."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from faults.verdict import Verdict


@dataclass(frozen=True)
class Tally:
    """One fault. `at_once` counts the cases in which the first run did everything in spite of it."""

    name: str
    cases: int
    at_once: int
    converged: int
    lost: int
    removed: int
    seconds: float
    wrong: tuple[str, ...]

    @classmethod
    def from_verdicts(cls, name: str, verdicts: Sequence[Verdict], seconds: float) -> "Tally":
        return cls(
            name,
            len(verdicts),
            sum(each.at_once for each in verdicts),
            sum(each.converged for each in verdicts),
            sum(len(each.lost) for each in verdicts),
            sum(len(each.removed) for each in verdicts),
            seconds,
            tuple(each.wrong for each in verdicts if each.wrong),
        )

    @classmethod
    def of(cls, name: str, parts: Sequence["Tally"]) -> "Tally":
        """Add up. A fault of which no case was made is not survived but not looked at."""
        cases = sum(each.cases for each in parts)
        return cls(
            name,
            cases,
            sum(each.at_once for each in parts),
            sum(each.converged for each in parts),
            sum(each.lost for each in parts),
            sum(each.removed for each in parts),
            sum(each.seconds for each in parts),
            tuple(wrong for each in parts for wrong in each.wrong) + (() if cases else ("no case of it was made",)),
        )


def table(found: Sequence[Tally]) -> Table:
    shown = Table(
        "fault", "cases", "done at once", "converged", "writes lost", "wrongful removals", "seconds", box=None
    )
    for column in shown.columns[1:]:
        column.justify = "right"
    for each in found:
        bad = "bold red" if each.wrong else None
        figures = (each.cases, each.at_once, each.converged, each.lost, each.removed)
        shown.add_row(each.name, *map(str, figures), f"{each.seconds:.1f}", style=bad)
    return shown
