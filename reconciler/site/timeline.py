"""Grants in; what ends in which month, and a picture of that, out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from math import ceil
from operator import attrgetter
from typing import Final, Literal

from reconciler.site.company import Company, Hold

When = Literal["over", "soon", "later"]
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 960, 240, 44, 12, 26
_WIDEST: Final = 40
_MOST: Final = 120  # months of one picture: an end may be thousands of years away
_LABEL: Final = 46  # as wide as `2026-11` is written


@dataclass(frozen=True, slots=True)
class Month:
    """What ends in one month, in the order of days."""

    first_day: date
    holds: tuple[Hold, ...]
    kind: When

    @property
    def name(self) -> str:
        """Give `2026-11`."""
        return f"{self.first_day:%Y-%m}"

    @property
    def path(self) -> str:
        """Say where its page lies."""
        return f"ends/{self.name}.html"

    @property
    def first(self) -> date | None:
        """Give the first day on which something ends."""
        return self.holds[0].until

    @property
    def last(self) -> date | None:
        """Give the last."""
        return self.holds[-1].until


@dataclass(frozen=True, slots=True)
class Line:
    """A line across, and what it stands for."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A month's bar."""

    name: str
    path: str
    number: int
    kind: When
    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT


def months(company: Company) -> tuple[Month, ...]:
    """Gather grants by the month of their end, the first month first."""
    found: dict[date, list[Hold]] = defaultdict(list)
    for hold in company.holds:
        if hold.until is not None:
            found[hold.until.replace(day=1)].append(hold)
    return tuple(
        Month(first, tuple(sorted(holds, key=attrgetter("by_end"))), _kind(first, company))
        for first, holds in sorted(found.items())
    )


def chart(found: Sequence[Month]) -> Chart:
    """Draw a bar for each month from the first to the last, also where nothing ends; of very many, the first ones."""
    there = {month.first_day: month for month in found}
    days = list(islice(_each_month(found[0].first_day, found[-1].first_day), _MOST))
    most = max(len(month.holds) for month in found if month.first_day <= days[-1])
    step, top = _steps(most)
    height, slot = _HEIGHT - _TOP - _BOTTOM, min(_WIDEST * 1.5, (_WIDTH - _LEFT) / len(days))
    every = max(1, ceil(_LABEL / slot))
    bars = []
    for index, day in enumerate(days):
        month = there.get(day)
        number = len(month.holds) if month else 0
        tall = round(height * number / top, 1)
        if month is not None:
            bars.append(
                Bar(
                    month.name,
                    month.path,
                    number,
                    month.kind,
                    round(_LEFT + index * slot + slot * 0.12, 1),
                    round(_TOP + height - tall, 1),
                    round(slot * 0.76, 1),
                    tall,
                    month.name if index % every == 0 else "",
                )
            )
    lines = [Line(round(_TOP + height - height * value / top, 1), f"{value:,}") for value in range(0, top + 1, step)]
    return Chart(tuple(bars), tuple(lines))


def _steps(most: int) -> tuple[int, int]:
    """Give a round step, and the first multiple of it that holds everything."""
    scale = 1
    while most > scale * 40:
        scale *= 10
    step = next(scale * each for each in (1, 2, 5, 10) if most <= scale * each * 4)
    return step, step * ceil(most / step)


def _each_month(first: date, last: date) -> Iterable[date]:
    yield first
    while first < last:
        first = (first + timedelta(days=32)).replace(day=1)
        yield first


def _kind(first: date, company: Company) -> When:
    if first.replace(day=1) < company.day.replace(day=1):
        return "over"
    return "soon" if first <= company.day + timedelta(days=company.warn_days) else "later"
