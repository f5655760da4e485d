"""A key, a limit and a moment in, whether one call more is too many, and how long to wait, out."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

_LONGEST: Final = 300.0  # seconds: the longest renewal period of a rate


@dataclass(slots=True)
class _Rate:
    """Calls of the last five minutes: one list for each key, whatever the periods that look at it."""

    moments: deque[float] = field(default_factory=deque)


@dataclass(slots=True)
class _Quota:
    begin: float = -math.inf
    calls: float = 0


class Counters:
    """All counters of one service. They are not kept in a state file, as Azure loses rates with a restart, too."""

    def __init__(self) -> None:
        self._rates: dict[str, _Rate] = {}
        self._quotas: dict[str, _Quota] = {}

    def rate(self, key: str, period: float, now: float) -> int:
        """Count the calls in the sliding window that ends now (classic tiers; the v2 tiers have a token bucket)."""
        rate = self._rates.setdefault(key, _Rate())
        while rate.moments and rate.moments[0] <= now - _LONGEST:
            rate.moments.popleft()
        return sum(moment > now - period for moment in rate.moments)

    def wait(self, key: str, period: float, limit: int, now: float) -> int:
        """Say in how many seconds there is room for one call again."""
        inside = [moment for moment in self._rates[key].moments if moment > now - period]
        leaves = inside[len(inside) - limit] if 0 < limit <= len(inside) else now
        return max(1, math.ceil(leaves + period - now))

    def add_to_rate(self, key: str, now: float, number: int = 1) -> None:
        self._rates.setdefault(key, _Rate()).moments.extend([now] * number)

    def quota(self, key: str, period: float, start: float, now: float) -> float:
        """Count the calls in the fixed window that now is in; windows begin at `start`, and period 0 has no end."""
        begin = start + (now - start) // period * period if period else start
        quota = self._quotas.setdefault(key, _Quota())
        if quota.begin != begin:
            quota.begin, quota.calls = begin, 0
        return quota.calls

    def replenished(self, key: str, period: float, now: float) -> int:
        """Say in how many seconds the window ends; one without end is told as 0, which is unverified."""
        return max(1, math.ceil(self._quotas[key].begin + period - now)) if period else 0

    def add_to_quota(self, key: str, number: int = 1) -> None:
        self._quotas[key].calls += number
