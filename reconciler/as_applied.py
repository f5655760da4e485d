"""A repository and what a service remembers in; the approved files that it stands for, out."""

from collections.abc import Mapping
from pathlib import Path

from reconciler.approved import with_edits
from reconciler.history import before
from reconciler.memory import Applied
from reconciler.sources import edits, from_revision


def as_applied(repository: Path, folder: str, applied: Applied) -> Mapping[str, bytes]:
    """Give the contents up to the commit that was applied, and of what came later the merges that were."""
    contents = from_revision(repository, applied.commit, folder).contents
    for commit in applied.also:
        parent = before(repository, commit) or commit
        contents = with_edits(contents, edits(repository, parent, commit, folder))
    return contents
