"""`python -m bench`: nothing, or parts, in; a table of what must hold and does, or of what those parts take, out."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import of_the_catalog, of_the_cpu, of_the_emulator, of_the_start, of_the_tool, of_the_waiting
from bench.figures import Figure
from bench.rows import document, read, table
from bench.sizes import SIZES

_EMULATOR, _CATALOG = "emulator", "catalog"
RELEASED = Path(__file__).with_name("released.json")  # the rows of the last release
_WIDE = 100  # characters that the table takes
_OUTPUT = Path("build/bench.json")


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, measure, and give 1 where a target is missed. Figures of a part have no targets."""
    asked = _parser().parse_args(arguments)
    machine = {"python": platform.python_version(), "system": platform.platform(), "processors": os.cpu_count()}
    if not asked.parts:
        return _judge(asked.repeat, asked.output, machine)
    figures = list(_measured(asked.parts, asked.repeat))
    if asked.json:
        print(json.dumps({"machine": machine, "figures": [each.as_json() for each in figures]}, indent=2))
    else:
        Console().print(_table(figures))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure what must hold, and end with 1 where it does not: counts, and ratios to something that is "
        "measured beside it, so that they say the same on any machine; docs/performance.md explains each. With parts, "
        "measure those instead: in process, without a network, each in a process of its own, and nothing is judged.",
    )
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        choices=[_EMULATOR, _CATALOG, *SIZES, []],  # [] is what none at all is taken for, up to Python 3.11
        help="emulator, catalog, S, M, L: figures of that part",
    )
    parser.add_argument("--repeat", type=int, default=5, help="how often what takes time is measured (default: 5)")
    parser.add_argument("--json", action="store_true", help="figures of parts for machines: every value")
    parser.add_argument(
        "--output", type=Path, default=_OUTPUT, metavar="FILE", help=f"write every row there (default: {_OUTPUT})"
    )
    return parser


def _judge(repeat: int, output: Path, machine: dict[str, Any]) -> int:
    """Measure what must hold, show it beside the last release, and write it down."""
    rows = []
    for measure in (of_the_waiting.measure, partial(of_the_cpu.measure, repeat), partial(of_the_start.measure, repeat)):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            rows += alone.submit(measure).result()
    console = Console()
    console.width = max(console.width, _WIDE)
    console.print(table(rows, read(RELEASED)))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(document(rows, machine))
    judged = [row for row in rows if row.must]
    missed = sum(not row.met for row in judged)
    print(f"\n{len(judged) - missed} of {len(judged)} met; every value is in {output}.")
    return 1 if missed else 0


def _measured(parts: list[str], repeat: int) -> Iterator[Figure]:
    for part in parts:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            if part == _EMULATOR:
                yield from alone.submit(of_the_emulator.measure, repeat).result()
            elif part == _CATALOG:
                yield from alone.submit(of_the_catalog.measure, repeat).result()
            else:
                yield from alone.submit(of_the_tool.measure, part, repeat).result()


def _table(figures: list[Figure]) -> Table:
    table = Table("", "what", "least", "median", "unit", "wanted", box=None, pad_edge=False)
    for column in table.columns[2:4]:
        column.justify = "right"
    part = ""
    for figure in figures:
        if part not in ("", figure.part):
            table.add_row()
        row = (_number(min(figure.values)), _number(median(figure.values)), figure.unit, figure.wanted)
        table.add_row(figure.part if figure.part != part else "", figure.name, *row)
        part = figure.part
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
