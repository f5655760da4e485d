"""Things to wait for in; what comes of each, out: they are done side by side, and where one fails, given up all."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(things: Iterable[Awaitable[T]]) -> list[T]:
    """Wait for all. `asyncio.gather` would let the others go on asking, for an answer that nobody waits for."""
    tasks = [asyncio.ensure_future(each) for each in things]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
