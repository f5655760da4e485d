"""The folder's files, a campaign and how access is used, in; for each owner, files with answers as advised, and words.

Each file gets `reviewed:`; what should end sooner gets that end, too, and what should end goes. The owner changes it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from reconciler.declarations import Declarations, Declared, Grant, Review, own_end
from reconciler.document import Keys
from reconciler.ends import edited, new_ends, product_of
from reconciler.lasting import Lasting
from reconciler.report.markdown import inert
from reconciler.report.tables import fitting, table
from reconciler.reviewing.advice import Advice, Uses, advise
from reconciler.reviewing.campaign import items
from reconciler.sources import Files

_HEAD: Final = ("who", "what", "where", "reason", "given", "ends", "used", "proposed", "why")
_WORDS: Final = """\
This is what others may use of {owner}'s. Look at each row, and **change this pull request** where you see it otherwise,
until {due}:

* **keep**: the file says `reviewed: {{by: {owner}, on: ...}}`, and nothing else changes;
* **shorten**: it says so, and has an earlier `expires`;
* **end**: the file is gone.

Then approve it and have it merged. Who commits to it does not approve it: that is somebody else of {owner}. What you
take out of it stays unanswered. {missed}"""
_MISSED: Final = {
    "keep": "goes on as it is",
    "warn": "goes on, and plans warn of it",
    "revoke": "**ends on that day**",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed to an owner. `by_hand` are files that could not be changed without touching anything else."""

    owner: str
    title: str
    body: str
    files: Mapping[str, bytes | None]
    by_hand: tuple[str, ...] = ()


def proposals(files: Files, declarations: Declarations, review: Review, day: date, uses: Uses) -> tuple[Proposal, ...]:
    """Propose to each owner what is not answered yet, sorted."""
    open_ones: dict[str, list[Declared[Grant]]] = defaultdict(list)
    for item in items(declarations, review):
        if item.grant is not None and not item.answered:
            open_ones[item.owner].append(item.grant)
    scene = _Scene(files, review, day, uses, Lasting(replace(declarations, review=review)))
    return tuple(_proposal(scene, owner, grants) for owner, grants in sorted(open_ones.items()))


@dataclass(frozen=True, slots=True)
class _Scene:
    """What each owner's proposal is made of."""

    files: Files
    review: Review
    day: date
    uses: Uses
    lasting: Lasting


def _proposal(scene: _Scene, owner: str, grants: Sequence[Declared[Grant]]) -> Proposal:
    contents = scene.files.contents
    advices = {grant.path: advise(grant, scene.day, scene.uses) for grant in grants}
    after = {grant.path: _after(contents[grant.path], grant, advices[grant.path], owner, scene.day) for grant in grants}
    done = {path: content for path, content in after.items() if content != contents[path]}
    rows = [_row(grant, advices[grant.path], scene.uses) for grant in grants]
    missed = _missed(grants, scene.review, scene.lasting)
    return Proposal(
        owner=owner,
        title=f"{owner}: review who may use what, until {scene.review.due}",
        body=fitting(lambda most: _body(owner, scene.review, missed, rows, most)),
        files=done,
        by_hand=tuple(path for path in after if path not in done),
    )


def _after(before: bytes, grant: Declared[Grant], advice: Advice, owner: str, day: date) -> bytes | None:
    """Give the file as proposed; the same where it cannot be changed and nothing else in it."""
    if advice.what == "end":
        return None
    changes: dict[Keys, Any] = {("reviewed", "by"): owner, ("reviewed", "on"): day}
    if advice.until is not None:
        changes |= _sooner(grant, advice.until)
    return edited(grant.path, before, changes) or before


def _sooner(grant: Declared[Grant], until: date) -> dict[Keys, date]:
    """End it then wherever it would end later, or never."""
    value = grant.value
    ends = {name: own_end(value, name) for name in value.environments}
    return new_ends(grant, {name: min(end or date.max, until) for name, end in ends.items()})


def _row(grant: Declared[Grant], advice: Advice, uses: Uses) -> tuple[str, ...]:
    value = grant.value
    ends = {str(own_end(value, name) or "never") for name in value.environments}
    return (
        grant.team,
        product_of(grant) or f"API {value.api}",
        ", ".join(value.environments),
        value.reason,
        str(uses.given.get(grant.path, "")),
        ", ".join(sorted(ends)),
        str(uses.everywhere(grant)),
        f"shorten to {advice.until}" if advice.until else advice.what,
        advice.why,
    )


def _missed(grants: Sequence[Declared[Grant]], review: Review, lasting: Lasting) -> str:
    ways = {lasting.missed(grant, name) for grant in grants for name in grant.value.environments}
    words = " or ".join(_MISSED[each] for each in ("revoke", "warn", "keep") if each in ways)
    more = ", each as its product says" if len(ways) > 1 else ""
    return f"What nobody has answered by {review.due} {words}{more}."


def _body(owner: str, review: Review, missed: str, rows: Sequence[tuple[str, ...]], most: int) -> str:
    words = _WORDS.format(owner=inert(owner), due=review.due, missed=missed)
    return f"{words}\n\n{table(_HEAD, rows, most=most)}"
