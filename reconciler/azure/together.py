"""Things to wait for in; what comes of each, out: they are done side by side, and where one fails, given up all."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar, overload

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
T = TypeVar("T")


@overload
async def together(one: Awaitable[A], two: Awaitable[B], /) -> tuple[A, B]: ...
@overload
async def together(one: Awaitable[A], two: Awaitable[B], three: Awaitable[C], /) -> tuple[A, B, C]: ...
@overload
async def together(
    one: Awaitable[A], two: Awaitable[B], three: Awaitable[C], four: Awaitable[D], /
) -> tuple[A, B, C, D]: ...
@overload
async def together(*things: Awaitable[T]) -> tuple[T, ...]: ...
async def together(*things: Awaitable[Any]) -> tuple[Any, ...]:
    """Wait for all. `asyncio.gather` would let the others go on asking, for an answer that nobody waits for."""
    tasks = [asyncio.ensure_future(each) for each in things]
    try:
        return tuple(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
