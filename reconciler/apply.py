"""A plan's changes and a way to write one in; an Outcome for every change out. Order comes from what refers to what."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Literal

from reconciler.diff import Change, units
from reconciler.errors import AzureError
from reconciler.order import order
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
    write: Callable[[tuple[Change, ...]], Awaitable[tuple[str, ...]]],
    *,
    stop: asyncio.Event,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Make the changes, those that do not depend on each other side by side, and go on past a failure.

    What depends on a failed change is blocked. Once `stop` is set, what runs is finished and nothing more is begun.
    `tell` hears of each outcome as it comes. `write` makes what is written in one request, and gives the ids of its
    requests.
    """
    return await _Run(units(changes), write, stop, tell).all()


class _Run:
    def __init__(
        self,
        units: Mapping[Address, tuple[Change, ...]],
        write: Callable[[tuple[Change, ...]], Awaitable[tuple[str, ...]]],
        stop: asyncio.Event,
        tell: Callable[[Outcome], None],
    ) -> None:
        self.units, self.write, self.stop, self.tell = units, write, stop, tell
        self.first = order(units)
        self.outcomes: dict[Address, Outcome] = {}
        self.undone: set[Address] = set()
        self.lanes: defaultdict[Address, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.places = asyncio.Semaphore(_AT_ONCE)

    async def all(self) -> tuple[Outcome, ...]:
        sorter = TopologicalSorter(self.first)
        sorter.prepare()
        running: dict[asyncio.Task[tuple[Outcome, ...]], Address] = {}
        while sorter.is_active():
            for unit in sorter.get_ready():
                running[asyncio.create_task(self.one(unit))] = unit
            finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                unit = running.pop(task)
                for outcome in task.result():
                    self.outcomes[outcome.change.address] = outcome
                    self.tell(outcome)
                    if outcome.result in ("failed", "blocked"):
                        self.undone.add(unit)
                sorter.done(unit)
        return tuple(self.outcomes[address] for address in sorted(self.outcomes))

    async def one(self, unit: Address) -> tuple[Outcome, ...]:
        changes = self.units[unit]
        if missing := next(iter(sorted(self.first[unit] & self.undone)), None):
            return tuple(Outcome(each, "blocked", f"{self.units[missing][0].address} was not done") for each in changes)
        # The lane first: a change that waits for its turn must not hold a place that another could use.
        async with self.lanes[changes[0].kind.lane(changes[0].address)], self.places:
            if self.stop.is_set():
                return tuple(Outcome(each, "not tried", "stopped before it") for each in changes)
            try:
                requests = await self.write(changes)
            except AzureError as error:
                return tuple(Outcome(each, "failed", str(error)) for each in changes)
        return tuple(Outcome(each, "done", requests=requests) for each in changes)
