"""Two sizes in; the processor time of validating and planning, as ratios of each other and of a bare loader, out."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from ruamel.yaml import YAML

from bench.door import session
from bench.estate import DAY, ENVIRONMENT, Estate, estate, write
from bench.figures import forget_peak, peak_megabytes
from bench.rows import Row, ratios
from bench.sizes import SIZES
from reconciler.azure.reading import read
from reconciler.check import check
from reconciler.claim import Protected, unneeded
from reconciler.compare import compare
from reconciler.compile import Compiled, as_of
from reconciler.declarations import Declarations
from reconciler.emulator import Azure
from reconciler.garbage import collect_seldom
from reconciler.load import load
from reconciler.resource import State
from reconciler.sources import from_folder

T = TypeVar("T")
_LOADER, _VALIDATE, _PLAN = "loader", "validate", "plan"
_OF_LOADER = 1.5  # what validate may take
_OF_VALIDATE = (
    0.25  # what of that a plan may take besides reading: of what it may, for else a faster validate missed it
)


class _Bench:
    """One estate in which everything is as declared, on disk and read, and what each step took so far."""

    def __init__(self, made: Estate, folder: Path) -> None:
        self.folder = folder / "access"
        write(made, folder)
        self.declarations = made.declarations
        self.actual = _actual(made)
        self.seconds: dict[str, list[float]] = {_LOADER: [], _VALIDATE: [], _PLAN: []}

    def round(self) -> None:
        """Take each step once."""
        self.step(_LOADER, self.loaded)
        self.step(_VALIDATE, self.validated)
        if self.step(_PLAN, lambda: changes(self.declarations, self.actual)):
            raise RuntimeError("nothing was to do")

    def step(self, name: str, work: Callable[[], T]) -> T:
        began = time.process_time()
        result = work()
        self.seconds[name].append(time.process_time() - began)
        return result

    def loaded(self) -> None:
        """What anybody would write first: one loader, used again for each file."""
        yaml = YAML(typ="safe")
        for path in sorted(self.folder.rglob("*.yaml")):
            yaml.load(path.read_bytes())

    def validated(self) -> None:
        files = from_folder(self.folder)
        found = load(files)
        if found.problems or check(found, files, DAY):
            raise RuntimeError("everything was valid")


def changes(declarations: Declarations, actual: State) -> int:
    """Compile, match, claim and diff; give the number of changes."""
    desired, declared = as_of(declarations, ENVIRONMENT, DAY)
    before = Compiled(desired.environment, desired.mode)
    return len(compare(desired, declared, before, actual, day=DAY, grace=0, protect=Protected()).changes)


def measure(repeat: int) -> list[Row]:
    """Measure both sizes in one process, round by round, and memory in a process of its own."""
    collect_seldom()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        middle, large = (_Bench(estate(SIZES[size], seed=7, place="all"), Path(folder) / size) for size in "ML")
        for _ in range(repeat):
            middle.round()
            large.round()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            peak = alone.submit(_peak, large.folder).result()
    taken, less = large.seconds, middle.seconds
    both = [
        [validated + planned for validated, planned in zip(each[_VALIDATE], each[_PLAN], strict=True)]
        for each in (taken, less)
    ]
    return [
        Row(
            "validate L: processor",
            ratios(taken[_VALIDATE], taken[_LOADER]),
            "x",
            most=_OF_LOADER,
            note="x one safe YAML.load of the same files",
        ),
        Row("validate L: memory", (peak,), "MB", most=500),
        Row(
            "compile, match, claim, diff L",
            ratios(taken[_PLAN], taken[_LOADER]),
            "x",
            most=_OF_VALIDATE * _OF_LOADER,
            note="x the same loader; nothing to do",
        ),
        Row("those four, of validate L", ratios(taken[_PLAN], taken[_VALIDATE]), "x", note="not judged"),
        Row("processor of L", ratios(*both), "x", most=12, note="x M; validate and those four"),
    ]


def _actual(made: Estate) -> State:
    azure = Azure()
    azure.seed(made.service, made.entities)
    desired, declared = as_of(made.declarations, ENVIRONMENT, DAY)

    async def reading() -> State:
        async with session(azure, made.service) as connected:
            return await read(connected, without=unneeded(desired, declared, None))

    return asyncio.run(reading())


def _peak(folder: Path) -> float:
    """Validate once, where nothing else was done."""
    collect_seldom()
    forget_peak()
    files = from_folder(folder)
    check(load(files), files, DAY)
    return peak_megabytes()
