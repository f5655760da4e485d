"""Steps and a way to take one in; what became of each, a few side by side, out. What fails stops nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from reconciler.azure.together import together
from reconciler.errors import AzureError

T = TypeVar("T")
_AT_ONCE = 8  # keys in memory


@dataclass(frozen=True, slots=True)
class Looked(Generic[T]):
    """What is to be done; `unread` says of a vault why nobody knows what it holds."""

    steps: tuple[T, ...]
    unread: Mapping[str, AzureError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What became of a step; `because` says why it was not done, `requests` are Azure's ids of what was written."""

    step: T
    result: Literal["done", "failed", "not tried"]
    because: str = ""
    requests: tuple[str, ...] = ()


async def do_all(
    todo: Iterable[T],
    do: Callable[[T], Awaitable[tuple[str, ...]]],
    *,
    stop: asyncio.Event,
    tell: Callable[[Done[T]], None],
) -> tuple[Done[T], ...]:
    """Do them. Once `stop` is set, what is begun is finished and nothing more is begun."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(step: T) -> Done[T]:
        async with room:
            if stop.is_set():
                return Done(step, "not tried", "stopped before it")
            try:
                done = Done(step, "done", requests=await do(step))
            except AzureError as error:
                done = Done(step, "failed", str(error))
        tell(done)
        return done

    return tuple(await together(*(one(step) for step in todo)))
