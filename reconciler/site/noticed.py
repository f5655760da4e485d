"""A company, what `validate` warns of, and an audit's own words if there are any, in; findings by rule out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from reconciler.declarations import UNOWNED
from reconciler.errors import DeclarationError, Problem
from reconciler.site.company import Company, Hold, Stands

Level = Literal["error", "warning", "note"]
_LEVELS: Final = get_args(Level)


class Told(BaseModel):
    """One finding of an audit."""

    model_config = ConfigDict(frozen=True)

    rule: str
    level: Level
    text: str


class Audited(BaseModel):
    """What `reconciler audit --format json` prints, as far as it is shown."""

    model_config = ConfigDict(frozen=True)

    service: str
    day: str
    findings: list[Told]


def audited(name: str, content: bytes) -> Audited:
    """Read the file of an audit. Raises DeclarationError where it is none."""
    try:
        return Audited.model_validate_json(content)
    except ValidationError as error:
        hint = "Write it by `reconciler audit --format json > audit.json`"
        raise DeclarationError([Problem(name, 1, 1, "this is no audit", hint)]) from error


@dataclass(frozen=True, slots=True)
class Group:
    """What one rule found."""

    level: Level
    name: str
    why: str
    texts: tuple[str, ...]
    place: str = ""


def noticed(company: Company, warnings: Sequence[Problem], audits: Iterable[Audited] = ()) -> tuple[Group, ...]:
    """Gather everything: what is worst first, and of that what an audit found."""
    groups = [*(group for audit in audits for group in _audited(audit)), *_declared(company, warnings)]
    return tuple(sorted((each for each in groups if each.texts), key=lambda each: _LEVELS.index(each.level)))


def _audited(audit: Audited) -> Iterator[Group]:
    """Tell what a service showed; order and words are the audit's."""
    place = f"in {audit.service}, looked at on {audit.day}"
    for (level, rule), found in groupby(audit.findings, key=lambda each: (each.level, each.rule)):
        yield Group(level, rule, "", tuple(each.text for each in found), place)


def _declared(company: Company, warnings: Sequence[Problem]) -> Iterator[Group]:
    holds, force = company.holds, [each for each in company.holds if each.stands == "in force"]
    yield Group("warning", "Said by validate", "", tuple(map(str, warnings)))
    yield _of(
        "warning",
        "Keys around products",
        "A key for one API, or for all, goes around every product's rules.",
        (each for each in force if each.kind != "product"),
    )
    yield _of(
        "warning", "Revoked as compromised", "Both keys were made anew, and it opens nothing.", _as(holds, "revoked")
    )
    yield _of(
        "warning",
        "Gives nothing",
        "What it asks for opens nothing: look at what the product takes.",
        _as(holds, "opens nothing"),
    )
    yield _of("note", "Suspended", "It is kept and opens nothing until that line goes.", _as(holds, "suspended"))
    yield _of("note", "Over, and still declared", "It opens nothing any more: delete the file.", _as(holds, "ended"))
    yield _of(
        "note",
        f"Ends within {company.warn_days} days",
        "Still needed? Ask for a later end in good time.",
        sorted(filter(company.soon, force), key=lambda each: (each.until or date.max, each.team)),
    )
    yield _of(
        "note", "Has no end", "What nobody looks at again, stays.", (each for each in force if each.until is None)
    )
    urgent = (each for each in force if each.grant.value.emergency)
    yield _of("warning", "Emergency", "It was given with one approval, and is over at the end of its day.", urgent)
    waiting = (each for each in force if each.unreviewed)
    yield _of("warning", "Ends for want of a review", "Its owner has not said yet whether it is needed.", waiting)
    unused = (each for each in force if each.seen and each.seen.standing == "unused")
    yield _of("warning", "Not used", "Nobody called with it in all the days that were looked at: give it back.", unused)
    yield from _of_apis(company)
    yield from _of_products(company)
    quiet = (
        each.value.display_name
        for name, each in company.teams.items()
        if name != UNOWNED and not (each.value.github or each.value.reviewers)
    )
    yield Group(
        "warning", "Teams that nobody reviews for", "Name `github:` or `reviewers:` in team.yaml.", tuple(quiet)
    )


def _of_apis(company: Company) -> Iterator[Group]:
    apis = company.apis.values()
    unowned = tuple(each.title for each in apis if UNOWNED in each.teams)
    yield Group("warning", "APIs that nobody owns", "A team takes one over by naming it in its apis.yaml.", unowned)
    alone = tuple(
        f"{each.title}, of {' and '.join(map(company.team, each.teams))}" for each in apis if not each.products
    )
    yield Group("note", "APIs on no product", "Nobody can ask for them.", alone)


def _of_products(company: Company) -> Iterator[Group]:
    products, held = company.products.values(), {each.to for each in company.holds if each.kind == "product"}
    opened = tuple(f"{each.title} in {', '.join(each.open_in)}" for each in products if each.open_in)
    yield Group("warning", "Open to everybody", "A call needs neither key nor token.", opened)
    unheld = tuple(each.title for each in products if each.name not in held and not each.open_in)
    yield Group("note", "Products that nobody holds", "No team has asked for them.", unheld)


def _as(holds: Iterable[Hold], stands: Stands) -> Iterator[Hold]:
    return (each for each in holds if each.stands == stands)


def _of(level: Level, name: str, why: str, holds: Iterable[Hold]) -> Group:
    return Group(level, name, why, tuple(map(_told, holds)))


def _told(hold: Hold) -> str:
    to = hold.to if hold.kind == "product" else f"API {hold.to}" if hold.kind == "api" else "every API"
    until = f", until {hold.until}" if hold.until else ""
    return f"{hold.team}: {to} in {', '.join(hold.environments)}{until} ({hold.grant.path})"
