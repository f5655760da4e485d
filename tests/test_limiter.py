"""Keeping to Azure Resource Manager's limits: no more than the buckets hold, in order, and one refusal stops all."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from clocked import Clock
from cloud import Cloud
from hypothesis import given
from hypothesis import strategies as st

from reconciler.azure.limiter import Limiter
from reconciler.azure.session import Session
from reconciler.budget import BUCKETS, Budget
from reconciler.emulator import Azure, Settings
from reconciler.errors import Throttled


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> Cloud:
    return Cloud(Azure(Settings(throttle=True, clock=clock)))


def limiter(clock: Clock) -> Limiter:
    return Limiter(clock=clock, sleep=clock.sleep)


def side_by_side(
    cloud: Cloud, shared: Limiter, asks: Iterable[Callable[[Session], Awaitable[Any]]], *, sessions: int = 1
) -> None:
    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            opened = [await stack(cloud, shared) for _ in range(sessions)]
            for number, ask in enumerate(asks):
                group.create_task(ask(opened[number % sessions]))

    async def stack(cloud: Cloud, shared: Limiter) -> Session:
        return await cloud.session(limiter=shared).__aenter__()

    asyncio.run(run())


def a_get(number: int = 0) -> Callable[[Session], Awaitable[Any]]:
    return lambda session: session.get(f"products/p{number}", "reading")


def a_put(number: int = 0) -> Callable[[Session], Awaitable[Any]]:
    return lambda session: session.put(f"groups/g{number}", {"displayName": f"g{number}"}, "writing")


def a_delete(number: int = 0) -> Callable[[Session], Awaitable[Any]]:
    return lambda session: session.delete(f"groups/g{number}", "deleting")


def in_time(took: float, shortest: float) -> bool:
    """What is on its way is not always in what Azure says remains, so a few requests may wait without need."""
    return shortest - 0.1 <= took <= shortest + 0.5


def refused(cloud: Cloud) -> int:
    return sum(entry.status == 429 for entry in cloud.azure.log.entries)


@pytest.mark.parametrize("more", [0, 100])
@pytest.mark.parametrize(("ask", "name"), [(a_get, "reads"), (a_put, "writes"), (a_delete, "deletes")])
def test_what_the_bucket_holds_goes_at_once_and_the_rest_at_its_rate_and_nothing_is_refused(
    cloud: Cloud, clock: Clock, ask: Any, name: str, more: int
) -> None:
    bucket, begun = BUCKETS[name], clock.now  # type: ignore[index]
    side_by_side(cloud, limiter(clock), map(ask, range(bucket.burst + more)))
    assert in_time(clock.now - begun, more / bucket.per_second)
    assert refused(cloud) == 0


def test_sessions_of_one_run_share_what_there_is(cloud: Cloud, clock: Clock) -> None:
    begun = clock.now
    side_by_side(cloud, limiter(clock), map(a_get, range(500)), sessions=4)
    assert in_time(clock.now - begun, 250 / 25)
    assert refused(cloud) == 0


def test_what_another_run_has_used_up_is_learned_from_the_first_answer(cloud: Cloud, clock: Clock) -> None:
    side_by_side(cloud, limiter(clock), map(a_get, range(240)))
    side_by_side(cloud, limiter(clock), map(a_get, range(100)))
    assert refused(cloud) == 0


def test_reads_go_on_while_writes_wait(cloud: Cloud, clock: Clock) -> None:
    order: list[str] = []
    cloud.azure.log.echo = lambda entry: order.append(entry.method)
    side_by_side(cloud, limiter(clock), [*map(a_put, range(260)), *map(a_get, range(40))])
    assert order.index("GET") < 225
    assert refused(cloud) == 0


def test_those_who_wait_are_served_in_the_order_they_came(cloud: Cloud, clock: Clock) -> None:
    order: list[str] = []
    cloud.azure.log.echo = lambda entry: order.append(entry.path.rpartition("/")[2])
    side_by_side(cloud, limiter(clock), map(a_get, range(400)))
    assert order == [f"p{number}" for number in range(400)]


def test_a_retry_after_that_one_is_told_is_kept_by_all(cloud: Cloud, clock: Clock) -> None:
    sent: list[tuple[float, int]] = []
    begun = clock.now
    cloud.azure.log.echo = lambda entry: sent.append((clock.now - begun, entry.status))
    cloud.azure.fault(method="GET", nth=5, status=429, code="TooManyRequests", headers={"Retry-After": "30"})
    side_by_side(cloud, limiter(clock), map(a_get, range(60)))
    early = [status for when, status in sent if when < 30]
    assert early.count(429) == 1
    assert len(early) <= 10  # what was on its way when the refusal came
    assert len(sent) == 61
    assert in_time(clock.now - begun, 30)


def test_a_post_that_is_refused_is_sent_again_although_the_client_would_not(cloud: Cloud, clock: Clock) -> None:
    cloud.azure.fault(method="POST", status=429, code="TooManyRequests")

    async def ask(session: Session) -> None:
        await session._run("POST", "subscriptions/master/listSecrets", "reading keys")  # noqa: SLF001

    side_by_side(cloud, limiter(clock), [ask])
    assert [entry.status for entry in cloud.azure.log.entries] == [429, 200]


def test_a_refusal_without_end_is_said_and_gives_up(cloud: Cloud, clock: Clock) -> None:
    cloud.azure.fault(method="GET", times=None, status=429, code="TooManyRequests", headers={"Retry-After": "5"})
    with pytest.raises(ExceptionGroup) as caught:
        side_by_side(cloud, limiter(clock), [a_get()])
    assert caught.group_contains(Throttled, match="reading: 429 TooManyRequests")
    assert refused(cloud) == 8


def test_long_waits_are_told_and_short_ones_are_not(cloud: Cloud, clock: Clock) -> None:
    told: list[str] = []
    cloud.azure.fault(method="GET", nth=2, status=429, headers={"Retry-After": "7"})
    telling = limiter(clock)
    telling.tell = told.append
    side_by_side(cloud, telling, map(a_get, range(200)))
    assert [text for text in told if "waiting" in text] == ["2 requests; waiting 7 s for Azure's limit on reads"]
    assert told[-1] == "201 requests"


@given(st.builds(Budget, st.integers(0, 50_000), st.integers(0, 50_000), st.integers(0, 50_000)))
def test_the_time_a_budget_names_is_the_shortest_that_the_buckets_allow(budget: Budget) -> None:
    def fits(seconds: int) -> bool:
        return all(
            getattr(budget, each) <= bucket.burst + bucket.per_second * seconds for each, bucket in BUCKETS.items()
        )

    assert fits(budget.seconds)
    assert budget.seconds == 0 or not fits(budget.seconds - 1)
