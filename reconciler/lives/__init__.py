"""Revisions of the declarations in; the life of each grant in each environment, and whose each API was, out.

A life is access that went on: of one team, to one product or API, in one environment. It begins with the commit that
asked, goes on through changes, renewals and renames, and ends by a commit or the day after its last one. What comes
back after its end is another life.
"""

from dataclasses import dataclass
from datetime import date

from reconciler.lives.life import Event, Life
from reconciler.lives.living import lives_of
from reconciler.lives.owning import Owned, owned
from reconciler.lives.replaying import Point, Skipped, replay
from reconciler.revisions import Line

__all__ = ["Event", "Life", "Owned", "Point", "Skipped", "Told", "lives", "replay"]


@dataclass(frozen=True, slots=True)
class Told:
    """All lives in the order they began, who owned which API, what was declared when, and what could not be read.

    `shallow`: the clone holds no more, so that what began with its first revision may be older.
    """

    lives: tuple[Life, ...]
    owned: tuple[Owned, ...]
    points: tuple[Point, ...]
    skipped: tuple[Skipped, ...]
    shallow: bool

    def point_of(self, event: Event) -> Point | None:
        """Give what was declared before and after the commit that did it, or after the one that mended that."""
        points = (each for each in self.points if event.revision in (each.revision, *each.touched.values()))
        return next(points, None) if event.revision else None


def lives(line: Line, day: date) -> Told:
    """Tell them as of the end of a day: what was committed later has not happened."""
    told = replay(line)
    points = tuple(point for point in told.points if point.revision.day <= day)
    skipped = tuple(each for each in told.skipped if each.revision.day <= day)
    return Told(lives_of(points, day), owned(points), points, skipped, line.shallow)
