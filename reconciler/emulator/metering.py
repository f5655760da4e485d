"""Calls that a test, a seed or the gateway counts in; kept with the user and product of their subscription out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from reconciler.emulator.service import Service
from reconciler.emulator.usage import Calls


def record(service: Service, said: Mapping[str, Any]) -> None:
    """Count calls; the user and the product are those of the subscription, which must be there."""
    unknown = sorted(
        set(said)
        - {"subscription", "api", "calls", "when", "blocked", "failed", "other", "bandwidth", "product", "traces"}
    )
    if unknown:
        raise ValueError(f"unknown {', '.join(unknown)}")
    name, api = said.get("subscription") or "", said.get("api") or ""
    owner, scope = _holder(service, name) if name else ("", "")
    if api and service.find(("apis",), api) is None:
        raise ValueError(f"no API {api}")
    numbers = {counter: _number(said, counter) for counter in ("blocked", "failed", "other", "bandwidth")}
    service.usage.calls.append(
        Calls(
            _moment(said.get("when"), service),
            name,
            owner.rpartition("/")[2],
            scope.removeprefix(service.id_of("products", "")) if "/products/" in scope else said.get("product") or "",
            api,
            _number(said, "calls"),
            **numbers,
            traces=_traces(said.get("traces") or ()),
        )
    )


def passed(
    service: Service,
    status: int,
    *,
    subscription: str,
    product: str,
    api: str,
    bandwidth: int,
    traces: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Count one call that came through the gateway, by how it was answered; give the moment it is counted at."""
    moment, (owner, _) = _moment(None, service), _holder(service, subscription) if subscription else ("", "")
    counted = {_outcome(status): 1}
    user = owner.rpartition("/")[2]
    told = _traces(traces)
    service.usage.calls.append(
        Calls(moment, subscription, user, product, api, **counted, bandwidth=bandwidth, traces=told)
    )
    return moment


def _outcome(status: int) -> str:
    """Tell the four counters apart as the specification of a report's record does."""
    if status <= HTTPStatus.MOVED_PERMANENTLY or status in {HTTPStatus.NOT_MODIFIED, HTTPStatus.TEMPORARY_REDIRECT}:
        return "success"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}:
        return "blocked"
    is_failed = status == HTTPStatus.BAD_REQUEST or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return "failed" if is_failed else "other"


def _traces(said: object) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(said, Sequence) or not all(isinstance(each, Mapping) for each in said):
        raise ValueError("traces must be a list of objects")
    return tuple(said)


def _moment(said: object, service: Service) -> str:
    """Give a moment as it is compared: to the second, in UTC, without a zone. None is now."""
    if said is None:
        found = datetime.fromtimestamp(service.settings.clock(), UTC)
    elif isinstance(said, datetime):
        found = said
    else:
        found = datetime.fromisoformat(str(said))
    if found.tzinfo is not None:
        found = found.astimezone(UTC)
    return f"{found:%Y-%m-%dT%H:%M:%S}"


def _holder(service: Service, name: str) -> tuple[str, str]:
    subscription = service.find(("subscriptions",), name)
    if subscription is None:
        raise ValueError(f"no subscription {name}")
    return subscription.properties.get("ownerId", ""), subscription.properties["scope"]


def _number(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} must be a number of calls or bytes, not {value!r}")
    return value
