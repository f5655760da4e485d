"""Changes in; the requests that applying them costs, and the shortest time Azure's limits allow for it, out. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from reconciler.diff import Change, units

Operation = Literal["reads", "writes", "deletes"]


@dataclass(frozen=True, slots=True)
class Bucket:
    """So many requests at once, and then so many a second."""

    burst: int
    per_second: int


BUCKETS: Final[Mapping[Operation, Bucket]] = {
    "reads": Bucket(250, 25),
    "writes": Bucket(200, 10),
    "deletes": Bucket(200, 10),
}
"""Azure Resource Manager's token buckets for one principal in one subscription ("Understand how Azure Resource Manager
throttles requests", learn.microsoft.com)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Requests by the bucket they come out of."""

    reads: int = 0
    writes: int = 0
    deletes: int = 0

    @property
    def seconds(self) -> int:
        """The time that the fullest buckets still ask for; 0 where all of it goes through at once."""
        numbers: Mapping[Operation, int] = {"reads": self.reads, "writes": self.writes, "deletes": self.deletes}
        over = ((number - BUCKETS[name].burst) / BUCKETS[name].per_second for name, number in numbers.items())
        return max(0, *map(math.ceil, over))


def budget(changes: Iterable[Change]) -> Budget:
    """Add up what applying all of the changes takes; polling and second tries come on top."""
    costs = [_of_document(each) if each[0].kind.document else _of_one(each[0]) for each in units(changes).values()]
    return Budget(
        sum(each.reads for each in costs), sum(each.writes for each in costs), sum(each.deletes for each in costs)
    )


def _of_document(changes: tuple[Change, ...]) -> Budget:
    """It is read, written whole and read again. That of a policy nothing is left is seen only then: it is deleted."""
    goes = any(change.action == "delete" and change.kind.ends_document for change in changes)
    return Budget(reads=2, writes=int(not goes), deletes=int(goes))


def _of_one(change: Change) -> Budget:
    """Each is looked at before and after, and between what goes along and itself.

    A link is looked at only after, unless a list is not trusted with its removal.
    """
    kind = change.kind
    before = kind.has_etag or (change.action == "delete" and kind.confirms_removal)
    finished = change.cleans and change.action == "create"  # it is read and written once more when nothing is left
    reads = 1 + before + change.cleans + finished + bool(change.along)
    writes = len(change.along) + (change.action != "delete") + finished
    return Budget(reads=reads, writes=writes, deletes=change.writes - writes)
