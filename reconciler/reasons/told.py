"""Why a team can use something in; the sentences of it, each with how it stands out, and the document, out."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.approvals import Brought
from reconciler.lives import Life
from reconciler.reasons.why import Reason, Step, Why

_HOW: Final = {"key": "by key", "token": "by token", "portal": "in the portal", "open": "open, asks for no key"}
_TITLES: Final = {"requested": "asked for", "ended": "ended"}
Approvers = Mapping[str, Brought]
"""How each commit came, as GitHub knows, where it was asked."""


def lines(why: Why, team: str, thing: str, root: str, approvers: Approvers) -> Iterator[tuple[int, str]]:
    """Give each sentence, and how far it stands in."""
    yield 0, why.environment
    yield 1, f"{team} {'can' if why.calls else 'cannot'} use {thing}."
    for each in why.reasons:
        yield 1, _what(each)
        yield from ((2, text) for text in _of(each, root, approvers))
    yield from ((1, text) for text in (*why.lacks, *why.ask))


def _what(reason: Reason) -> str:
    access = reason.can.access
    tier = f", tier {access.tier}" if access.tier else ""
    thing = access.thing if access.to.kind == "api" else f"product {access.thing}"
    return f"{_HOW[access.how]}: {thing}{tier}"


def _of(reason: Reason, root: str, approvers: Approvers) -> Iterator[str]:
    access = reason.can.access
    yield f"stands in  {root}/{reason.can.path}:{reason.line}" if reason.can.path else "declared   by nobody: it lives"
    if reason.can.seen != "declared":
        yield f"seen       {'declared and live' if reason.can.seen == 'both' else 'live only'}"
    for name, title in (("reason", "reason"), ("requested_by", "asked by")):
        if said := _said(reason.life, name):
            yield f"{title:<10} {said}"
    for step in reason.steps:
        yield from _step(step, approvers)
    if reason.life is not None:
        yield f"since      {reason.life.since}"
    elif reason.can.path.count("/") > 1 and "/grants/" in reason.can.path:
        yield "since      not known: git has no commit of it yet, or was not asked"
    yield f"until      {access.until or 'it is withdrawn'}"


def _step(step: Step, approvers: Approvers) -> Iterator[str]:
    event = step.event
    number = f", #{event.number}" if event.number else ""
    said = event.revision.subject.removesuffix(f" (#{event.number})") if event.revision else ""
    subject = f": {said}" if said else ""
    who = f" by {', '.join(event.authors)}" if event.authors else ""
    yield f"{_TITLES.get(event.kind, event.kind):<10} {event.day}{who} in {event.commit[:12]}{number}{subject}"
    yield from (f"{'':<10} {text}" for text in event.said)
    yield f"{'approved':<10} {approved(step, approvers)}"


def approved(step: Step, approvers: Approvers) -> str:
    """Say who had to approve it, and who has, or where that is known."""
    if step.first:
        return "it came with the first files: whoever began the repository merged them"
    teams = " and ".join(dict.fromkeys(" or ".join(need.teams) or "nobody who could" for need in step.needs))
    if not teams:
        return "nobody had to"
    number = step.event.number
    if found := approvers.get(step.event.commit):
        who = ", ".join(found.approved) or "nobody"
        where = f"#{found.number} was approved by {who}" if found.number else "no pull request brought it"
        return f"{where}, says GitHub; it needed {teams}"
    if step.approved_by:
        return f"by {', '.join(step.approved_by)}, says its commit; it needed {teams}"
    known = f"who did stands in #{number}: --github asks there" if number else "its commit names no pull request"
    return f"it needed {teams}; {known}"


def document(why: Why, root: str, approvers: Approvers) -> dict[str, Any]:
    """Give the same for machines."""
    return {
        "environment": why.environment,
        "calls": why.calls,
        "by": [_reason(each, root, approvers) for each in why.reasons],
        "why_not": list(why.lacks),
        "ask": list(why.ask),
    }


def _reason(reason: Reason, root: str, approvers: Approvers) -> dict[str, Any]:
    access, life = reason.can.access, reason.life
    return {
        "how": access.how,
        "to": access.thing,
        "apis": list(reason.can.apis),
        "tier": access.tier,
        "seen": reason.can.seen,
        "by": str(reason.can.by),
        "file": f"{root}/{reason.can.path}" if reason.can.path else None,
        "line": reason.line or None,
        "since": str(life.since) if life else None,
        "until": str(access.until) if access.until else None,
        "reason": _said(life, "reason"),
        "requested_by": _said(life, "requested_by"),
        "history": [_event(each, approvers) for each in reason.steps],
    }


def _said(life: Life | None, name: str) -> Any:
    return life.says.get(name) if life else None


def _event(step: Step, approvers: Approvers) -> dict[str, Any]:
    event = step.event
    found = approvers.get(event.commit)
    return {
        "kind": event.kind,
        "day": str(event.day),
        "said": list(event.said),
        "by": list(event.authors),
        "commit": event.commit or None,
        "subject": event.revision.subject if event.revision else None,
        "pull_request": found.number if found else event.number,
        "needed": [{"teams": list(need.teams), "why": need.why} for need in step.needs],
        "approved_by": list(found.approved if found else step.approved_by),
        "approved_says": "GitHub" if found else "the commit" if step.approved_by else None,
    }
