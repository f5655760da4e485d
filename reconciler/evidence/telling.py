"""A grant's life with all that is known of it in; the row of the grant, and the row of each event, out."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.declarations import Reviewed
from reconciler.evidence.applying import Applied
from reconciler.evidence.asked import Period
from reconciler.evidence.judging import Judged
from reconciler.evidence.rows import Row
from reconciler.lives import Life
from reconciler.usage import Seen

_HOW = {"key": "key", "clients": "token", "portal": "portal"}


@dataclass(frozen=True, slots=True)
class Story:
    """A life; `judged` and `applied` stand beside its events, one for one."""

    name: str
    life: Life
    owner: str
    judged: tuple[Judged, ...]
    applied: tuple[Applied | None, ...]
    used: Seen | None


def grant_row(story: Story) -> Row:
    """Tell the grant as it is at the end, with how it was asked for, approved and applied first."""
    life, first, applied = story.life, story.judged[0], story.applied[0]
    says, used = life.says, story.used.used if story.used else None
    reviewed: Reviewed | None = says.get("reviewed")
    return {
        "grant_id": story.name,
        "environment": life.environment,
        "team": life.team,
        "grant": life.grant,
        "product": life.product,
        "opens": f"{life.to.kind} {life.to.name[0]}",
        "apis": _joined(life.apis),
        "how": _joined(word for name, word in _HOW.items() if says.get(name)),
        "tier": says.get("tier"),
        "owner": story.owner,
        "reason": says.get("reason"),
        "component": says.get("component"),
        "asked_by": says.get("requested_by") or _joined(life.events[0].authors),
        "since": str(life.since),
        "until": str(life.until) if life.until else None,
        "ended": str(life.ended) if life.ended else None,
        "end": "; ".join(life.events[-1].said) if life.ended else None,
        **_approval(first),
        "applied": applied.result if applied else None,
        "fingerprint": applied.fingerprint if applied else None,
        "correlation_ids": _joined(applied.requests) if applied else None,
        "use": str(story.used) if story.used else None,
        "last_call": str(used.last) if used and used.last else None,
        "calls": used.calls if used else None,
        "errors": used.errors if used else None,
        "reviewed_by": reviewed.by if reviewed else None,
        "reviewed_on": str(reviewed.on) if reviewed else None,
        "changes": sum(event.kind not in ("requested", "ended") for event in life.events),
        "file": life.path,
    }


def event_row(story: Story, index: int, period: Period) -> Row:
    """Tell what happened, who had to approve it, who did, and how it was applied."""
    event, judged, applied = story.life.events[index], story.judged[index], story.applied[index]
    return {
        "grant_id": story.name,
        "in_period": period.holds(event.day),
        "day": str(event.day),
        "kind": event.kind,
        "said": "; ".join(event.said) or None,
        "by": _joined(event.authors),
        "commit": event.commit or None,
        "pull_request": judged.number or event.number,
        "subject": event.revision.subject if event.revision else None,
        "needed": "; ".join(f"{' or '.join(need.teams) or 'nobody who could'}: {need.why}" for need in judged.needs)
        or None,
        **_approval(judged),
        "applied": applied.result if applied else None,
        "applied_says": applied.says if applied else None,
        "applied_when": applied.when if applied else None,
        "fingerprint": applied.fingerprint if applied else None,
        "correlation_ids": _joined(applied.requests) if applied else None,
        "file": event.path,
        "line": event.line,
    }


def _approval(judged: Judged) -> Row:
    return {
        "approval": judged.verdict,
        "approved_by": _joined(judged.by),
        "approval_says": judged.says or None,
        "entitled": _joined(f"{login} for {team}" for login, team in judged.entitled),
    }


def _joined(texts: Iterable[str]) -> str | None:
    return ", ".join(texts) or None
