"""A repository and GitHub in; the declarations by which services are spoken to, as they were approved, out.

Before anything is asked of a service its place has to be trusted: an address that reached the branch without approval
must not hear a token. What the service itself remembers cannot be asked yet, so that only history tells.
"""

from datetime import date

from reconciler.converge.judging import GitHubSide, ruling
from reconciler.converge.merges import Place, merges
from reconciler.declarations import Declarations
from reconciler.errors import DeclarationError, Refused
from reconciler.history import before, last_change, line
from reconciler.load import ENVIRONMENTS, GUARDRAILS, load
from reconciler.sources import from_revision


def trusted(place: Place, side: GitHubSide, day: date) -> Declarations:
    """Give what is declared where environments.yaml is trusted."""
    return load(from_revision(place.repository, trusted_at(place, side, day), place.folder)).declarations


def trusted_at(place: Place, side: GitHubSide, day: date) -> str:
    """Find the newest commit with an environments.yaml whose services are where an approved one puts them.

    The first one that there ever was is whoever began the repository's. Raises Refused where there is none.
    """
    found: str | None = None
    head: str | None = place.tip
    while head and (commit := last_change(place.repository, head, f"{place.folder}/{ENVIRONMENTS}")):
        parent = before(place.repository, commit)
        was, now = _declared(place, parent), _declared(place, commit)
        if now is not None and now.environments:
            found = found or commit
            if _begins(place, parent):
                return found
            if was is None or _services(was) != _services(now):
                sides = (was, now) if was is not None else None
                if (
                    sides
                    and _approved(place, side, commit, sides, day)
                    and _judges_are_trusted(place, side, parent, day)
                ):
                    return found
                found = None
        head = parent
    raise Refused(f"No {ENVIRONMENTS} on the way to {place.tip[:12]} was approved: nothing was spoken to.")


def _begins(place: Place, parent: str | None) -> bool:
    """Whether no service was ever declared before: not only in the last commit, which may be there to hide it."""
    while parent and (commit := last_change(place.repository, parent, f"{place.folder}/{ENVIRONMENTS}")):
        earlier = _declared(place, commit)
        if earlier is not None and earlier.environments:
            return False
        parent = before(place.repository, commit)
    return True


def _services(declared: Declarations) -> dict[str, tuple[str, str]]:
    return {name: (each.service.lower(), each.endpoint) for name, each in declared.environments.items()}


def _judges_are_trusted(place: Place, side: GitHubSide, head: str | None, day: date) -> bool:
    """Whether who judges for everybody at a commit came by approval: of those who judged before, and so on."""
    while head and (now := _declared(place, head)) is not None:
        paths = (f"{place.folder}/{path}" for path in (GUARDRAILS, f"{now.guardrails.platform_team}/team.yaml"))
        commit = last_change(place.repository, head, *paths)
        parent = before(place.repository, commit) if commit else None
        if commit is None or _begins(place, parent):
            return True
        was = _declared(place, parent)
        if was is None:
            return False
        if _platform(was) != _platform(now) and not _approved(place, side, commit, (was, now), day):
            return False
        head = parent
    return False


def _platform(declared: Declarations) -> object:
    team = declared.teams.get(declared.guardrails.platform_team or "")
    return team and (team.name, team.value.reviewers, team.value.github)


def _approved(place: Place, side: GitHubSide, commit: str, sides: tuple[Declarations, Declarations], day: date) -> bool:
    found = merges(place, _along(place, side, commit), side.there.merged_by)
    return len(found) == 1 and ruling(place, side, found[0], *sides, day=day).allowed


def _along(place: Place, side: GitHubSide, commit: str) -> tuple[str, ...]:
    """Give the commits that came along with one, and it: those of a rebased pull request stand side by side."""
    number = side.there.merged_by(commit)
    if number is None:
        return (commit,)
    first = commit
    while (parent := before(place.repository, first)) and side.there.merged_by(parent) == number:
        first = parent
    last = side.there.pull_request(number).merge_commit or commit
    return (first, *(line(place.repository, first, last) or ()))


def _declared(place: Place, commit: str | None) -> Declarations | None:
    try:
        return load(from_revision(place.repository, commit, place.folder)).declarations if commit else None
    except DeclarationError:
        return None
