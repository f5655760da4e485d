"""A grant's life and what a service tells of its callers in; how its key and its applications are used, out."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from reconciler.lives import Life
from reconciler.naming import subscription_id
from reconciler.resource import Address
from reconciler.usage import Seen, Usage, seen, together


def used(life: Life, usages: Mapping[str, Usage]) -> Seen | None:
    """Say how all that it gives is used; None where nobody tells, or where it gives nothing that calls."""
    usage = usages.get(life.environment)
    if usage is None or usage.source == "nothing":
        return None
    found = [each for by in _gives(life) if (each := seen(usage, by, life.since)) is not None]
    return together(found) if found else None


def _gives(life: Life) -> Iterator[Address]:
    if life.says.get("key"):
        yield from (Address("subscription", (name,)) for name in dict.fromkeys(_keys(life)))
    for client in life.says.get("clients") or ():
        yield Address("client", (life.to.name[0], client))


def _keys(life: Life) -> Iterator[str]:
    """Name its subscription by every name that its file had: it keeps the first one, where the file says so."""
    if life.says.get("subscription"):
        yield str(life.says["subscription"])
        return
    for path in (*(event.path for event in life.events), life.path):
        parts = PurePosixPath(path)
        yield subscription_id(parts.parts[0], parts.stem)
