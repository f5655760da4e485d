"""The folder's files and a day in; for each team, one proposal out: what ends soon goes on, what has ended goes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from reconciler.check import check
from reconciler.declarations import UNOWNED, Declarations, Declared, Grant
from reconciler.document import Keys
from reconciler.ends import End, edited, ended, ending, new_ends, product_of
from reconciler.load import load
from reconciler.report.markdown import inert
from reconciler.report.tables import fitting, table
from reconciler.sources import Files

_YEAR: Final = timedelta(days=365)  # of what may run for ever, and was given an end all the same
_HEAD: Final = ("product", "owner", "where", "ends", "proposed", "reason", "component", "asked for by")

_WORDS: Final = """\
What {team} may use ends soon, or has ended. Here, what ends soon goes on for as long as it may; what has ended goes.

**Change this pull request** before the owners approve it: drop what nobody needs, keep what somebody does. Once
somebody has committed to it or reviewed it, it is not touched any more."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is proposed to a team: its files, None for one that goes, and words. `by_hand` is left to people."""

    team: str
    title: str
    body: str
    files: Mapping[str, bytes | None]
    by_hand: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """What becomes of one grant, and a row of it for each day on which it ends somewhere."""

    grant: Declared[Grant]
    before: bytes
    after: bytes | None
    rows: tuple[tuple[str, ...], ...]


def renewals(files: Files, day: date) -> tuple[Renewal, ...]:
    """Propose to each team, sorted. What has no end, or may not run any longer, is left alone."""
    declarations = load(files).declarations
    steps = [*_steps(declarations, files, day)]
    wrong = _refused(files, steps, day)
    by_team: dict[str, list[_Step]] = defaultdict(list)
    for step in steps:
        by_team[step.grant.team].append(step)
    return tuple(_renewal(team, theirs, wrong) for team, theirs in sorted(by_team.items()))


def _steps(declarations: Declarations, files: Files, day: date) -> Iterator[_Step]:
    soon, over = _by_file(ending(declarations, day)), _by_file(ended(declarations, day))
    for grant in declarations.grants:
        later = [
            replace(end, until=end.until or day + _YEAR)
            for end in soon.get(grant.path, ())
            if not grant.value.emergency and (end.until is None or end.until > end.day)
        ]
        gone = over.get(grant.path, [])
        if grant.team != UNOWNED and (later or gone):
            before = files.contents[grant.path]
            rows = (*_rows(declarations, later, goes=False), *_rows(declarations, gone, goes=True))
            yield _Step(grant, before, _after(grant, before, later, gone), rows)


def _by_file(ends: Iterator[End]) -> dict[str, list[End]]:
    found: dict[str, list[End]] = defaultdict(list)
    for end in ends:
        found[end.grant.path].append(end)
    return found


def _after(grant: Declared[Grant], before: bytes, later: Sequence[End], gone: Sequence[End]) -> bytes | None:
    """Give the file as proposed: None where the grant is over everywhere, the same where it cannot be changed."""
    over = {end.environment for end in gone}
    left = [name for name in grant.value.environments if name not in over]
    if not left:
        return None
    overlays = {name: says for name, says in grant.value.in_.items() if name not in over}
    changes: dict[Keys, Any] = {}
    if over:
        changes["environments",] = left
        removed = [("in", name) for name in grant.value.in_ if name in over] if overlays else [("in",)]
        changes |= dict.fromkeys(removed) if grant.value.in_ else {}
    kept = replace(grant, value=grant.value.model_copy(update={"environments": left, "in_": overlays}))
    changes |= new_ends(kept, {end.environment: end.until for end in later}) if later else {}
    return edited(grant.path, before, changes) or before


def _refused(files: Files, steps: Sequence[_Step], day: date) -> frozenset[str]:
    """Find the files that would be invalid."""
    contents = {**files.contents, **{step.grant.path: step.after for step in steps}}
    after = Files(files.root, {path: content for path, content in contents.items() if content is not None})
    problems = _problems(after, day) - _problems(files, day)
    wrong = {problem.path for problem in problems if problem.level == "error"}
    return frozenset(step.grant.path for step in steps if files.shown(step.grant.path) in wrong)


def _problems(files: Files, day: date) -> set[Any]:
    loaded = load(files)
    return {*loaded.problems, *check(loaded, files, day)}


def _renewal(team: str, steps: Sequence[_Step], wrong: frozenset[str]) -> Renewal:
    done = [step for step in steps if step.after != step.before and step.grant.path not in wrong]
    by_hand = tuple(step.grant.path for step in steps if step not in done)
    silent = [step.grant.path for step in done if step.after is not None and not step.grant.value.requested_by]
    return Renewal(
        team=team,
        title=f"{team}: renew or give back what ends",
        body=fitting(lambda most: _body(team, done, silent, by_hand, most)),
        files={step.grant.path: step.after for step in done},
        by_hand=by_hand,
    )


def _body(team: str, steps: Sequence[_Step], silent: Sequence[str], by_hand: Sequence[str], most: int) -> str:
    rows = [row for step in steps for row in step.rows]
    parts = [_WORDS.format(team=inert(team)), table(_HEAD, rows, most=most)]
    if silent:
        parts.append(
            f"A robot asks for nothing: somebody of {inert(team)} writes `requested_by:` with their login into "
            f"{_files(silent, most)}, by a commit to this branch. Until then nobody can approve it."
        )
    if by_hand:
        parts.append(f"To be changed by hand: {_files(by_hand, most)}.")
    return "\n\n".join(filter(None, parts))


def _files(paths: Sequence[str], most: int) -> str:
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(map(inert, paths[:most])) + more


def _rows(declarations: Declarations, ends: Sequence[End], *, goes: bool) -> Iterator[tuple[str, ...]]:
    """Say of each pair of days once in which environments it holds."""
    owners = {product.name: product.team for product in declarations.products}
    where: dict[tuple[date, date | None], list[str]] = defaultdict(list)
    for end in ends:
        where[end.day, None if goes else end.until].append(end.environment)
    for (day, until), names in where.items():
        grant = ends[0].grant
        product = product_of(grant)
        yield (
            product or f"API {grant.value.api}",
            owners.get(product or "", ""),
            ", ".join(names),
            day.isoformat(),
            f"until {until}" if until else "goes",
            grant.value.reason,
            grant.value.component or "",
            grant.value.requested_by or "",
        )
