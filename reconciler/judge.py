"""A pull request from GitHub and the declarations before and after it in; who approved it and who is awaited, out."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from reconciler.approvals import Decision, Need, Review, asks_for_more, decide, needed, nobody_asks, requesters
from reconciler.declarations import Declarations
from reconciler.github import PullRequest, Repository

_FINGERPRINT = re.compile(r"\b[0-9a-f]{16}\b")
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`refusal` says why nobody's approval can count; `named` are fingerprints that whoever approved wrote down."""

    needs: tuple[Need, ...] = ()
    decision: Decision = field(default_factory=Decision)
    refusal: str = ""
    named: frozenset[str] = frozenset()

    @property
    def approved(self) -> bool:
        """Whether everybody has approved who must."""
        return self.decision.approved and not self.refusal


def judge(
    on_github: Repository,
    request: PullRequest,
    base: Declarations,
    head: Declarations,
    *,
    day: date,
    digest: Callable[[str], str],
) -> Verdict:
    """Judge by who owned what at `base`. `digest` stands for what a commit changes, empty where it is not known."""
    needs = needed(base, head, day=day)
    if not needs:
        return Verdict()
    if request.strangers:
        return Verdict(needs, Decision(awaited=needs), _STRANGER.format(request.strangers[0]))
    if request.by_robot and (silent := nobody_asks(base, head)):
        return Verdict(needs, Decision(awaited=needs), _SILENT.format(silent[0]))
    if request.by_robot and asks_for_more(base, head):
        return Verdict(needs, Decision(awaited=needs), _MORE)
    latest = {said.login: said for said in request.reviews}
    digests = {commit: digest(commit) for commit in {request.head, *(said.commit for said in latest.values())}}
    reviews = [
        Review(said.login, said.state == "APPROVED", digests[said.commit])
        for said in latest.values()
        if said.state != "DISMISSED"
    ]
    decision = decide(
        needs,
        reviews,
        {team: _members(team, base, on_github) for team in sorted({team for need in needs for team in need.teams})},
        requesters=requesters({request.author, *request.people}, request.messages, base, head),
        digest=digests[request.head] or _UNKNOWN,
    )
    approved_by = {login for _, login in decision.met}
    bodies = (said.body for said in latest.values() if said.login in approved_by)
    return Verdict(needs, decision, named=frozenset(each for body in bodies for each in _FINGERPRINT.findall(body)))


_STRANGER = (
    "Nobody on GitHub is behind commit {}, so nobody knows whose request this is: "
    "commit again with an e-mail address of your account."
)
_SILENT = "{}: a robot asks here; `requested_by:` must say for whom."
_MORE = "A robot asks here for more than grants, and no file says whose request that is: a person has to ask for it."


def _members(team: str, base: Declarations, on_github: Repository) -> frozenset[str]:
    """Read who reviewed for a team before the change: a change does not choose its own judges."""
    says = base.teams[team].value
    return frozenset(says.reviewers or ()) | (on_github.members(says.github) if says.github else frozenset())
