"""A grant's life and a file of usage in; its last call, its calls and its errors, out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from reconciler.evidence.outside import UsageRecord, UsedRecord
from reconciler.lives import Life
from reconciler.naming import subscription_id


@dataclass(frozen=True, slots=True)
class Used:
    """What was counted, in the days that the file of usage is about."""

    last: date | None
    calls: int
    errors: int


def used(life: Life, usage: UsageRecord | None) -> Used | None:
    """Add up what its key and its applications did; None where nobody knows."""
    here = usage.environments.get(life.environment) if usage else None
    if here is None or here.source is None:
        return None
    found: list[UsedRecord] = [here.keys[name] for name in _keys(life) if name in here.keys]
    clients = (f"{life.to.name[0]}/{client}" for client in life.says.get("clients") or ())
    found += [here.clients[name] for name in clients if name in here.clients]
    last = max((each.last for each in found if each.last), default=None)
    return Used(last, sum(each.calls for each in found), sum(each.errors for each in found))


def _keys(life: Life) -> Iterator[str]:
    """Name its subscription by every name that its file had."""
    if life.says.get("subscription"):
        yield str(life.says["subscription"])
    for path in dict.fromkeys((*(event.path for event in life.events), life.path)):
        parts = PurePosixPath(path)
        yield subscription_id(parts.parts[0], parts.stem)
