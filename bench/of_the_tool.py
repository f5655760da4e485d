"""A size in; what each step from folder to plan takes for such an estate, as figures, out."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bench.door import session
from bench.estate import DAY, ENVIRONMENT, estate, write
from bench.figures import Figure, forget_peak, peak_megabytes, timed
from bench.sizes import SIZES
from reconciler.azure.reading import read
from reconciler.check import check
from reconciler.claim import unneeded
from reconciler.cli import run
from reconciler.cli.console import out
from reconciler.compile import Compiled
from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations
from reconciler.emulator import Azure
from reconciler.load import load
from reconciler.plan import Plan, Target, plan, settings_of
from reconciler.report.render import render
from reconciler.resource import State
from reconciler.sources import from_folder

T = TypeVar("T")
_BURST, _A_SECOND = 250, 25  # Azure Resource Manager's bucket of reads, for one principal


class Bench:
    """One estate, one service, and the seconds of each step so far."""

    def __init__(self, size: str, folder: Path) -> None:
        self.azure, self.folder = Azure(), folder / "access"
        self.values: dict[tuple[str, str], list[float]] = {}
        made = estate(SIZES[size], seed=7)
        write(made, folder)
        self.service = made.service
        self.note(
            "the service, seeded into the emulator", "s", timed(lambda: self.azure.seed(made.service, made.entities))[0]
        )

    def note(self, name: str, unit: str, value: float) -> None:
        self.values.setdefault((name, unit), []).append(value)

    def step(self, name: str, work: Callable[[], T]) -> T:
        seconds, result = timed(work)
        self.note(name, "s", seconds)
        return result

    def round(self) -> None:
        """Take every step once, from the folder to the report."""
        files = self.step("files from disk", lambda: from_folder(self.folder))
        loaded = self.step("load", lambda: load(files))
        self.step("check", lambda: check(loaded, files, DAY))
        declarations = loaded.declarations
        desired, undated = self.step("compile, twice: as of today, and undated", lambda: _compiled(declarations))
        before = len(self.azure.log.entries)
        actual = self.step("read the service", lambda: self.read(desired, undated))
        reads = len(self.azure.log.entries) - before
        self.note("requests of that", "", reads)
        self.note("at least, at Azure's pace", "s", max(0, reads - _BURST) / _A_SECOND)
        made = self.step(
            "match, claim, diff: the plan", lambda: _plan(declarations, self.service, desired, undated, actual)
        )
        self.note("changes in it", "", len(made.written.changes) + len(made.observed.changes))
        self.step("report, as Markdown", lambda: render([made], "markdown", self.folder.parent / "plan.md", out()))

    def read(self, desired: Compiled, undated: Compiled) -> State:
        async def reading() -> State:
            async with session(self.azure, self.service) as connected:
                return await read(connected, without=unneeded(desired, undated, None))

        return asyncio.run(reading())

    def whole(self) -> None:
        """From the folder to the plan, as the command does it."""

        async def planning() -> Plan:
            wanted = run.declared(self.folder, day=DAY)
            async with session(self.azure, self.service) as connected:
                return await run.plan(connected, wanted, ENVIRONMENT, day=DAY)

        forget_peak()
        seconds, _ = timed(lambda: asyncio.run(planning()))
        self.note("the whole plan", "s", seconds)
        self.note("peak memory of that, emulator included", "MB", peak_megabytes())


def measure(size: str, repeat: int) -> list[Figure]:
    """Measure one size."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(size, Path(folder))
        forget_peak()
        bench.note("memory before, emulator included", "MB", peak_megabytes())
        for _ in range(repeat):
            bench.whole()
        for _ in range(repeat):
            bench.round()
    return [Figure(size, name, unit, tuple(values)) for (name, unit), values in bench.values.items()]


def _compiled(declarations: Declarations) -> tuple[Compiled, Compiled]:
    return meaning(declarations, ENVIRONMENT, day=DAY), meaning(declarations, ENVIRONMENT, day=None)


def _plan(declarations: Declarations, service: str, desired: Compiled, undated: Compiled, actual: State) -> Plan:
    facts: dict[str, Any] = {"desired": desired, "declared": undated, "previous": None, "actual": actual}
    return plan(Target(ENVIRONMENT, service), **facts, day=DAY, settings=settings_of(declarations.guardrails))
