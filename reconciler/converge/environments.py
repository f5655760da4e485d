"""A repository and GitHub in; the declarations by which services are spoken to, as they were approved, out.

Before anything is asked of a service its place has to be trusted: an address that reached the branch without approval
must not hear a token.
"""

from datetime import date

from reconciler.converge.judging import GitHubSide, ruling
from reconciler.converge.merges import Place, merges
from reconciler.declarations import Declarations
from reconciler.errors import Refused
from reconciler.history import before, last_change
from reconciler.load import ENVIRONMENTS, load
from reconciler.sources import NoFolder, from_revision


def trusted(place: Place, side: GitHubSide, day: date) -> Declarations:
    """Find the newest approved environments.yaml. The first one that there ever was is whoever began the repository's.

    Raises Refused where there is none.
    """
    head: str | None = place.tip
    while head and (commit := last_change(place.repository, head, f"{place.folder}/{ENVIRONMENTS}")):
        parent = before(place.repository, commit)
        was, now = _declared(place, parent), _declared(place, commit)
        if now is not None and (was is None or not was.environments):
            return now
        if now is not None and was is not None and now.environments and _approved(place, side, commit, (was, now), day):
            return now
        head = parent
    raise Refused(f"No {ENVIRONMENTS} on the way to {place.tip[:12]} was approved: nothing was spoken to.")


def _approved(place: Place, side: GitHubSide, commit: str, sides: tuple[Declarations, Declarations], day: date) -> bool:
    found = merges(place, [commit], side.there.merged_by)
    return bool(found) and ruling(place, side, found[0], *sides, day=day).allowed


def _declared(place: Place, commit: str | None) -> Declarations | None:
    try:
        return load(from_revision(place.repository, commit, place.folder)).declarations if commit else None
    except NoFolder:
        return None
