"""Policies that tell somebody else in, what they tell counted out; and those that are passed over by name.

Microsoft: "Trace", "Emit custom metrics". Neither needs Application Insights here.
"""

from typing import Final

from reconciler.emulator.gateway.exchange import Exchange
from reconciler.emulator.gateway.journal import Event
from reconciler.emulator.gateway.refusals import NotKnown
from reconciler.emulator.gateway.step import Policies, Policy, Step

PASSED_OVER: Final = frozenset({"cors", "set-backend-service"})  # of browsers, and of which backend: here is one echo


def _trace(step: Step) -> None:
    dimensions = [("severity", step.attribute("severity", "verbose") or "")]
    dimensions += [("message", text) for text in step.texts("message")]
    for each in step.element.findall("metadata"):
        part = step.of(each)
        dimensions.append((part.demanded("name"), part.demanded("value")))
    step.exchange.events.append(Event("trace", step.demanded("source"), tuple(dimensions)))


def _emit_metric(step: Step) -> None:
    value = step.attribute("value", "1") or ""
    try:
        number = float(value)
    except ValueError as error:
        raise NotKnown(f'emit-metric with value="{value}"') from error
    step.attribute("namespace")
    dimensions = tuple(_dimension(step.of(each)) for each in step.element)
    step.exchange.events.append(Event("emit-metric", step.demanded("name"), dimensions, number))


def _dimension(step: Step) -> tuple[str, str]:
    name, value = step.demanded("name"), step.attribute("value")
    if value is None:
        known = _known(step.exchange)
        if name not in known:
            raise NotKnown(f"the dimension {name} without a value")
        value = known[name]
    return name, value


def _known(exchange: Exchange) -> dict[str, str]:
    """Give the dimensions that need no value; there is one region and one gateway, whose names are unverified."""
    admitted = exchange.admitted
    named = {
        "Operation ID": admitted.asked.operation,
        "Product ID": admitted.product,
        "User ID": admitted.user,
        "Subscription ID": admitted.subscription,
    }
    return {
        "API ID": admitted.asked.whole,
        **{name: entity.name if entity else "" for name, entity in named.items()},
        "Location": "local",
        "Gateway ID": "managed",
    }


POLICIES: Final[Policies] = {
    "trace": Policy(_trace, frozenset({"source", "severity"}), frozenset({"message", "metadata"})),
    "emit-metric": Policy(_emit_metric, frozenset({"name", "value", "namespace"}), frozenset({"dimension"})),
}
