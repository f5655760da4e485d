"""`make faults`: how much in; a table of what became of each fault, and exit code 1 where one is not survived, out."""

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console

from faults.company import FEW, MANY
from faults.measuring import FAULTS, PARTS, measure
from faults.tally import Tally, table
from reconciler.emulator import Certificates, certificates


def main() -> None:
    asked = _parser().parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        made = certificates(Path(name))
        os.environ["SSL_CERT_FILE"] = str(made.authority)  # before anybody imports aiohttp, which reads it once
        found = _all(asked, made)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table(found))
    console.print(f"{sum(each.cases for each in found):,} cases in {time.monotonic() - begun:.0f} s.")
    for each in found:
        for wrong in each.wrong[:5]:
            console.print(f"{each.name}: {wrong}", markup=False, soft_wrap=True)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(each) for each in found], indent=2) + "\n")
    sys.exit(any(each.wrong for each in found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m faults", description=sys.modules[__name__].__doc__)
    parser.add_argument("names", nargs="*", metavar="FAULT", help="only those whose name holds one of these words")
    parser.add_argument("--full", action="store_true", help=f"{MANY} changes instead of {FEW}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the same for machines")
    parser.add_argument("--processes", type=int, default=max(2, os.cpu_count() or 2))
    return parser


def _all(asked: argparse.Namespace, made: Certificates) -> list[Tally]:
    changes = MANY if asked.full else FEW
    names = [each for each in FAULTS if not asked.names or any(word in each for word in asked.names)]
    context = get_context("spawn")
    with ProcessPoolExecutor(asked.processes, mp_context=context) as pool:
        tasks: dict[str, list[Future[Tally]]] = {
            name: [pool.submit(measure, name, part, changes, made) for part in range(PARTS)] for name in names
        }
        return [Tally.of(name, [each.result() for each in tasks[name]]) for name in names]


if __name__ == "__main__":
    main()
