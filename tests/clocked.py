"""Waiting in, time that passes by it alone out: what limits cost is measured without waiting."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Clock:
    """Time that passes only by waiting for it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run what waits by asyncio's own `sleep`: those who wait side by side wait for the same time."""
        with asyncio.Runner(loop_factory=lambda: _Loop(self)) as runner:
            return runner.run(main)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: Clock) -> None:
        super().__init__(_Idle(clock))
        self._by = clock
        self._clock_resolution = 1e-6  # seconds: asyncio's own is lost in a number as large as a date

    def time(self) -> float:
        return self._by.now


class _Idle(selectors.DefaultSelector):
    """Where nothing is to do before a moment, that moment comes."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._by = clock

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0 if timeout is not None else None)
        if timeout and not found:
            self._by.now += timeout
        return found
