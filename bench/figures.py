"""Things to measure in; what was measured, how often, how long and how much memory, out: the words of every figure."""

import gc
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing, measured at least once. `wanted` says in words what it should be, where somebody wants that."""

    part: str
    name: str
    unit: str
    values: tuple[float, ...]
    wanted: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "min": min(self.values), "median": median(self.values), "max": max(self.values)}


def timed(run: Callable[[], T]) -> tuple[float, T]:
    """Give the seconds that a call takes, and its result; garbage of before is no part of it."""
    gc.collect()
    began = time.perf_counter()
    result = run()
    return time.perf_counter() - began, result


def forget_peak() -> None:
    """Begin a new peak, where the system can (Linux)."""
    gc.collect()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_megabytes() -> float:
    """Give the most memory that this process held at once, since `forget_peak` where the system can tell."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
