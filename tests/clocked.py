"""Waiting in, time that passes by it alone out: what limits cost is measured without waiting."""

import asyncio


class Clock:
    """Time that passes only by waiting for it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)
