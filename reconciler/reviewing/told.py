"""A campaign and what became of its grants in; who has answered and how, who is late, and a report, as words, out."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Final, Literal

from reconciler.declarations import Declarations, Declared, Grant, Review, Team, own_end
from reconciler.lasting import Lasting
from reconciler.report.markdown import inert
from reconciler.report.tables import table
from reconciler.reviewing.campaign import Item, items
from reconciler.words import count

Answer = Literal["kept", "shortened", "ended", "open", "missed"]
MARKER: Final = "<!-- reconciler: review -->"
_ANSWERS: Final[tuple[Answer, ...]] = ("kept", "shortened", "ended", "open", "missed")
_WHOLE: Final = 1_000_000  # rows: a report leaves nothing out


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one grant. `missed` says of an unanswered one what that means, for each environment."""

    owner: str
    grant: str
    answer: Answer
    by: str = ""
    on: date | None = None
    missed: str = ""


def decisions(declarations: Declarations, review: Review, day: date, at_opening: Declarations | None) -> list[Decision]:
    """Say of each grant what was decided; what was shortened shows beside the files as they were at the opening."""
    lasting = Lasting(replace(declarations, review=review))
    before = {f"{each.team}/{each.name}": each for each in at_opening.grants} if at_opening else {}
    return [_decision(item, review, day, lasting, before.get(item.name)) for item in items(declarations, review)]


def _decision(item: Item, review: Review, day: date, lasting: Lasting, before: Declared[Grant] | None) -> Decision:
    if item.grant is None:
        return Decision(item.owner, item.name, "ended")
    reviewed = item.grant.value.reviewed
    if item.answered and reviewed is not None:
        shorter = before is not None and _ends_sooner(before.value, item.grant.value)
        return Decision(item.owner, item.name, "shortened" if shorter else "kept", reviewed.by, reviewed.on)
    grant = item.grant
    ways = {name: lasting.missed(grant, name) for name in grant.value.environments}
    said = ", ".join(f"{way} in {name}" for name, way in ways.items())
    return Decision(item.owner, item.name, "missed" if day > review.due else "open", missed=said)


def _ends_sooner(before: Grant, after: Grant) -> bool:
    def end(grant: Grant, name: str) -> date:
        return own_end(grant, name) or date.max

    return any(name not in after.environments or end(after, name) < end(before, name) for name in before.environments)


def table_of(found: Iterable[Decision], numbers: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Count the answers of each owner, the latest first; `numbers` are their open pull requests."""
    counts: dict[str, Counter[str]] = {}
    for each in found:
        counts.setdefault(each.owner, Counter())[each.answer] += 1
    ordered = sorted(counts.items(), key=lambda each: (-each[1]["missed"], -each[1]["open"], each[0]))
    return [
        (
            owner,
            *(str(answers[each]) if answers[each] else "" for each in _ANSWERS),
            f"#{numbers[owner]}" if owner in numbers else "",
        )
        for owner, answers in ordered
    ]


HEAD: Final = ("owner", *_ANSWERS, "pull request")


def reminder(owner: Team | None, review: Review, open_ones: Sequence[Decision], day: date) -> str:
    """Write the comment below an owner's pull request; it is written anew only when what it says changes."""
    people = [f"@{login}" for login in (owner.reviewers if owner else None) or ()]
    people += [f"@{owner.github}"] if owner and owner.github else []
    number = count(len(open_ones), "grant")
    if day > review.due:
        text = f"**Late.** {number} should have been looked at by {review.due}: {_ways(open_ones)}."
    else:
        waits = "waits" if len(open_ones) == 1 else "wait"
        text = f"{number} {waits} for your answer until {review.due}. After that: {_ways(open_ones)}."
    return f"{MARKER}\n{' '.join(people)}\n{text}".replace("\n\n", "\n")


def _ways(found: Sequence[Decision]) -> str:
    words = {"revoke": "access ends", "warn": "plans warn", "keep": "it goes on"}
    ways = [words[way] for way in words if any(f"{way} in " in each.missed for each in found)]
    return ", or ".join(ways)


def markdown(review: Review, found: Sequence[Decision], day: date) -> str:
    """Write the report for people."""
    answered = sum(each.answer not in ("open", "missed") for each in found)
    share = f"{answered} of {len(found)} grants were answered"
    state = "complete" if answered == len(found) else "over" if day > review.due else "running"
    rows = [
        (each.owner, each.grant, each.answer, each.by, str(each.on or ""), each.missed)
        for each in sorted(found, key=lambda each: (each.owner, each.grant))
    ]
    return "\n".join(
        [
            f"# Review of {review.opened}",
            "",
            f"Opened on {review.opened}, due on {review.due}; as of {day} it is {state}: {inert(share)}.",
            "",
            table(HEAD[:-1], [row[:-1] for row in table_of(found, {})], most=_WHOLE),
            "## Each grant",
            "",
            table(("owner", "grant", "answer", "by", "on", "if missed"), rows, most=_WHOLE),
        ]
    )


def document(review: Review, found: Sequence[Decision], day: date) -> str:
    """Write the same for machines."""
    rows = [asdict(each) for each in sorted(found, key=lambda each: (each.owner, each.grant))]
    whole = {"opened": review.opened, "due": review.due, "day": day, "grants": rows}
    return json.dumps(whole, indent=2, default=str) + "\n"
