"""Statements in their order in, each policy run out; what is not known, and what is refused, is told with its place."""

from collections.abc import Mapping
from typing import Final

from reconciler.emulator.gateway.backend import POLICIES as BACKEND
from reconciler.emulator.gateway.documents import Element, Statement, fragment, numbered
from reconciler.emulator.gateway.exchange import Exchange
from reconciler.emulator.gateway.policies.answers import POLICIES as ANSWERS
from reconciler.emulator.gateway.policies.filters import POLICIES as FILTERS
from reconciler.emulator.gateway.policies.limits import POLICIES as LIMITS
from reconciler.emulator.gateway.policies.telling import PASSED_OVER
from reconciler.emulator.gateway.policies.telling import POLICIES as TELLING
from reconciler.emulator.gateway.policies.tokens import POLICIES as TOKENS
from reconciler.emulator.gateway.refusals import NotKnown, Refused
from reconciler.emulator.gateway.step import Policy, Step, refuse_other


def run(exchange: Exchange, statements: list[Statement]) -> None:
    for statement in statements:
        _run(Step(statement.element, exchange, statement.scope, statement.path))


def _run(step: Step) -> None:
    name = step.element.tag
    try:
        if name in PASSED_OVER:
            step.exchange.passed_over.append(name)
            return
        if name not in _KNOWN:
            raise NotKnown(f"the policy {name}")
        refuse_other(step, _KNOWN[name])
        _KNOWN[name].run(step)
    except NotKnown as unknown:
        unknown.place = unknown.place or _place(step)
        raise
    except Refused as refused:
        if not refused.path:
            refused.scope, refused.section, refused.path = step.scope, step.exchange.section, step.path
            refused.policy_id = step.element.get("id", "")
        raise


def _place(step: Step) -> str:
    """Say where, such as `product orders, inbound/choose[1]/when[2]/foo[1]`."""
    admitted = step.exchange.admitted
    named = {
        "operation": admitted.asked.operation,
        "api": admitted.asked.api,
        "product": admitted.product,
        "global": None,
    }
    entity = named.get(step.scope)
    owner = f"{step.scope} {entity.name}" if entity else "all APIs"
    return f"{owner}, {step.exchange.section}/{step.path}"


def _choose(step: Step) -> None:
    """Run the first branch whose condition holds, else `otherwise`."""
    for branch, path in numbered(list(step.element)):
        part = Step(branch, step.exchange, step.scope, f"{step.path}/{path}")
        if branch.tag == "otherwise" or part.flag("condition", default=False):
            _inside(part, list(branch), part.path)
            return


def _include(step: Step) -> None:
    """Run what the fragment holds, as if it stood here (Microsoft: "Include fragment")."""
    name = step.demanded("fragment-id")
    held = fragment(step.exchange.service, name)
    if held is None:
        raise NotKnown(f"the fragment {name}")
    _inside(step, held, f"{step.path} {name}")


def _inside(step: Step, elements: list[Element], path: str) -> None:
    for element, part in numbered(elements):
        _run(Step(element, step.exchange, step.scope, f"{path}/{part}"))


_KNOWN: Final[Mapping[str, Policy]] = {
    **BACKEND,
    **ANSWERS,
    **FILTERS,
    **LIMITS,
    **TELLING,
    **TOKENS,
    "choose": Policy(_choose, children=frozenset({"when", "otherwise"})),
    "include-fragment": Policy(_include, frozenset({"fragment-id"})),
}
