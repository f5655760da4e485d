"""Requests in, each let through when Azure Resource Manager's buckets have room for it, in the order they came.

One limiter serves all tasks of a run. What remains is told by Azure's headers, and between two answers reckoned by the
documented buckets. A `Retry-After` that one request is told is kept by all of them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from typing import Any, Self

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy

from reconciler.budget import BUCKETS, Bucket, Operation

_OPERATIONS: Mapping[str, Operation] = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_TOO_MANY = 429
_TRIES = 8
_MARGIN = 0.01  # seconds: clocks differ, and a request that is early is refused
_AT_ONCE = 20  # requests of one bucket on their way
_WORTH_TELLING = 0.5  # seconds


class Limiter:
    """The share of one principal in one subscription: reads, writes and deletes apart. A POST counts as a write.

    `clock` gives seconds, `sleep` takes them; `tell` hears how far it is and what it waits for.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.tell: Callable[[str], None] = lambda _: None
        self.sent = 0
        self._gates = {name: _Gate(bucket, clock, sleep) for name, bucket in BUCKETS.items()}

    def beside(self) -> Self:
        """Give the limiter of one session more: it shares what there is, and counts and tells for itself."""
        other = copy(self)  # with the same gates
        other.sent, other.tell = 0, lambda _: None
        return other

    async def enter(self, method: str) -> None:
        """Wait until a request may be sent."""
        name = _operation(method)

        def waiting(seconds: float) -> None:
            if seconds > _WORTH_TELLING:
                self.tell(f"{self.sent} requests; waiting {seconds:.0f} s for Azure's limit on {name}")

        await self._gates[name].enter(waiting)
        self.sent += 1
        self.tell(f"{self.sent} requests")

    def leave(self, method: str, headers: Mapping[str, str], *, shut: float = 0) -> None:
        """Learn from an answer what remains, and for how many seconds nobody should come."""
        name = _operation(method)
        self._gates[name].leave(_number(headers.get(f"x-ms-ratelimit-remaining-subscription-{name}")), shut)


class _Gate:
    """One bucket, and those who wait for it."""

    def __init__(self, bucket: Bucket, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._bucket, self._clock, self._sleep = bucket, clock, sleep
        self._tokens, self._filled_at = float(bucket.burst), clock()
        self._unanswered = 0
        self._shut_until = self._filled_at
        self._places = asyncio.Semaphore(_AT_ONCE)  # this and the next wake those who wait in the order they came
        self._turn = asyncio.Lock()

    async def enter(self, waiting: Callable[[float], None]) -> None:
        await self._places.acquire()
        try:
            async with self._turn:
                while (wait := self._wait()) > 0:
                    waiting(wait)
                    await self._sleep(wait)
        except asyncio.CancelledError:
            self._places.release()
            raise
        self._tokens -= 1
        self._unanswered += 1

    def leave(self, remaining: float | None, shut: float) -> None:
        now = self._fill()
        self._places.release()
        self._unanswered -= 1
        if remaining is not None:
            self._tokens = remaining - self._unanswered  # those on their way may not be counted in it
        if shut:
            self._shut_until = max(self._shut_until, now + shut)

    def _wait(self) -> float:
        now = self._fill()
        lacking = 1 - self._tokens
        return max(self._shut_until - now, lacking / self._bucket.per_second + _MARGIN if lacking > 0 else 0)

    def _fill(self) -> float:
        now = self._clock()
        gained = (now - self._filled_at) * self._bucket.per_second
        self._tokens = max(self._tokens, min(self._bucket.burst, self._tokens + gained))
        self._filled_at = now
        return now


class Limited(AsyncHTTPPolicy[Any, Any]):
    """The limiter's place in the official client's pipeline; a 429 is tried again here, and by nobody else."""

    def __init__(self, limiter: Limiter, *, backoff: float) -> None:
        super().__init__()
        self._limiter, self._backoff = limiter, backoff

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send when there is room. Whoever is refused waits with all the others."""
        for attempt in range(_TRIES):
            answer = await self._once(request, self._backoff * 2**attempt)
            if answer.http_response.status_code != _TOO_MANY:
                break
        return answer

    async def _once(self, request: PipelineRequest[Any], pause: float) -> PipelineResponse[Any, Any]:
        method = request.http_request.method
        await self._limiter.enter(method)
        headers: Mapping[str, str] = {}
        shut = 0.0
        try:
            answer = await self.next.send(request)
            headers = answer.http_response.headers
            if answer.http_response.status_code == _TOO_MANY:
                told = _number(headers.get("Retry-After"))
                shut = pause if told is None else told
            return answer
        finally:
            self._limiter.leave(method, headers, shut=shut)


def _operation(method: str) -> Operation:
    return _OPERATIONS.get(method, "writes")


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
