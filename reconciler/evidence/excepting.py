"""Grants with all that is known of them, and records, in; what an auditor has to look at first, out."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from reconciler.evidence.asked import Asked
from reconciler.evidence.judging import WRONG
from reconciler.evidence.outside import Records
from reconciler.evidence.rows import Cell, Row
from reconciler.evidence.telling import Story
from reconciler.lives import Event, Owned, Told

_A_DAY: Final = timedelta(days=1)
_ORDER: Final = (
    "drift",
    "cut",
    "emergency",
    "approval",
    "left out",
    "unreadable",
    "self-service",
    "unowned",
    "around products",
    "unused",
)


def exceptions(stories: Iterable[Story], told: Told, records: Records, asked: Asked) -> list[Row]:
    """Find them, in one order."""
    found = [*_of_records(records, asked), *_of_branch(told, asked)]
    owned: dict[tuple[str, str], list[Owned]] = {}
    for each in told.owned:
        owned.setdefault((each.environment, each.api), []).append(each)
    for story in stories:
        found += [*_of_grant(story, asked), *_unowned(story, asked, owned)]
    return sorted(found, key=lambda row: (_ORDER.index(str(row["kind"])), *(str(each or "") for each in row.values())))


def _row(kind: str, **cells: Cell) -> Row:
    empty = dict.fromkeys(("day", "environment", "who", "what", "said", "by", "commit", "pull_request", "grant_id"))
    return {"kind": kind, **empty, **cells}


def _of_records(records: Records, asked: Asked) -> Iterator[Row]:
    first, last = str(asked.period.first), str(asked.period.last)
    for record in records.drifts:
        for each in record.differences:
            what, day = " ".join((each.kind, *each.name)), each.when[:10] if each.when else None
            when = day is None or first <= day <= last
            if when and asked.names(each.product, *each.name, *(name.partition("--")[0] for name in each.name)):
                yield _row(
                    "drift",
                    day=day,
                    environment=record.environment,
                    what=what,
                    said=f"{each.did}: {each.cause}",
                    by=each.who,
                )
    for cut in records.cuts:
        if asked.names(cut.what) and first <= cut.when[:10] <= last:
            yield _row(
                "cut",
                day=cut.when[:10],
                environment=cut.environment,
                what=cut.what,
                said=f"{cut.did}: {cut.reason}",
                by=cut.who,
            )
    for run in records.converged:
        for left in run.left_out:
            if asked.names(*left.paths):
                cells: dict[str, Cell] = {"commit": left.commit, "pull_request": left.pull_request, "said": left.why}
                yield _row("left out", environment=run.environment, what=", ".join(left.paths), **cells)


def _of_branch(told: Told, asked: Asked) -> Iterator[Row]:
    for each in told.skipped:
        if asked.period.holds(each.revision.day):
            cells: dict[str, Cell] = {"commit": each.revision.commit, "pull_request": each.revision.number}
            yield _row(
                "unreadable", day=str(each.revision.day), what=each.problem.path, said=str(each.problem), **cells
            )


def _of_grant(story: Story, asked: Asked) -> Iterator[Row]:
    life = story.life
    for event, judged in zip(life.events, story.judged, strict=True):
        if not asked.period.holds(event.day):
            continue
        if judged.verdict in WRONG:
            by = f": {', '.join(judged.by)}" if judged.by else ""
            yield _about(story, "approval", f"{event.kind}: {judged.verdict}{by}", event)
        if event.kind == "requested" and story.owner == life.team:
            yield _about(story, "self-service", "the team that asks owns the product, and decides itself", event)
        elif event.kind == "requested" and judged.verdict == "nobody had to":
            yield _about(story, "self-service", "the product lets requests through", event)
    if life.says.get("emergency"):
        yield _about(story, "emergency", "access in an emergency, with one approval", life.events[0])
    if life.ended is None and story.used is not None and story.used.standing == "unused":
        yield _about(story, "unused", str(story.used))
    if life.to.kind == "api":
        yield _about(story, "around products", "a key for an API goes around products, and their rules")


def _about(story: Story, kind: str, said: str, event: Event | None = None) -> Row:
    life = story.life
    cells: dict[str, Cell] = {"what": f"{life.to.kind} {life.to.name[0]}", "said": said, "grant_id": story.name}
    if event is not None:
        cells |= {"day": str(event.day), "commit": event.commit, "pull_request": event.number}
    return _row(kind, environment=life.environment, who=life.team, **cells)


def _unowned(story: Story, asked: Asked, owned: Mapping[tuple[str, str], list[Owned]]) -> Iterator[Row]:
    """Find the APIs that nobody owned on the last day of the grant, or of the period."""
    life = story.life
    last = asked.period.last if life.ended is None else min(asked.period.last, max(life.ended - _A_DAY, life.since))
    alone = [
        api
        for api in life.apis
        if api != "*" and not any(each.covers(last) for each in owned.get((life.environment, api), ()))
    ]
    if alone:
        yield _about(story, "unowned", f"no team says that it owns {', '.join(alone)}")
