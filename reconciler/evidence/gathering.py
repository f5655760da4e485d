"""What git tells of all grants, and what else is known of them, in; the rows of a period's evidence out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from reconciler.evidence.applying import Ledger, Notes
from reconciler.evidence.asked import Asked
from reconciler.evidence.excepting import exceptions
from reconciler.evidence.judging import Judge, Reviews
from reconciler.evidence.missing import missing
from reconciler.evidence.outside import Records
from reconciler.evidence.rows import Evidence, Row
from reconciler.evidence.telling import Story, event_row, grant_row
from reconciler.evidence.using import used
from reconciler.keylike import without_keys
from reconciler.lives import Life, Told
from reconciler.usage import Usage

_IDS: Final = frozenset({"commit", "fingerprint", "correlation_ids"})


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence comes from. `line` are all commits that led to the last one, oldest first."""

    folder: str
    commit: str
    line: tuple[str, ...]
    told: Told
    notes: Notes = field(default_factory=dict)
    records: Records = field(default_factory=Records)
    usages: Mapping[str, Usage] = field(default_factory=dict)
    reviews: Reviews = field(default_factory=Reviews)
    asked_github: bool = False


def gather(sources: Sources, asked: Asked) -> Evidence:
    """Gather it, in one order."""
    stories = tuple(_stories(sources, asked))
    rows = {
        "exceptions": tuple(exceptions(stories, sources.told, sources.records, asked)),
        "grants": tuple(grant_row(story) for story in stories),
        "events": tuple(
            event_row(story, index, asked.period) for story in stories for index in range(len(story.life.events))
        ),
        "days": tuple(_days(sources, asked, [story.life for story in stories])),
    }
    return Evidence(
        folder=sources.folder,
        commit=sources.commit,
        first=str(asked.period.first),
        last=str(asked.period.last),
        product=asked.product,
        team=asked.team,
        missing=tuple(
            missing(
                stories,
                sources.told,
                sources.records,
                sources.usages,
                asked,
                noted=_noted(sources),
                github=sources.asked_github,
            )
        ),
        tables={name: tuple(map(_without_keys, found)) for name, found in rows.items()},
    )


def _without_keys(row: Row) -> Row:
    """Leave out what looks like a key: people write anything into a reason and into a subject."""
    return {
        name: without_keys(cell) if isinstance(cell, str) and name not in _IDS else cell for name, cell in row.items()
    }


def _stories(sources: Sources, asked: Asked) -> Iterator[Story]:
    judge, taken = Judge(sources.told, sources.reviews), dict[str, int]()
    ledger = Ledger(sources.line, sources.records.converged, sources.notes)
    owners = _owners(sources.told)
    for life in sources.told.lives:
        first = life.events[0].path.removesuffix(".yaml").replace("/grants/", "/")  # it keeps its id through renames
        name = f"{life.environment}/{first}@{life.since}"
        taken[name] = taken.get(name, 0) + 1
        if not asked.about(life):
            continue
        paths = {event.path for event in life.events}
        judged = tuple(judge.judged(event, paths) for event in life.events)
        applied = tuple(ledger.applied(event, life.environment) for event in life.events)
        number = f"-{taken[name]}" if taken[name] > 1 else ""
        owner = owners.get((life.environment, life.product or ""), "")
        yield Story(f"{name}{number}", life, owner, judged, applied, used(life, sources.usages))


def _owners(told: Told) -> dict[tuple[str, str], str]:
    """Name the last owner of each product, in each environment it is in, or was."""
    found: dict[tuple[str, str], str] = {}
    seen: object = None
    for products in (point.after.products for point in told.points):
        for product in products if products is not seen else ():
            found |= {(environment, product.name): product.team for environment in product.value.environments}
        seen = products
    return found


def _noted(sources: Sources) -> frozenset[str]:
    return frozenset(name for name, found in sources.notes.items() if found)


def _days(sources: Sources, asked: Asked, lives: Iterable[Life]) -> Iterator[Row]:
    """Give each day, so that none can be left out unseen."""
    lives = tuple(lives)
    points = [(point.revision.day, point.revision.commit) for point in sources.told.points]
    counted: dict[tuple[date, str], int] = {}
    for life in lives:
        for event in life.events:
            kind = event.kind if event.kind in ("requested", "ended") else "changed"
            counted[event.day, kind] = counted.get((event.day, kind), 0) + 1
    at = 0
    for day in asked.period.days():
        while at < len(points) and points[at][0] <= day:
            at += 1
        yield {
            "day": str(day),
            "commit": points[at - 1][1] if at else None,
            "in_force": sum(life.covers(day) for life in lives),
            **{kind: counted.get((day, kind), 0) for kind in ("requested", "changed", "ended")},
        }
