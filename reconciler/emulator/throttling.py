"""Who asks for what in; what is left of the token bucket out, or Azure's 429 with Retry-After.

ARM's buckets per subscription, principal and type (Microsoft's page on throttling): reads 250 + 25/s, writes 200 +
10/s, deletes 200 + 10/s. POST counts as a write (recorded: listSecrets). The code and text of the 429 are unverified.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.emulator.errors import AzureError
from reconciler.emulator.settings import Settings


@dataclass(frozen=True, slots=True)
class _Size:
    burst: int
    per_second: int


_SIZES: Mapping[str, _Size] = {"reads": _Size(250, 25), "writes": _Size(200, 10), "deletes": _Size(200, 10)}
_KINDS: Mapping[str, str] = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Throttling:
    """The buckets of every principal."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def take(self, method: str, *, principal: str, subscription: str) -> dict[str, str]:
        """Take one token and give the header that tells what remains; without throttling the bucket stays full."""
        kind = _KINDS.get(method, "writes")
        size, header = _SIZES[kind], f"x-ms-ratelimit-remaining-subscription-{kind}"
        if not self._settings.throttle:
            return {header: str(size.burst - 1)}
        bucket = self._filled((principal, subscription.lower(), kind), size)
        if bucket.tokens < 1:
            wait = str(math.ceil((1 - bucket.tokens) / size.per_second))
            raise AzureError(
                429,
                "TooManyRequests",
                f"The request is being throttled as the limit has been reached for operation type - {kind}."
                f" Please try again after {wait} seconds.",
                headers={"Retry-After": wait, header: "0"},
            )
        bucket.tokens -= 1
        return {header: str(int(bucket.tokens))}

    def _filled(self, key: tuple[str, str, str], size: _Size) -> _Bucket:
        now = self._settings.clock()
        bucket = self._buckets.setdefault(key, _Bucket(size.burst, now))
        bucket.tokens = min(size.burst, bucket.tokens + (now - bucket.filled_at) * size.per_second)
        bucket.filled_at = now
        return bucket
