"""Which of a subscription's two keys is given out, since when, a rule and a moment in; the next move out. Pure.

There is no state but what a secret's tags say. A key in use is never made anew: the other one is, and given out, and
once the time for everybody to follow is over, the old one is made anew, too.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Slot = Literal["primary", "secondary"]
Move = Literal["renew", "end", "wait", "rest"]
PRIMARY: Final[Slot] = "primary"
SECONDARY: Final[Slot] = "secondary"


@dataclass(frozen=True, slots=True)
class Given:
    """The key that was given out. `old_ends`: until then the other one is in use, too; None: nobody uses it."""

    slot: Slot
    since: datetime
    old_ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """After how many days a key is made anew (None: never), and for how many the old one goes on beside it."""

    every: int | None
    overlap: int


@dataclass(frozen=True, slots=True)
class Next:
    """What is to be done, or for what it waits, and from when on; without a time, never."""

    move: Move
    at: datetime | None = None


def next_move(given: Given, rule: Rule, now: datetime, *, at_once: bool = False) -> Next:
    """Say whether to give out the other key, to end the old one, to wait for that, or to leave both.

    A rotation is due by the day, so that a daily run is never a day late; an overlap lasts to the second. `at_once`
    does not ask for either, and goes on with what was begun at once.
    """
    begun_at_once = given.old_ends is not None and given.old_ends <= given.since
    if at_once and not begun_at_once:
        return Next("renew", now)
    if given.old_ends is not None:
        return Next("end" if given.old_ends <= now else "wait", given.old_ends)
    if rule.every is None:
        return Next("rest")
    due = given.since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=rule.every)
    return Next("renew" if due <= now else "rest", due)


def other(slot: Slot) -> Slot:
    """Name the other of the two."""
    return SECONDARY if slot == PRIMARY else PRIMARY
