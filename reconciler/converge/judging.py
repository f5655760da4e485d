"""A merge, and declarations before and after it, in; whether it may be applied, or who has not approved it, out.

Only GitHub's word counts: the merged pull request and its reviews, read anew. No check and no comment is believed.
"""

from dataclasses import dataclass
from datetime import date

from reconciler.approvals import Need, needed
from reconciler.converge.merges import Merge, Place
from reconciler.declarations import Declarations
from reconciler.errors import NotApproved, ReconcilerError
from reconciler.github import Repository
from reconciler.history import digest_of_change, fetch, merge_gives
from reconciler.judge import Verdict, judge


@dataclass(frozen=True, slots=True)
class GitHubSide:
    """The repository on GitHub, and what it takes to fetch from it."""

    there: Repository
    token: str | None
    server: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a merge may be applied; `why` says what is missing, `named` are fingerprints that were approved."""

    allowed: bool
    why: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()


def ruling(
    place: Place, side: GitHubSide, merge: Merge, base: Declarations, head: Declarations, *, day: date
) -> Ruling:
    """Judge a merge by what was approved before it, whatever else reached the branch."""
    needs = needed(base, head, day=day)
    if not needs:
        return Ruling(allowed=True)
    if merge.number is None:
        return Ruling(allowed=False, why=(f"{merge.name} came by no pull request", *_all(needs)))
    try:
        request = side.there.pull_request(merge.number)
    except NotApproved as error:  # nobody can know whose request it is: that stops this merge, and no other
        return Ruling(allowed=False, why=(str(error), *_all(needs)))
    head_ref = f"refs/pull/{merge.number}/head"
    fetch(place.repository, head_ref, token=side.token, server=side.server)
    if not merge_gives(place.repository, merge.before, request.head, merge.after, place.folder):
        why = f"what is on the branch since {merge.name} is not what its reviewers saw"
        return Ruling(allowed=False, why=(why, *_all(needs)))
    return _ruled(judge(side.there, request, base, head, day=day, digest=lambda commit: _digest(place, merge, commit)))


def _ruled(verdict: Verdict) -> Ruling:
    if verdict.refusal:
        return Ruling(allowed=False, why=(verdict.refusal,))
    said = verdict.decision
    why = [*_all(said.awaited)]
    why += [f"{login} asks for changes" for login in said.refused_by]
    why += [f"{login}'s approval does not count: it is their own request" for login in said.own]
    why += [f"{login}'s approval was for what this change no longer is" for login in said.outdated]
    return Ruling(allowed=verdict.approved, why=() if verdict.approved else tuple(why), named=verdict.named)


def _all(needs: tuple[Need, ...]) -> list[str]:
    return [f"{' or '.join(need.teams) or 'nobody who could'} has not approved it: {need.why}" for need in needs]


def _digest(place: Place, merge: Merge, commit: str) -> str:
    """Digest what was to be merged at a commit; one that was pushed away is not there any more."""
    try:
        return digest_of_change(place.repository, merge.before, commit, place.folder)
    except ReconcilerError:
        return ""
