"""Answers, what is declared and a day in; what is wrong with each answer by itself, in words, out."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from reconciler.asking.answers import Answers
from reconciler.declarations import UNOWNED, Declarations, Declared, Product
from reconciler.declarations.fields import wrong_name
from reconciler.document import UNSEEN
from reconciler.words import did_you_mean

_COMPONENT: Final = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")  # Backstage's form of a name
_LONGEST_COMPONENT: Final = 63
_LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def wrong(answers: Answers, declarations: Declarations, day: date) -> Iterator[str]:
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
    if answers.expires is not None:
        yield from _when(answers.expires, day)
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


def _when(text: str, day: date) -> Iterator[str]:
    last = day_of(text)
    if last is None:
        yield f"`{_short(text)}` is no day of the calendar: write it as YYYY-MM-DD"
    elif last < day:
        yield f"{last} is over: name a day to come"


def day_of(text: str) -> date | None:
    """Read a day as it is written in a file; None where it is none."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  a glance, not a measure
