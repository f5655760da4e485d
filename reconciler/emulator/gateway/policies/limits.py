"""Policies that limit calls in, a count that goes up or the refusal out: 429 of a rate, 403 of a quota.

Microsoft: "Limit call rate by key", "Limit call rate by subscription", "Set usage quota by key", "Set usage quota by
subscription". Those by subscription apply only to calls with a key. One counter stands behind a key, at whatever scope;
one call adds to it once (said of quotas, unverified of rates), and a refused call adds nothing (unverified).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from reconciler.emulator.gateway.members import text_of
from reconciler.emulator.gateway.refusals import NotKnown, Refused
from reconciler.emulator.gateway.step import Policies, Policy, Step

_LONGEST_RATE: Final = 300
_SHORTEST_QUOTA: Final = 300
_BEGIN: Final = datetime(1, 1, 1, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CONDITIONS: Final = frozenset({"increment-condition", "increment-count"})
_HEADERS: Final = frozenset(
    {
        "retry-after-header-name",
        "retry-after-variable-name",
        "remaining-calls-header-name",
        "remaining-calls-variable-name",
        "total-calls-header-name",
    }
)


@dataclass(frozen=True, slots=True)
class _Limit:
    """So many calls in a period, counted under a key."""

    key: str
    calls: int
    period: int


def _rate_by_key(step: Step) -> None:
    _rate(step, step.demanded("counter-key"))


def _rate_of_subscription(step: Step) -> None:
    if (key := _subscription(step)) is not None:
        _rate(step, key)


def _rate(step: Step, key: str) -> None:
    limit = _Limit(f"{_kind(step)} {key}", step.number("calls"), step.number("renewal-period"))
    if not 1 <= limit.period <= _LONGEST_RATE:
        raise NotKnown(f"{step.element.tag} with renewal-period {limit.period}: at most {_LONGEST_RATE} seconds")
    exchange = step.exchange
    used = exchange.counters.rate(limit.key, limit.period, exchange.now) - _own(step, limit)
    if total := step.attribute("total-calls-header-name"):
        exchange.added.put(total, [str(limit.calls)])
    if used >= limit.calls:
        _remaining(step, 0)
        raise _too_fast(step, limit)
    _remaining(step, limit.calls - int(used) - 1)
    _count(step, limit, lambda number: exchange.counters.add_to_rate(limit.key, exchange.now, number))


def _too_fast(step: Step, limit: _Limit) -> Refused:
    exchange = step.exchange
    wait = exchange.counters.wait(limit.key, limit.period, limit.calls, exchange.now)
    if variable := step.attribute("retry-after-variable-name"):
        exchange.variables[variable] = wait
    header = step.attribute("retry-after-header-name", "Retry-After") or ""
    told = f"Rate limit is exceeded. Try again in {wait} seconds."
    reason = "RateLimitExceeded"
    return Refused(429, step.element.tag, reason, "Rate limit is exceeded", told=told, headers={header: str(wait)})


def _remaining(step: Step, number: int) -> None:
    if header := step.attribute("remaining-calls-header-name"):
        step.exchange.added.put(header, [str(number)])
    if variable := step.attribute("remaining-calls-variable-name"):
        step.exchange.variables[variable] = number


def _quota_by_key(step: Step) -> None:
    start = step.attribute("first-period-start")
    _quota(step, step.demanded("counter-key"), _moment(start) if start else _BEGIN)


def _quota_of_subscription(step: Step) -> None:
    """Windows begin with the subscription."""
    key, subscription = _subscription(step), step.exchange.admitted.subscription
    if key is not None and subscription is not None:
        _quota(step, key, _moment(subscription.properties["createdDate"]))


def _quota(step: Step, key: str, start: datetime) -> None:
    limit = _Limit(f"{_kind(step)} {key}", step.number("calls"), step.number("renewal-period"))
    if 0 < limit.period < _SHORTEST_QUOTA:
        raise NotKnown(f"{step.element.tag} with renewal-period {limit.period}: at least {_SHORTEST_QUOTA} seconds")
    exchange = step.exchange
    begin = (start - _EPOCH).total_seconds()
    used = exchange.counters.quota(limit.key, limit.period, begin, exchange.now) - _own(step, limit)
    if used >= limit.calls:
        wait = exchange.counters.replenished(limit.key, limit.period, exchange.now)
        message = f"Out of call volume quota. Quota will be replenished in {_span(wait)}."
        raise Refused(403, step.element.tag, "QuotaExceeded", message, headers={"Retry-After": str(wait)})
    _count(step, limit, lambda number: exchange.counters.add_to_quota(limit.key, number))


def _count(step: Step, limit: _Limit, add: Callable[[int], None]) -> None:
    """Add at once; with a condition, or a count that is an expression, when all else is done."""
    exchange, mark = step.exchange, (_kind(step), limit.key)

    def counted() -> None:
        if mark not in exchange.counted and step.flag("increment-condition", default=True):
            exchange.counted.add(mark)
            add(step.number("increment-count", "1"))

    if any("@" in step.element.get(name, "") for name in _CONDITIONS):
        exchange.late.append(counted)
    else:
        counted()


def _own(step: Step, limit: _Limit) -> int:
    """Say what this call added to the counter itself, at another scope."""
    return int((_kind(step), limit.key) in step.exchange.counted)


def _kind(step: Step) -> str:
    return step.element.tag


def _subscription(step: Step) -> str | None:
    """Name the counter of a subscription at one scope: a product's and an API's limits count apart."""
    admitted = step.exchange.admitted
    if admitted.subscription is None:
        return None
    place = {"product": admitted.product, "api": admitted.asked.api, "operation": admitted.asked.operation}
    entity = place.get(step.scope)
    return f"{step.scope} {'/'.join(entity.segments) if entity else ''} {admitted.subscription.name}"


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text_of(text))
    except ValueError as error:
        raise NotKnown(f"the moment {text!r}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _span(seconds: int) -> str:
    """Write as .NET does: 00:05:00, and 14.07:13:56 for what is longer than a day."""
    span = timedelta(seconds=seconds)
    rest = seconds % 86_400
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    return f"{span.days}.{clock}" if span.days else clock


POLICIES: Final[Policies] = {
    "rate-limit-by-key": Policy(
        _rate_by_key, frozenset({"calls", "renewal-period", "counter-key"}) | _CONDITIONS | _HEADERS
    ),
    "rate-limit": Policy(_rate_of_subscription, frozenset({"calls", "renewal-period"}) | _HEADERS),
    "quota-by-key": Policy(
        _quota_by_key, frozenset({"calls", "renewal-period", "counter-key", "first-period-start"}) | _CONDITIONS
    ),
    "quota": Policy(_quota_of_subscription, frozenset({"calls", "renewal-period"})),
}
