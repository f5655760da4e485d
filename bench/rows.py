"""What was measured in, with what it must be; rows that are met or missed, a table of them, and JSON, out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that must hold. `values` are all measurements of it; the median must not be more than `most`.

    Of what must be much instead, `least` is said. `note` says what the figure is made of.
    """

    what: str
    values: tuple[float, ...]
    unit: str = ""
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def met(self) -> bool:
        """Whether it is as it must be."""
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def must(self) -> str:
        """Give what it must be, in words."""
        if self.most is not None and self.most == self.least:
            return shown(self.most, self.unit)
        parts = (("at most", self.most), ("at least", self.least))
        return ", ".join(f"{word} {shown(bound, self.unit)}" for word, bound in parts if bound is not None)


def ratios(above: Sequence[float], below: Sequence[float]) -> tuple[float, ...]:
    """Divide what was measured in one round by what was measured beside it."""
    return tuple(one / other for one, other in zip(above, below, strict=True))


def shown(value: float, unit: str) -> str:
    """Write a number as people read it."""
    number = f"{value:,.0f}" if value == int(value) or abs(value) >= 1_000 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def table(rows: Iterable[Row], released: Mapping[str, float]) -> Table:
    """Lay them out, beside the figures of the last release."""
    made = Table("", "what", "measured", "from, to", "must", "last release", box=None, pad_edge=False)
    for column in made.columns[2:4]:
        column.justify = "right"
    for column in made.columns:
        column.no_wrap = True
    for row in rows:
        spread = f"{shown(min(row.values), '')}, {shown(max(row.values), '')}" if len(row.values) > 1 else ""
        before = shown(released[row.what], row.unit) if row.what in released else "-"
        mark = ("[green]met[/]" if row.met else "[bold red]MISSED[/]") if row.must else ""
        made.add_row(mark, row.what, shown(row.value, row.unit), spread, row.must, before)
    return made


def read(path: Path) -> Mapping[str, float]:
    """Read the figures of a release; there may be none yet."""
    found = json.loads(path.read_text()) if path.is_file() else {"rows": []}
    return {each["what"]: each["value"] for each in found["rows"]}


def document(rows: Iterable[Row], machine: Mapping[str, Any]) -> str:
    """Write them down, every value, for machines and for the next release."""
    fields = [
        {"what": row.what, "note": row.note, "value": row.value, "values": row.values, "unit": row.unit, "met": row.met}
        | {name: bound for name, bound in (("most", row.most), ("least", row.least)) if bound is not None}
        for row in rows
    ]
    return json.dumps({"machine": machine, "rows": fields}, indent=2) + "\n"
