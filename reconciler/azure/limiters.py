"""Where Resource Manager is and a subscription in; the limiter of a session with a service there out.

Azure fills a bucket for each principal in each subscription. One process has one identity in a tenant, and a
subscription is in one tenant: so sessions of one subscription share what there is, and others have their own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from reconciler.azure.limiter import Limiter


class Limiters:
    """The limiters of one run."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._shared: dict[tuple[str, str], Limiter] = {}

    def of(self, endpoint: str, subscription: str) -> Limiter:
        """Give a session its limiter. Azure does not tell capitals apart."""
        key = (endpoint.rstrip("/").lower(), subscription.lower())
        if key not in self._shared:
            self._shared[key] = Limiter(clock=self._clock, sleep=self._sleep)
        return self._shared[key].beside()
