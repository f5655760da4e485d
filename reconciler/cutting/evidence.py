"""What was ordered and what became of it in; the record of it, and the pull request's words, out."""

import re
from collections.abc import Sequence
from typing import Any

from reconciler.cutting.acting import Acted, Order
from reconciler.report.markdown import inert
from reconciler.report.story import tell
from reconciler.report.tables import fitting, table

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_HEAD = ("change", "result", "Azure's correlation ids")


def record(order: Order, acted: Acted, *, lifted: bool, who: str | None, when: str) -> dict[str, Any]:
    """Give the outcome record. Azure's activity log knows by the correlation ids who wrote."""
    plan = acted.cut.plan
    return {
        "format": 1,
        "environment": order.environment,
        "service": plan.target.service,
        "what": str(order.what),
        "did": "lifted" if lifted else "cut",
        "who": who,
        "reason": order.reason,
        "when": when,
        "remembered": not acted.forgotten,
        "not_remembered_because": acted.forgotten or None,
        "found": [str(each.address) for each in acted.cut.found],
        "left": list(acted.cut.left),
        "missed": list(acted.cut.missed),
        "not_given_back": list(acted.cut.lost),
        "access": [line.text for line in tell(plan).access],
        "changes": [
            {
                "address": str(each.change.address),
                "action": each.change.action,
                "result": each.result,
                "because": each.because,
                "requests": list(each.requests),
            }
            for each in acted.outcomes
        ],
    }


def branch(order: Order) -> str:
    """Name the branch: one for each thing that is cut off in an environment."""
    return "access/cut-" + _UNSAFE.sub("-", f"{order.environment}-{order.what.what}-{order.what.name}")


def title(order: Order) -> str:
    """Name the pull request."""
    return f"Cut: {order.what} in {order.environment}"


def body(order: Order, acted: Acted, *, who: str | None, when: str, by_hand: Sequence[str]) -> str:
    """Tell owners what was done, and what they can do."""
    by = f" by {inert(who)}" if who else ""
    head = [
        f"**Access was cut off** in {inert(order.environment)}{by}, {when}: {inert(str(order.what))}.",
        f"Why: {inert(order.reason)}",
    ]
    left = [*([f"To be changed by hand: {', '.join(by_hand)}."] if by_hand else []), *acted.cut.missed, *acted.cut.left]
    foot = [_APPROVE, _MISTAKE.format(lift=f"--environment {order.environment} --lift '{order.what}'".replace("`", ""))]
    foot += [f"Not ended by this: {inert(' '.join(left))}"] if left else []
    foot += [f"Not given back by a lift: {inert(' '.join(acted.cut.lost))}"] if acted.cut.lost else []
    return fitting(lambda most: "\n\n".join([*head, *_done(acted, most), *foot]))


_APPROVE = (
    "**Approve this to keep it so.** The keys stay, suspended; when a `suspended:` line goes again, with approval, its "
    "key and its clients open as before. Once this is merged, the service need not hold it by hand any more."
)
_MISTAKE = "**Was it a mistake?** Close this, and run `reconciler cut {lift}`: what is approved comes back at once."


def _done(acted: Acted, most: int) -> list[str]:
    access = [f"- `{line.sign}` {inert(line.text)}" for line in tell(acted.cut.plan).access]
    more = [f"- and {len(access) - most} more"] * (len(access) > most)
    rows = [(str(each.change.address), each.result, " ".join(each.requests)) for each in acted.outcomes]
    said = "\n".join(access[:most] + more) or "Nothing was open when it was cut off."
    return [said, table(_HEAD, rows, most=most)] if rows else [said]
