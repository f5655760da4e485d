"""A plan's changes and a way to write one in; an Outcome for every change out. Order comes from what refers to what."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Literal

from reconciler.diff import Change
from reconciler.errors import AzureError
from reconciler.resource import Address

Result = Literal["done", "failed", "blocked", "not tried"]
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change; `because` says why it was not done, `requests` are Azure's ids of what was written."""

    change: Change
    result: Result
    because: str = ""
    requests: tuple[str, ...] = ()


async def apply(
    changes: Iterable[Change],
    write: Callable[[Change], Awaitable[tuple[str, ...]]],
    *,
    stop: asyncio.Event,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Make the changes, those that do not depend on each other side by side, and go on past a failure.

    What depends on a failed change is blocked. Once `stop` is set, what runs is finished and nothing more is begun.
    `tell` hears of each outcome as it comes. `write` gives the ids of its requests.
    """
    return await _Run({change.address: change for change in changes}, write, stop, tell).all()


def order(changes: Mapping[Address, Change]) -> dict[Address, set[Address]]:
    """For each change, name those that come before it: what it refers to is made first and deleted last."""
    first: dict[Address, set[Address]] = {address: set() for address in changes}
    for address, change in changes.items():
        for made in change.kind.refers(change.after) if change.after else ():
            if made in changes and changes[made].after is not None:
                first[address].add(made)
        for deleted in change.kind.refers(change.before) if change.before else ():
            if deleted in changes and changes[deleted].after is None:
                first[deleted].add(address)
    return first


class _Run:
    def __init__(
        self,
        changes: Mapping[Address, Change],
        write: Callable[[Change], Awaitable[tuple[str, ...]]],
        stop: asyncio.Event,
        tell: Callable[[Outcome], None],
    ) -> None:
        self.changes, self.write, self.stop, self.tell = changes, write, stop, tell
        self.first = order(changes)
        self.outcomes: dict[Address, Outcome] = {}
        self.lanes: defaultdict[Address, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.places = asyncio.Semaphore(_AT_ONCE)

    async def all(self) -> tuple[Outcome, ...]:
        sorter = TopologicalSorter(self.first)
        sorter.prepare()
        running: dict[asyncio.Task[Outcome], Address] = {}
        while sorter.is_active():
            for address in sorter.get_ready():
                running[asyncio.create_task(self.one(self.changes[address]))] = address
            finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                address = running.pop(task)
                self.outcomes[address] = task.result()
                self.tell(self.outcomes[address])
                sorter.done(address)
        return tuple(self.outcomes[address] for address in sorted(self.outcomes))

    async def one(self, change: Change) -> Outcome:
        if missing := next(self.not_done(change), None):
            return Outcome(change, "blocked", f"{missing} was not done")
        # The lane first: a change that waits for its turn must not hold a place that another could use.
        async with self.lanes[change.kind.lane(change.address)], self.places:
            if self.stop.is_set():
                return Outcome(change, "not tried", "stopped before it")
            try:
                requests = await self.write(change)
            except AzureError as error:
                return Outcome(change, "failed", str(error))
        return Outcome(change, "done", requests=requests)

    def not_done(self, change: Change) -> Iterator[Address]:
        for address in sorted(self.first[change.address]):
            if self.outcomes[address].result in ("failed", "blocked"):
                yield address
