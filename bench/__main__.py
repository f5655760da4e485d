"""`python -m bench`: sizes in; a table, or JSON, of what tool and emulator take for such estates, out."""

import argparse
import json
import os
import platform
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median

from rich.console import Console
from rich.table import Table

from bench import of_the_catalog, of_the_emulator, of_the_tool
from bench.figures import Figure
from bench.sizes import SIZES

_EMULATOR, _CATALOG = "emulator", "catalog"


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and measure; nothing is judged, and no figure ends it with an error."""
    asked = _parser().parse_args(arguments)
    figures = list(_measured(asked.parts or [_EMULATOR, _CATALOG, "S", "M"], asked.repeat))
    if asked.json:
        machine = {"python": platform.python_version(), "system": platform.platform(), "processors": os.cpu_count()}
        print(json.dumps({"machine": machine, "figures": [each.as_json() for each in figures]}, indent=2))
    else:
        Console().print(_table(figures))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure the local Azure, and the tool on estates of several sizes, in process: no network, "
        "and each part in a process of its own, so that its memory is its own. Figures depend on the machine and on "
        "who else uses it: compare the least of several runs, on one machine.",
    )
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        choices=[_EMULATOR, _CATALOG, *SIZES, []],  # [] is what none at all is taken for, up to Python 3.11
        help="emulator, catalog, S, M, L (default: all but L)",
    )
    parser.add_argument("--repeat", type=int, default=3, help="how often each is measured (default: 3)")
    parser.add_argument("--json", action="store_true", help="every value, for machines")
    return parser


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
    main()
