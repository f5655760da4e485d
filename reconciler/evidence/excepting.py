"""Grants with all that is known of them, and records, in; what an auditor has to look at first, out."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from reconciler.evidence.asked import Asked
from reconciler.evidence.judging import WRONG
from reconciler.evidence.outside import Records
from reconciler.evidence.rows import Cell, Row
from reconciler.evidence.telling import Story
from reconciler.lives import Event, Told

_ORDER = (
    "drift",
    "cut",
    "emergency",
    "approval",
    "left out",
    "unreadable",
    "self-service",
    "unowned",
    "around products",
)


def exceptions(stories: Iterable[Story], told: Told, records: Records, asked: Asked) -> list[Row]:
    """Find them, in one order."""
    found = [*_of_records(records, asked), *_of_branch(told, asked)]
    owned = {
        (each.environment, each.api) for each in told.owned if each.ended is None or each.ended > asked.period.last
    }
    for story in stories:
        found += _of_grant(story, asked, owned)
    return sorted(found, key=lambda row: (_ORDER.index(str(row["kind"])), *(str(each or "") for each in row.values())))


def _row(kind: str, **cells: Cell) -> Row:
    empty = dict.fromkeys(("day", "environment", "who", "what", "said", "by", "commit", "pull_request", "grant_id"))
    return {"kind": kind, **empty, **cells}


def _of_records(records: Records, asked: Asked) -> Iterator[Row]:
    for record in records.drifts:
        for each in record.differences:
            what = " ".join((each.kind, *each.name))
            if asked.names(each.product, *each.name, *(name.partition("--")[0] for name in each.name)):
                day = each.when[:10] if each.when else None
                yield _row(
                    "drift",
                    day=day,
                    environment=record.environment,
                    what=what,
                    said=f"{each.did}: {each.cause}",
                    by=each.who,
                )
    for cut in records.cuts:
        if asked.names(cut.what) and str(asked.period.first) <= cut.when[:10] <= str(asked.period.last):
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


def _of_grant(story: Story, asked: Asked, owned: AbstractSet[tuple[str, str]]) -> Iterator[Row]:
    life = story.life

    def row(kind: str, said: str, event: Event | None = None) -> Row:
        cells: dict[str, Cell] = (
            {"day": str(event.day), "commit": event.commit, "pull_request": event.number} if event else {}
        )
        what = f"{life.to.kind} {life.to.name[0]}"
        return _row(
            kind, environment=life.environment, who=life.team, what=what, said=said, grant_id=story.name, **cells
        )

    for event, judged in zip(life.events, story.judged, strict=True):
        if asked.period.holds(event.day) and judged.verdict in WRONG:
            yield row("approval", f"{event.kind}: {judged.verdict}: {', '.join(judged.by)}", event)
        if asked.period.holds(event.day) and event.kind == "requested":
            if story.owner == life.team:
                yield row("self-service", "the team that asks owns the product, and decides itself", event)
            elif judged.verdict == "nobody had to":
                yield row("self-service", "the product lets requests through", event)
    if life.says.get("emergency"):
        yield row("emergency", "access in an emergency, with one approval", life.events[0])
    if life.to.kind == "api":
        yield row("around products", "a key for an API goes around products, and their rules")
    if alone := [api for api in life.apis if api != "*" and (life.environment, api) not in owned]:
        yield row("unowned", f"no team says that it owns {', '.join(alone)}")
