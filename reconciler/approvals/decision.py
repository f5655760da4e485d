"""Needs, reviews and who is in which team in; which needs are met by whom, and who is still awaited, out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.approvals.need import Need


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody said of the change as it was when `digest` stood for it; a later word replaces an earlier one."""

    login: str
    approves: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`met` has each need with the login that met it; `outdated` are approvals of what the change no longer is."""

    met: tuple[tuple[Need, str], ...] = ()
    awaited: tuple[Need, ...] = ()
    refused_by: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()

    @property
    def approved(self) -> bool:
        """Whether everything is approved and nobody who may decide asks for changes."""
        return not self.awaited and not self.refused_by


def decide(
    needs: Iterable[Need],
    reviews: Iterable[Review],
    people: Mapping[str, frozenset[str]],
    *,
    requesters: frozenset[str],
    digest: str,
) -> Decision:
    """Decide, with logins in any case: nobody approves their own request, and no approval outlives what it was for."""
    members = {team: {login.lower() for login in logins} for team, logins in people.items()}
    own = {login.lower() for login in requesters}
    last = {review.login.lower(): review for review in reviews}
    says_yes = [login for login, review in last.items() if review.approves]
    counts = [login for login in says_yes if login not in own and last[login].digest == digest]
    met, awaited, deciding = [], [], set()
    for need in needs:
        entitled = set().union(*(members.get(team, set()) for team in need.teams))
        deciding |= entitled
        by = next((login for login in counts if login in entitled), None)
        if by is None:
            awaited.append(need)
        else:
            met.append((need, last[by].login))
    return Decision(
        met=tuple(met),
        awaited=tuple(awaited),
        refused_by=tuple(each.login for login, each in last.items() if not each.approves and login in deciding - own),
        own=tuple(last[login].login for login in says_yes if login in own),
        outdated=tuple(last[login].login for login in says_yes if login not in own and last[login].digest != digest),
    )
