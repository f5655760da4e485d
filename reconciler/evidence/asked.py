"""What a pack is asked for, as values: a period of whole days, and of whom or of what."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from reconciler.lives import Life


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last, both in it."""

    first: date
    last: date

    def days(self) -> Iterator[date]:
        """Give each of them."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)

    def holds(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.first <= day <= self.last

    def meets(self, life: Life) -> bool:
        """Whether a grant existed on one of them; what a commit ended was there for a part of that day."""
        if life.since > self.last or life.ended is None:
            return life.since <= self.last
        return life.ended >= self.first if life.ended_by == "commit" else life.ended > self.first


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for; everything, where neither a product nor a team is named."""

    period: Period
    product: str | None = None
    team: str | None = None

    def about(self, life: Life) -> bool:
        """Whether a life is asked for."""
        names = {life.product, life.to.name[0]}
        return (
            self.period.meets(life)
            and self.team in (None, life.team)
            and (self.product is None or self.product in names)
        )

    def names(self, *texts: str | None) -> bool:
        """Whether something that is no grant is asked for: it names what is asked for, or everything is."""
        wanted = [each for each in (self.product, self.team) if each is not None]
        return all(any(each in (text or "").replace("/", " ").split() for text in texts) for each in wanted)
