"""A Story in, terminal text out; colour and width are the console's to decide."""

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reconciler.apply import Outcome
from reconciler.errors import printable
from reconciler.report.story import SIGNS, Line, Row, Story
from reconciler.words import count

_STYLES = {"+": "green", "-": "red", "~": "yellow", "!": "bold yellow", "·": "dim"}


def show(console: Console, story: Story, *, brief: bool = False) -> None:
    """Print a plan; `brief` counts the resources instead of listing them."""
    console.print(Text(story.title, style="bold"))
    _lines(console, story.access or [Line("·", "Nobody gains or loses access.")])
    if story.resources and brief:
        console.print(Text(f"\n  Resources: {_by_kind(story.resources)}", style="dim"), soft_wrap=True)
    elif story.resources:
        _table(console, "Resources", story.resources)
    if story.observed_access or story.observed_resources:
        console.print(Text("\n  Observed only, nothing of this is written:", style="bold"))
        _lines(console, story.observed_access)
        if brief:
            console.print(Text(f"  {_by_kind(story.observed_resources)}", style="dim"), soft_wrap=True)
        else:
            _table(console, "", story.observed_resources)
    if story.notes:
        console.print()
        _lines(console, story.notes)
    if story.keys and not brief:
        console.print(Text("\n  New keys, which nothing here shows:", style="bold"))
        _lines(console, story.keys)
    console.print()
    console.print(Text(f"  {story.counts}", style="bold"), soft_wrap=True)
    for line in filter(None, (story.budget, story.unmanaged)):
        console.print(Text(f"  {line}", style="dim"), soft_wrap=True)
    console.print(Text(f"  Fingerprint {story.fingerprint}", style="dim"))


def show_outcomes(console: Console, outcomes: Iterable[Outcome]) -> None:
    """Print what became of each change: failures with their reason, the rest by number."""
    outcomes = tuple(outcomes)
    for outcome in outcomes:
        if outcome.result != "done":
            sign = SIGNS[outcome.change.action]
            text = f"  {outcome.result}: {sign} {outcome.change.address}: {outcome.because}"
            console.print(
                Text(printable(text), style="red" if outcome.result == "failed" else "yellow"), soft_wrap=True
            )
    by_result = {result: sum(each.result == result for each in outcomes) for result in _RESULTS}
    parts = [f"{number} {result}" for result, number in by_result.items() if number]
    console.print(Text(f"  Applied: {', '.join(parts)}." if parts else "  Nothing to apply.", style="bold"))
    if len(outcomes) > by_result["done"]:
        left = count(len(outcomes) - by_result["done"], "change")
        console.print(Text(f"  {left} not made: run `reconciler apply` again; what is done stays done."))


def _by_kind(rows: Iterable[Row]) -> str:
    numbers = Counter(f"{row.sign} {row.kind}" for row in rows)
    return ", ".join(f"{what} x{number}" if number > 1 else what for what, number in numbers.items())


_RESULTS = ("done", "failed", "blocked", "not tried")


def _lines(console: Console, lines: Iterable[Line]) -> None:
    for line in lines:
        console.print(Text(f"  {line.sign} {printable(line.text)}", style=_STYLES[line.sign]), soft_wrap=True)


def _table(console: Console, title: str, rows: Iterable[Row]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    for row in rows:
        name = Text(f"{row.sign} {row.kind}", style=_STYLES[row.sign])
        table.add_row(Text("  ") + name, Text(printable(row.name)), Text(printable(row.detail), style="dim"))
    if title:
        console.print(Text(f"\n  {title}", style="bold"))
    console.print(table)
