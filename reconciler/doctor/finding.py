"""What was looked at in; one line about it out: all is well, or what is wrong and how to mend it, or who may look."""

from dataclasses import dataclass
from typing import Literal

from reconciler.github.governing import Unseen

State = Literal["well", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. `mend` is a command, or the place in the settings, or the right by which it could be seen."""

    check: str
    state: State
    says: str
    mend: str = ""


def judged(check: str, says: str, *, wrong: str, mend: str) -> Finding:
    """Give what is wrong, if anything is."""
    return Finding(check, "wrong", wrong, mend) if wrong else Finding(check, "well", says)


def unseen(check: str, what: Unseen) -> Finding:
    """Say by which right this could be seen."""
    return Finding(check, "unknown", "this token may not look", f"needs `{what.needs}`")
