"""Estates of three sizes in; how many requests plans and applies cost, and how long Azure lets them wait, out.

Nothing but waiting takes time here: each request takes 60 ms, and Azure's buckets fill as they do. So one run says it.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from bench.door import clock, session
from bench.estate import DAY, ENVIRONMENT, Estate, estate
from bench.rows import Row
from bench.sizes import SIZES
from reconciler.apply import Outcome, apply
from reconciler.azure.session import Session
from reconciler.azure.writing import write
from reconciler.cli import run
from reconciler.cli.wanted import Wanted
from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations, Declared, Grant, at
from reconciler.emulator import Azure, Settings
from reconciler.emulator.log import Entry
from reconciler.naming import subscription_id
from reconciler.plan import Plan

T = TypeVar("T")
LATENCY = 0.06  # seconds
_READS, _READS_A_SECOND = 250, 25  # Azure Resource Manager's buckets, for one principal in one subscription
_WRITES, _WRITES_A_SECOND = 200, 10
_PAGE = 100  # rows
_CHAIN = 3  # requests that need the answer of the one before: what is cut off, first pages, what hangs on them
_NEW = 1_000  # grants
_REFUSED = 429


class Service:
    """One estate's service at Azure's pace, from full buckets."""

    def __init__(self, made: Estate) -> None:
        self.made, self.clock = made, clock()
        self.azure = Azure(Settings(throttle=True, latency=LATENCY, clock=self.clock))
        self.azure.seed(made.service, made.entities)

    def spend(self, work: Callable[[Session], Awaitable[T]]) -> tuple[float, T, list[Entry]]:
        """Give the seconds that it takes, what comes of it, and the requests."""

        async def spending() -> T:
            async with session(self.azure, self.made.service, self.clock) as connected:
                return await work(connected)

        began, sent = self.clock.now, len(self.azure.log.entries)
        result = self.clock.run(spending())
        return self.clock.now - began, result, self.azure.log.entries[sent:]

    def planned(self, now: Declarations, before: Declarations | None = None) -> tuple[float, Plan, list[Entry]]:
        """Plan for everything, or for what differs, as the command does."""
        wanted = Wanted(now, before, scoped=before is not None)

        async def planning(connected: Session) -> Plan:
            held = await run.withheld(connected)
            return await run.plan(connected, wanted, ENVIRONMENT, day=DAY, withheld=held)

        return self.spend(planning)


def measure() -> list[Row]:
    """Measure every size once."""
    services = {size: Service(estate(SIZES[size], seed=7, place="all")) for size in SIZES}
    everything = [row for size, service in services.items() for row in whole(size, service)]
    one = {size: _one_grant(service) for size, service in services.items()}
    return [
        *everything,
        *(Row(f"plan of one grant, {size}: requests", (requests,), most=12) for size, (_, requests) in one.items()),
        Row("plan of one grant, L: waiting", (one["L"][0] / one["S"][0],), "x", most=1.3, note="x S"),
        *_applied(),
    ]


def whole(size: str, service: Service) -> list[Row]:
    """Plan for everything, where nothing differs."""
    seconds, plan, sent = service.planned(service.made.declarations)
    needed = _needed(service)
    asked = {(entry.path, *sorted(entry.query.items())) for entry in sent}
    floor = max((needed - _READS) / _READS_A_SECOND, _CHAIN * LATENCY)
    return [
        Row(f"plan {size}: requests", (len(sent),), most=needed, least=needed, note="pages, links, what is cut off"),
        Row(f"plan {size}: requests made twice", (len(sent) - len(asked),), most=0),
        Row(f"plan {size}: waiting", (seconds / floor,), "x", most=1.3, note=f"x {floor:,.2f} s: bucket, or 3 x 60 ms"),
        Row(f"plan {size}: writes in it", (plan.written.writes,), most=0, note="nothing differs"),
    ]


def _needed(service: Service) -> int:
    """Count what no client could leave out: the pages of each list, the links of the fewer, and what is cut off."""
    paths = [path.split("/") for path in service.azure.snapshot(service.made.service)]
    rows = Counter("/".join(path[::2]) for path in paths)
    lists = ("apis", "products", "groups", "users", "subscriptions", "tags", "apis/tags", "policyFragments")
    fewer = min((0, "products"), (2, "apis"), key=lambda side: rows[side[1]])
    linked = Counter(path[1 + fewer[0]] for path in paths if path[::2] == ["products", "apis"])
    links = sum(max(1, _pages(linked[path[1]])) for path in paths if path[::2] == [fewer[1]])
    return sum(max(1, _pages(rows[each])) for each in lists) + links + 1


def _pages(rows: int) -> int:
    return math.ceil(rows / _PAGE)


def _one_grant(service: Service) -> tuple[float, int]:
    """Give the seconds and the requests of a plan for one grant more."""
    now = service.made.declarations
    before = replace(now, grants=now.grants[:-1])
    seconds, _, sent = service.planned(now, before)
    return seconds, len(sent)


def _applied() -> list[Row]:
    """Apply a thousand grants with keys that nobody had before, from full buckets."""
    made = estate(SIZES["M"], seed=7, place="all")
    new = {subscription_id(each.team, each.name) for each in islice(_with_keys(made.declarations), _NEW)}
    entities = {path: each for path, each in made.entities.items() if path.removeprefix("subscriptions/") not in new}
    service = Service(replace(made, entities=entities))
    _, plan, _ = service.planned(made.declarations)
    service = Service(replace(made, entities=entities))

    async def applying(connected: Session) -> tuple[Outcome, ...]:
        return await apply(plan.written.changes, lambda changes: write(connected, changes), stop=asyncio.Event())

    seconds, outcomes, sent = service.spend(applying)
    writes = [entry for entry in sent if entry.method not in ("GET", "HEAD", "DELETE")]
    ceiling = max(0, len(writes) - _WRITES) / _WRITES_A_SECOND
    failed = sum(outcome.result != "done" for outcome in outcomes)
    refused = sum(entry.status == _REFUSED for entry in sent)
    what = f"apply of {len(new):,} grants"
    return [
        Row(
            f"{what}: writes",
            (len(writes),),
            most=plan.written.writes,
            least=plan.written.writes,
            note="what the plan said",
        ),
        Row(f"{what}: pace", (ceiling / seconds,), "x", least=0.9, note=f"x the bucket's: {ceiling:,.0f} s at least"),
        Row(f"{what}: changes not done", (failed,), most=0),
        Row(f"{what}: refused with 429", (refused,), most=0),
    ]


def _with_keys(declarations: Declarations) -> Iterator[Declared[Grant]]:
    """Find the grants for which a key is written here."""
    products = meaning(declarations, ENVIRONMENT, day=DAY).products
    for each in declarations.grants:
        says = at(each.value, each.value.in_, ENVIRONMENT)
        mine = ENVIRONMENT in each.value.environments and says.get("key") and not says.get("subscription")
        if mine and products[each.value.product or each.name].mode != "observe":
            yield each
