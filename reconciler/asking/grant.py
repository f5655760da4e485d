"""Answers, the folder's files and a day in; the one grant file that they ask for, or every reason against it, out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from reconciler.asking.answers import Answers, NotAskable
from reconciler.asking.writing import written
from reconciler.check import check
from reconciler.declarations import UNOWNED, Declarations, Declared, Grant, Product
from reconciler.declarations.fields import wrong_name
from reconciler.document import UNSEEN, Keys
from reconciler.ends import edited, last_day, new_ends, product_of
from reconciler.errors import Problem
from reconciler.load import load
from reconciler.sources import Files
from reconciler.words import did_you_mean

_COMPONENT: Final = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")  # Backstage's form of a name
_LONGEST_COMPONENT: Final = 63
_LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True)
class Asked:
    """The one file that says so. `before` is what stood there: then a grant goes on, or grows."""

    path: str
    content: bytes
    before: bytes | None
    title: str
    owner: str
    warnings: tuple[str, ...] = ()


def ask(answers: Answers, files: Files, day: date) -> Asked:
    """Make the file, sure that the folder is as valid with it as without. Raises NotAskable."""
    loaded = load(files)
    declarations = loaded.declarations
    answers = replace(answers, reason=" ".join(answers.reason.split()))
    if wrong := [*_wrong(answers, declarations)]:
        raise NotAskable(wrong)
    product = next(each for each in declarations.products if each.name == answers.product)
    grant = _existing(answers, declarations)
    if grant is None:
        path, content, verb = *_new(answers, product, files, declarations, day), "asks for"
    else:
        path, (content, verb) = grant.path, _again(answers, grant, files, declarations, day)
    after = Files(files.root, {**files.contents, path: content})
    problems = sorted(_problems(after, day) - _problems(files, day))
    if refused := [problem for problem in problems if problem.level == "error"]:
        raise NotAskable(map(_in_words, refused))
    title = f"{answers.team} {verb} {product.name} in {', '.join(_ordered(answers, product))}"
    return Asked(path, content, files.contents.get(path), title, product.team, tuple(map(_in_words, problems)))


def grants_for(declarations: Declarations, team: str, product: str) -> tuple[Declared[Grant], ...]:
    """Give what a team has of a product already."""
    return tuple(each for each in declarations.grants if each.team == team and product_of(each) == product)


def _wrong(answers: Answers, declarations: Declarations) -> Iterator[str]:
    """Look at each answer by itself. What is said here is read by people who see no file."""
    teams = [name for name in declarations.teams if name != UNOWNED]
    products = {product.name: product for product in declarations.products}
    yield from _named("team", answers.team, teams)
    yield from _named("product", answers.product, products)
    if product := products.get(answers.product):
        yield from _where(answers, product)
    if not answers.key and not answers.portal:
        yield "say what you need: a key, to see the product in the portal, or both"
    if not answers.reason:
        yield "say why: the owner decides by the reason"
    if unseen := UNSEEN.search(answers.reason):
        yield f"the reason holds U+{ord(unseen[0]):04X}, which nobody can see: leave it out"
    if answers.expires is not None and _day(answers.expires) is None:
        yield f"`{_short(answers.expires)}` is no day of the calendar: write it as YYYY-MM-DD"
    if (name := answers.component) and (len(name) > _LONGEST_COMPONENT or not _COMPONENT.fullmatch(name)):
        yield f"`{_short(name)}` is no component: use letters, digits, and single `-`, `_` or `.` between them"
    if (login := answers.requested_by) is not None and not _LOGIN.fullmatch(login):
        yield f"`{_short(login)}` is nobody who could ask: a person must"


def _named(what: str, name: str, known: Mapping[str, object] | list[str]) -> Iterator[str]:
    if not name:
        yield f"say which {what}"
    elif wrong_name(name) or name not in known:
        hint = did_you_mean(name[:100], known)
        yield f"there is no {what} `{_short(name)}`" + (f" ({hint})" if hint else "")


def _where(answers: Answers, product: Declared[Product]) -> Iterator[str]:
    there = product.value.environments
    if not answers.environments:
        yield f"say in which environments: {product.name} is in {', '.join(there)}"
    for name in dict.fromkeys(answers.environments):
        if name not in there:
            yield f"{product.name} is not in `{_short(name)}`: it is in {', '.join(there)}"


def _ordered(answers: Answers, product: Declared[Product]) -> list[str]:
    return [name for name in product.value.environments if name in answers.environments]


def _existing(answers: Answers, declarations: Declarations) -> Declared[Grant] | None:
    """Find the team's own grant for the same caller: it goes on, and nothing is asked for twice."""
    same = [
        each
        for each in grants_for(declarations, answers.team, answers.product)
        if (each.value.component or "") == (answers.component or "")
    ]
    there = [each for each in same if {*each.value.environments} & {*answers.environments}] or same
    if len(there) > 1:
        paths = ", ".join(each.path for each in there)
        raise NotAskable([f"{answers.team} has {answers.product} in more than one file already: change {paths}"])
    return there[0] if there else None


def _new(
    answers: Answers, product: Declared[Product], files: Files, declarations: Declarations, day: date
) -> tuple[str, bytes]:
    environments = _ordered(answers, product)
    name = _free(answers, files)
    ends = _ends(answers, environments, declarations, day)
    values: dict[str, Any] = {
        "product": product.name if name != product.name else None,
        "environments": environments,
        "key": answers.key or None,
        "portal": answers.portal or None,
        "reason": answers.reason,
        "component": answers.component,
        "requested_by": answers.requested_by,
    }
    latest = max((end for end in ends.values() if end), default=None)
    values["expires"] = latest
    values["in"] = {name: {"expires": end} for name, end in ends.items() if end and end != latest} or None
    path = f"{answers.team}/grants/{name}.yaml"
    said = {key: value for key, value in values.items() if value is not None}
    return path, written(path, said, like=files.contents.get(f"{answers.team}/team.yaml", b""))


def _free(answers: Answers, files: Files) -> str:
    """Name the file after the product; where that name is taken, after who calls, too, or with a number."""
    caller = f"{answers.product}-{(answers.component or '').lower().replace('_', '-')}"
    names = [answers.product, *([caller] if answers.component and not wrong_name(caller) else [])]
    numbered = (f"{answers.product}-{number}" for number in range(2, len(files.contents) + 3))
    return next(name for name in [*names, *numbered] if f"{answers.team}/grants/{name}.yaml" not in files.contents)


def _again(
    answers: Answers, grant: Declared[Grant], files: Files, declarations: Declarations, day: date
) -> tuple[bytes, str]:
    """Let a grant go on, and add to it what it does not say yet."""
    asked, value = [*dict.fromkeys(answers.environments)], grant.value
    more: dict[Keys, Any] = {}
    if new := [name for name in asked if name not in value.environments]:
        more["environments",] = [*value.environments, *new]
    for name, wanted in (("key", answers.key), ("portal", answers.portal)):
        if wanted and not getattr(value, name):
            more[name,] = True
    days = _ends(answers, asked, declarations, day)
    if more and not answers.expires:  # what only grows does not run longer by the way
        days = {name: _earlier(days[name], value.expires) for name in new}
    ends = new_ends(grant, days)
    ends = {keys: end for keys, end in ends.items() if end != _end(value, keys)}
    if not more and not ends:
        raise NotAskable([f"{answers.team} has {answers.product} already, and no later end is possible: {grant.path}"])
    by: dict[Keys, Any] = {("requested_by",): answers.requested_by} if answers.requested_by else {}
    content = edited(grant.path, files.contents[grant.path], {**more, **by, **ends})
    if content is None:
        raise NotAskable([f"{answers.team} has {answers.product} already; its file is changed by hand: {grant.path}"])
    return content, "asks for more of" if more else "renews"


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day is not None), default=None)


def _end(grant: Grant, keys: Keys) -> date | None:
    if len(keys) == 1:
        return grant.expires
    overlay = grant.in_.get(str(keys[1]))
    return overlay.expires if overlay else None


def _ends(answers: Answers, environments: list[str], declarations: Declarations, day: date) -> dict[str, date | None]:
    """Say when it ends in each environment: as asked, but where that is too long, as late as possible there.

    What is too long everywhere is left for the check to refuse.
    """
    last = {name: last_day(declarations, answers.product, name, day) for name in environments}
    wanted = _day(answers.expires) if answers.expires else None
    if wanted is None or all(end is not None and end < wanted for end in last.values()):
        return dict.fromkeys(environments, wanted) if wanted else last
    return {name: wanted if end is None else min(end, wanted) for name, end in last.items()}


def _problems(files: Files, day: date) -> set[Problem]:
    loaded = load(files)
    return {*loaded.problems, *check(loaded, files, day)}


def _in_words(problem: Problem) -> str:
    return f"{problem.message} ({problem.hint})" if problem.hint else problem.message


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  a glance, not a measure
