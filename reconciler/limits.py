"""`100 per minute` in, calls and seconds out, and back: what API Management would refuse is refused here in words."""

import re
from dataclasses import dataclass
from typing import Any

# Microsoft's pages on rate-limit-by-key and quota-by-key, 2024 to 2026: a rate's window has at most 300 seconds, a
# quota's at least 300 (0 never ends, and is not offered). A number that does not fit 32 bits: unverified, refused.
LONGEST_RATE = 300
SHORTEST_QUOTA = 300
MOST = 2**31 - 1

_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_FORM = re.compile(r"([0-9]+) per (?:([0-9]+) )?([a-z]+)")
_EXAMPLES = "write a number of calls per time, such as `100 per minute` or `100000 per 30 days`"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in so many seconds."""

    calls: int
    seconds: int


def rate(text: Any) -> Limit:
    """Read a rate: answered with 429 above it, over a window that slides."""
    limit = _limit(text)
    if limit.seconds > LONGEST_RATE:
        raise ValueError(
            f"`{text}`: a rate counts over at most {LONGEST_RATE} seconds (5 minutes); for longer times write a quota"
        )
    return limit


def quota(text: Any) -> Limit:
    """Read a quota: answered with 403 above it, until its period ends."""
    limit = _limit(text)
    if limit.seconds < SHORTEST_QUOTA:
        raise ValueError(
            f"`{text}`: a quota counts over at least {SHORTEST_QUOTA} seconds (5 minutes); "
            "for shorter times write a rate"
        )
    return limit


def words(limit: Limit) -> str:
    """Write a limit in the longest unit that fits: what `rate` and `quota` read again."""
    unit, length = next((unit, length) for unit, length in reversed(_SECONDS.items()) if limit.seconds % length == 0)
    number = limit.seconds // length
    return f"{limit.calls} per {unit}" if number == 1 else f"{limit.calls} per {number} {unit}s"


def _limit(text: Any) -> Limit:
    match = _FORM.fullmatch(text) if isinstance(text, str) and text.isascii() else None
    if match is None:
        raise ValueError(_EXAMPLES)
    calls, number, unit = int(match[1][:20]), int((match[2] or "1")[:20]), match[3]
    if unit in ("month", "months", "year", "years"):
        raise ValueError(
            f"`{text}`: API Management counts seconds, and no {unit.removesuffix('s')} has a fixed number; "
            "write `30 days`"
        )
    length = _SECONDS.get(unit.removesuffix("s"))
    if length is None or (unit.endswith("s") and match[2] is None):
        raise ValueError(
            f"`{text}`: {_EXAMPLES}; the units are {', '.join(_SECONDS)}, and their plurals after a number"
        )
    limit = Limit(calls, number * length)
    if not 1 <= limit.calls <= MOST:
        raise ValueError(f"`{text}`: the number of calls is from 1 to {MOST}; access that allows no call is no access")
    if not 1 <= limit.seconds <= MOST:
        raise ValueError(f"`{text}`: the time is from 1 second to {MOST} seconds")
    return limit
