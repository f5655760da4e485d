"""What a service remembers and a repository in; what was applied, and the commits since then, out.

Where the two do not fit together nothing is done: nothing could be told from what is somebody else's.
"""

from reconciler.azure.remembering import Remembered
from reconciler.converge.merges import Place
from reconciler.declarations import Declarations
from reconciler.errors import Refused
from reconciler.history import is_known, line
from reconciler.memory import Applied

_BEGIN = "Nothing was written. `reconciler memory --begin REV` says from which commit on to go."


class NotRemembered(Refused):
    """The service does not say what was applied to it, so that nothing can be told from what is somebody else's."""


def start(place: Place, remembered: Remembered, environment: str) -> tuple[Applied, tuple[str, ...]]:
    """Say from where to go. Raises NotRemembered."""
    applied = remembered.applied
    if applied is None:
        raise NotRemembered(f"What was applied last is not known: {remembered.trouble}. {_BEGIN}")
    if applied.environment != environment:
        raise NotRemembered(f"What is remembered is of {applied.environment}, not of {environment}. {_BEGIN}")
    known = all(is_known(place.repository, commit) for commit in (applied.commit, *applied.also))
    commits = line(place.repository, applied.commit, place.tip) if known else None
    if known and commits is None and line(place.repository, place.tip, applied.commit) is not None:
        return applied, ()  # a run that was overtaken by a later one
    if commits is None:
        raise NotRemembered(
            f"Commit {applied.commit[:12]}, which was applied last, is not on the way to {place.tip[:12]}: "
            f"the branch was rewritten, or not all of it was fetched (`fetch-depth: 0`). {_BEGIN}"
        )
    if strange := set(applied.also).difference(commits):
        raise NotRemembered(
            f"Commit {min(strange)[:12]}, which is said to be applied, is not on the way to {place.tip[:12]}. {_BEGIN}"
        )
    return applied, commits


def same_service(then: Declarations, applied: Applied, service: str) -> None:
    """Raise NotRemembered where the environment was another service when it was applied last."""
    was = then.environments.get(applied.environment)
    if was is not None and was.service.lower() != service.lower():
        what = f"At {applied.commit[:12]}, which was applied last, {applied.environment} was {was.service_name}"
        raise NotRemembered(f"{what}. {_BEGIN}")
