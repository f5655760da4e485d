"""What somebody answered, as text that nobody has checked, and the error that says in words what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.errors import INVALID, ReconcilerError, printable


@dataclass(frozen=True, slots=True)
class Answers:
    """A request in words. Without `expires` it runs as long as it may."""

    team: str
    product: str
    environments: tuple[str, ...]
    key: bool
    portal: bool
    reason: str
    expires: str | None = None
    component: str | None = None
    requested_by: str | None = None


class NotAskable(ReconcilerError):
    """The request cannot be made like this. `reasons` are sentences for whoever asks, who may have seen no file."""

    exit_code = INVALID

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(dict.fromkeys(map(printable, reasons)))
        super().__init__("\n".join(self.reasons))
