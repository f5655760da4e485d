"""A head and rows of text in; a Markdown table out, in which nothing that people wrote means anything."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from reconciler.report.markdown import LIMIT, inert

_MOST: Final = (100, 50, 20, 5, 1)  # rows
_LONG: Final = 150  # characters of a cell


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, most: int) -> str:
    """Give a table of at most so many rows, with the number left out; long cells are cut. Without rows: nothing."""
    if not rows:
        return ""
    lines = [_line(head), _line("---" for _ in head), *(_line(map(_cell, row)) for row in rows[:most])]
    left = [f"\n*{len(rows) - most} more are left out here.*"] if len(rows) > most else []
    return "\n".join([*lines, *left]) + "\n"


def fitting(render: Callable[[int], str]) -> str:
    """Render with as many rows a table as GitHub takes."""
    return next((text for most in _MOST if len(text := render(most)) <= LIMIT), render(0)[:LIMIT])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return inert(text if len(text) <= _LONG else f"{text[: _LONG - 3]}...")
