"""Long-running operations: what was started in, what a poll is told and what happens at the end out."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.emulator.errors import AzureError

Segments = tuple[str, ...]
_KEPT = 10_000


@dataclass(slots=True)
class Operation:
    """One asynchronous write. `finish` is what it does to the store once the last poll has been answered."""

    identifier: str
    target: Segments
    code: int  # what the final poll of Location answers: 200, 201 or 204
    polls_left: int
    fails: bool
    finish: Callable[[], None]
    reason: AzureError | None = None  # the error that the last poll is answered with, where one is known
    done: bool = False

    @property
    def status(self) -> str:
        if not self.done:
            return "InProgress"
        return "Failed" if self.fails else "Succeeded"


class Operations:
    """The operations of one service; finished ones are remembered for whoever polls once more."""

    def __init__(self) -> None:
        self._known: dict[str, Operation] = {}
        self._pending: dict[Segments, Operation] = {}

    def start(
        self,
        target: Segments,
        *,
        code: int,
        polls: int,
        fails: bool,
        finish: Callable[[], None],
        reason: AzureError | None = None,
    ) -> Operation:
        """Begin; with no polls to wait for it is done at once, which the first poll then says."""
        operation = Operation(secrets.token_hex(12), target, code, polls, fails, finish, reason)
        self._known[operation.identifier] = operation
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
        if polls:
            self._pending[target] = operation
        else:
            self._end(operation)
        return operation

    def poll(self, identifier: str) -> Operation | None:
        operation = self._known.get(identifier)
        if operation is not None:
            self._advance(operation)
        return operation

    def look_at(self, target: Segments) -> Operation | None:
        """Give the operation that is pending on an entity; looking counts as a poll, for clients that only GET."""
        operation = self._pending.get(target) if self._pending else None
        if operation is not None:
            self._advance(operation)
        return operation

    def is_busy(self, segments: Segments) -> bool:
        """Whether an operation is pending on this entity, on what it is nested in, or on another revision of it."""
        asked = _unrevised(segments)
        return bool(self._pending) and any(asked[: len(target)] == target for target in map(_unrevised, self._pending))

    def _advance(self, operation: Operation) -> None:
        if operation.done:
            return
        if operation.polls_left:
            operation.polls_left -= 1
        else:
            self._end(operation)

    def _end(self, operation: Operation) -> None:
        operation.done = True
        self._pending.pop(operation.target, None)
        operation.finish()


def _unrevised(segments: Segments) -> Segments:
    """One lock for an API with all its revisions (Azure/apiops #379)."""
    return tuple(segment.partition(";rev=")[0] for segment in segments)
