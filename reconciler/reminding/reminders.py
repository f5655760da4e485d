"""Declarations, a day and what was told in; for each team that has something to look at, the words of its issue out."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from reconciler.declarations import UNOWNED, Declarations, Declared, Grant, own_end
from reconciler.declarations.fields import NAME
from reconciler.ends import End, ended, ending, product_of
from reconciler.reminding.owners import Owners
from reconciler.reminding.told import Difference, LeftOut, Lost, Told
from reconciler.report.tables import fitting, table

LABEL: Final = "access"
DONE: Final = "Nothing is left to look at."
_TITLE: Final = "Access: what "
_MARKER: Final = re.compile(rf"<!-- reconciler: {NAME.pattern} -->")
_FOOT: Final = "Kept up to date every day; it closes by itself when nothing is left."

Row = tuple[str, ...]
Found = tuple[str | None, Row]  # whose it is, and what to say


@dataclass(frozen=True, slots=True)
class Reminder:
    """What one team should look at; `body` begins with the team's marker."""

    team: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class _Section:
    """Rows of one kind, and what to do about them."""

    title: str
    advice: str
    head: Row
    found: tuple[Found, ...]


def marker(team: str) -> str:
    """Give what the body of a team's issue begins with."""
    return f"<!-- reconciler: {team} -->"


def is_reminder(first_line: str, title: str) -> bool:
    """Whether an issue is one of these: other robots keep other issues."""
    return bool(_MARKER.fullmatch(first_line)) and title.startswith(_TITLE)


def unseen(declarations: Declarations, told: Told) -> tuple[str, ...]:
    """Name the environments that nobody looked at, although others were: what is not known is not over."""
    return tuple(
        name
        for name in declarations.environments
        if name in told.unreached or any(each and name not in each for each in told.looked_at)
    )


def reminders(declarations: Declarations, day: date, told: Told) -> tuple[tuple[Reminder, ...], int]:
    """Give what each team should look at, sorted, and the number of things that are nobody's.

    What no team owns is the platform team's. No words change by themselves from day to day: an issue that says the same
    is not written again.
    """
    platform = declarations.guardrails.platform_team
    everybody = platform if platform in declarations.teams else None
    sections = [*_sections(declarations, day, told)]
    by_team: dict[str | None, dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for index, section in enumerate(sections):
        for team, row in section.found:
            by_team[team if team in declarations.teams and team != UNOWNED else everybody][index].append(row)
    nobodys = sum(map(len, by_team.pop(None, {}).values()))
    left = ", ".join(unseen(declarations, told))
    foot = f"{_FOOT} Not looked at today: {left}." if left else _FOOT
    made = [_reminder(team, sections, rows, foot) for team, rows in by_team.items() if team is not None]
    return tuple(sorted(made, key=lambda each: each.team)), nobodys


def _reminder(team: str, sections: list[_Section], rows: Mapping[int, list[Row]], foot: str) -> Reminder:
    def body(most: int) -> str:
        parts = [
            f"### {section.title}\n\n{section.advice}\n\n{table(section.head, rows[index], most=most)}"
            for index, section in enumerate(sections)
            if index in rows
        ]
        return "\n".join([f"{marker(team)}", *parts, foot])

    return Reminder(team, f"{_TITLE}{team} should look at", fitting(body))


def _sections(declarations: Declarations, day: date, told: Told) -> Iterator[_Section]:
    owners = Owners(declarations)
    yield _Section(
        "Your access that ends soon",
        "Each week a pull request proposes to renew it. Where nobody needs it any more, delete its file.",
        ("product", "where", "ends", "owner", "reason", "file"),
        tuple(_ends(declarations, (end for end in ending(declarations, day) if not end.grant.value.emergency))),
    )
    yield _Section(
        "Your access that has ended",
        "Each week a pull request proposes to take it out of the files. Where it is still needed, ask for it again.",
        ("product", "where", "ended", "owner", "reason", "file"),
        tuple(_ends(declarations, ended(declarations, day))),
    )
    yield _Section(
        "Emergencies to review",
        "Somebody helped themselves for a day. Look at it, then approve that the file goes.",
        ("who", "product", "where", "day", "reason", "file"),
        tuple(_emergencies(declarations)),
    )
    yield _Section(
        "Ids that Entra does not take",
        "Whoever is behind them does not get in. Write the right id, or take it out.",
        ("what", "where", "file", "how"),
        tuple((each.team, (each.text, each.environment, each.path, each.way_out)) for each in told.unknown),
    )
    yield _Section(
        "Changed by another hand",
        "Declare what is meant to stay; `reconciler apply` takes the rest back where the mode is `enforce`.",
        ("what", "where", "did", "how", "who", "when"),
        tuple(_drift(owners, each) for each in told.drift),
    )
    yield _Section(
        "Over, and still in force",
        "The mode is `observe`, which takes nothing away: end it by hand, or let the mode be `add`.",
        ("who", "what", "how", "where", "ended"),
        tuple(_observed(owners, each) for each in told.observed),
    )
    yield _Section(
        "On the branch without approval, and not applied",
        "Have it approved by a pull request of its own, or take it back.",
        ("commit", "pull request", "where", "why", "files"),
        tuple(_left_out(told.left_out)),
    )


def _ends(declarations: Declarations, ends: Iterable[End]) -> Iterator[Found]:
    owner = {product.name: product.team for product in declarations.products}
    where: dict[tuple[str, date], list[End]] = defaultdict(list)
    for end in ends:
        where[end.grant.path, end.day].append(end)
    for (path, day), same in where.items():
        grant = same[0].grant
        names = ", ".join(end.environment for end in same)
        thing = product_of(grant)
        row = (_thing(grant), names, day.isoformat(), owner.get(thing or "", ""), grant.value.reason, path)
        yield grant.team, row


def _emergencies(declarations: Declarations) -> Iterator[Found]:
    owner = {product.name: product.team for product in declarations.products}
    for grant in declarations.grants:
        value = grant.value
        if not value.emergency:
            continue
        days = {own_end(value, name) for name in value.environments} - {None}
        where, last = ", ".join(value.environments), ", ".join(sorted(map(str, days)))
        yield owner.get(product_of(grant) or ""), (grant.team, _thing(grant), where, last, value.reason, grant.path)


def _drift(owners: Owners, each: Difference) -> Found:
    what = f"{each.kind} {'/'.join(each.name)}" + (
        f" of {each.product}" if each.kind == "subscription" and each.product else ""
    )
    when = (each.when or "")[:16].replace("T", " ")
    row = (what, each.environment, each.did, each.cause, each.who or "", when)
    return owners.of(each.environment, each.kind, tuple(each.name), each.product), row


def _observed(owners: Owners, each: Lost) -> Found:
    of = owners.of_product(each.environment, each.product) if each.product else None
    of = owners.of_api(each.environment, each.api) if each.api else of
    what = each.product or f"API {each.api}"
    return of, (each.who, what, each.how, each.environment, each.until or "withdrawn")


def _left_out(left: Iterable[LeftOut]) -> Iterator[Found]:
    """Say once what was left out in several environments."""
    where: dict[Row, list[str]] = defaultdict(list)
    for each in left:
        why = each.why if isinstance(each.why, str) else "; ".join(each.why)
        number = str(each.pull_request or "none")
        where[each.commit[:12], number, why, ", ".join(each.paths)].append(each.environment)
    for (commit, number, why, paths), names in where.items():
        yield None, (commit, number, ", ".join(filter(None, names)), why, paths)


def _thing(grant: Declared[Grant]) -> str:
    return product_of(grant) or f"API {grant.value.api}"
