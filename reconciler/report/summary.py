"""What came of a run in each of its environments in; one table of it, a line for each and one for all, out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reconciler.apply import Outcome
from reconciler.errors import AZURE, FINE, INVALID, REFUSED, SOME_FAILED, WRONG_USAGE

_RESULTS = ("done", "failed", "blocked")
_NOT_TRIED = "not tried"
_ENDED = {
    FINE: "",
    SOME_FAILED: "a mistake in reconciler",
    WRONG_USAGE: "wrong usage",
    INVALID: "declarations invalid",
    REFUSED: "refused",
    AZURE: "Azure not reached or denied",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One environment: how many changes there are, if that is known, and what became of them, if that was tried."""

    name: str
    changes: int | None
    outcomes: tuple[Outcome, ...] | None
    requests: int
    seconds: float
    code: int = FINE


def summarise(console: Console, lines: Sequence[Line], *, what: str, took: float) -> None:
    """Print the table; `what` is counted, and `took` is how many seconds all of it took side by side."""
    results = [result for result in (*_RESULTS, _NOT_TRIED) if any(line.outcomes is not None for line in lines)]
    if not any(each.result == _NOT_TRIED for line in lines for each in line.outcomes or ()):
        results = [result for result in results if result != _NOT_TRIED]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_footer=True, footer_style="bold")
    rows = [_row(line, results) for line in lines]
    names = ("environment", what, *results, "requests", "time")
    together = (f"{len(lines)} together", *_sums(rows), f"{took:.1f} s")
    for index, (name, total) in enumerate(zip(names, together, strict=True)):
        table.add_column(name, footer=total, justify="left" if index == 0 else "right", overflow="fold")
    table.add_column("", overflow="fold")
    for line, row in zip(lines, rows, strict=True):
        cells = ["" if each is None else f"{each:,}" for each in row]
        table.add_row(line.name, *cells, f"{line.seconds:.1f} s", Text(_ENDED.get(line.code, ""), style="yellow"))
    console.print()
    console.print(table)


def _row(line: Line, results: Sequence[str]) -> tuple[int | None, ...]:
    numbers: Counter[str] = Counter(each.result for each in line.outcomes or ())
    made = (None if line.outcomes is None else numbers[result] for result in results)
    return line.changes, *made, line.requests


def _sums(rows: Sequence[tuple[int | None, ...]]) -> list[str]:
    return [f"{sum(each or 0 for each in column):,}" for column in zip(*rows, strict=True)]
