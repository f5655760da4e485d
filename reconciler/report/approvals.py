"""What must be approved and what was in; who is awaited and who has approved, as lines, Markdown or JSON, out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.approvals import Decision, Need
from reconciler.report.markdown import LIMIT, fit, inert

NOBODY = "Nobody needs to approve this: nothing changes that is anybody's."
_NO_PLATFORM_TEAM = (
    "Nobody can approve this: guardrails.yaml must name a `platform_team` that is a team; merge that first."
)


@dataclass(frozen=True, slots=True)
class Approvals:
    """`who` says who reviews for each team, `root` names the folder; without a pull request nothing is decided.

    `refusal` says why nobody's approval can count.
    """

    needs: tuple[Need, ...]
    who: Mapping[str, str]
    root: str
    decision: Decision | None = None
    refusal: str = ""

    @property
    def met(self) -> Mapping[Need, str]:
        """Who met each need."""
        return dict(self.decision.met) if self.decision else {}


def lines(said: Approvals) -> Iterator[str]:
    """Give who decides, and under it, indented, what there is to decide and who has approved it."""
    by_judges: dict[tuple[str, ...], list[Need]] = {}
    for need in said.needs:
        by_judges.setdefault(need.teams, []).append(need)
    for teams, theirs in sorted(by_judges.items()):
        yield _judges(teams, said)
        for need in theirs:
            by = f": approved by {said.met[need]}" if need in said.met else ""
            yield f"  {need.why}  ({said.root}/{need.path}){by}"
    if not said.needs:
        yield NOBODY


def document(said: Approvals) -> str:
    """Give it for machines."""
    rows = [
        {"teams": need.teams, "why": need.why, "file": f"{said.root}/{need.path}", "approved_by": said.met.get(need)}
        for need in said.needs
    ]
    return json.dumps({"approved": said.decision and said.decision.approved, "needed": rows}, indent=2)


def markdown(said: Approvals, *, limit: int = LIMIT) -> str:
    """Write the part of a comment: who is awaited first, then who has approved; nobody is mentioned by it."""
    title = "### Approvals\n\n"
    if not said.needs:
        return f"{title}{NOBODY}\n"
    if said.decision is None:
        return fit((title, [_awaited(need, "Needed", said) for need in said.needs], ""), limit)
    if said.decision.approved:
        title += "Everybody who must has approved.\n\n"
    rows = [f"- :no_entry: {inert(said.refusal)}\n"] if said.refusal else []
    rows += [_awaited(need, "Awaited", said) for need in said.decision.awaited]
    rows += [f"- :warning: {inert(line)}\n" for line in _not_counted(said.decision)]
    rows += [
        f"- :white_check_mark: **{inert(login)}** approved: {inert(f'{need.why} ({said.root}/{need.path})')}\n"
        for need, login in said.decision.met
    ]
    return fit((title, rows, ""), limit)


def missing(said: Approvals) -> tuple[str, ...]:
    """Say who is still awaited, and whose word does not count."""
    if said.decision is None:
        return ()
    awaited = (f"Awaited: {_because(need, said)} ({need.path})" for need in said.decision.awaited)
    return (*filter(None, [said.refusal]), *awaited, *_not_counted(said.decision))


def _judges(teams: tuple[str, ...], said: Approvals) -> str:
    if not teams:
        return _NO_PLATFORM_TEAM
    return "One of " * (len(teams) > 1) + ", or ".join(f"{team} ({said.who[team]})" for team in teams)


def _because(need: Need, said: Approvals) -> str:
    return f"{_judges(need.teams, said)}, because {need.why}"


def _awaited(need: Need, word: str, said: Approvals) -> str:
    because = _because(need, said).replace("@", "")  # named, and not called
    return f"- :hourglass: **{word}**: {inert(f'{because} ({said.root}/{need.path})')}\n"


def _not_counted(decision: Decision) -> tuple[str, ...]:
    return (
        *(f"{login} asks for changes." for login in decision.refused_by),
        *(f"{login}'s approval does not count: it is their own request." for login in decision.own),
        *(f"{login}'s approval was for what this change no longer is." for login in decision.outdated),
    )
