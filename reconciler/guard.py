"""A plan and the environment's limits in; nothing, or UnsafePlan where it takes too much or is gone around, out."""

from collections import Counter

from reconciler.errors import UnsafePlan
from reconciler.plan import Plan

_SHOWN = 5
_ASKED_FOR = frozenset({"expired", "revoked", "cut off"})


def guard(plan: Plan, *, percent: int, at_least: int) -> None:
    """Refuse a plan that takes away too much, and one that puts rules into force which others go around."""
    limit_removals(plan, percent=percent, at_least=at_least)
    if ways := gone_around(plan):
        raise UnsafePlan(
            f"{plan.target.environment}: {ways}. If it is meant as it is: "
            f"reconciler apply --environment {plan.target.environment} --allow {plan.fingerprint}"
        )


def gone_around(plan: Plan) -> str:
    """Say in which ways others go around rules that would come into force, and what can be done; or nothing."""
    if not plan.refused:
        return ""
    ways = "; ".join(f"{way.product}: {way.why} ({way.name})" for way in plan.refused[:_SHOWN])
    more = f" and {len(plan.refused) - _SHOWN} more" if len(plan.refused) > _SHOWN else ""
    return (
        f"rules would come into force that others go around: {ways}{more}. End those ways; or let `enforce_at: api` "
        f"hold them, too; or have the product live with them: `accepts: [{plan.refused[0].name}]`"
    )


def limit_removals(plan: Plan, *, percent: int, at_least: int) -> None:
    """Refuse removals, cascades included, above `percent` of what an owner declares of a kind; few are never refused.

    What ends by its own declared date, was already revoked or is cut off was asked for and does not count.
    """
    removed = removals(plan)
    too_many = [
        f"{number} of {declared} {kind}s of {owner or 'nobody'}"
        for (kind, owner), number in sorted(removed.items())
        if number >= at_least
        and number * 100 > percent * (declared := max(plan.declared.get((kind, owner), 0), number))
    ]
    if too_many:
        raise UnsafePlan(
            f"{plan.target.environment}: this plan would remove {', '.join(too_many)}; the limit is {percent} percent, "
            f"and fewer than {at_least} are never refused. If it is meant: "
            f"reconciler apply --environment {plan.target.environment} --allow {plan.fingerprint}"
        )


def removals(plan: Plan) -> Counter[tuple[str, str]]:
    """Count what the plan takes away that nobody asked for, by kind and owner."""
    gone = {
        address
        for change in plan.written.changes
        for address in (change.address, *(resource.address for resource in change.cascades))
        if address in plan.why and plan.why[address] not in _ASKED_FOR
    }
    return Counter((address.kind, plan.owners.get(address, "")) for address in gone)
