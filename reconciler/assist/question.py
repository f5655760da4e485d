"""A name that somebody asked for and the names there are in; the one that is meant, or an error that helps, out."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TypeVar

from reconciler.assist.text import Answer, inert, plain
from reconciler.errors import INVALID, ReconcilerError

_MOST_NAMED = 12
_LONGEST = 80
T = TypeVar("T")


class NoAnswer(ReconcilerError):
    """It cannot be answered like this: the text says what can."""

    exit_code = INVALID


class Shown(Answer):
    """Which part of a list this is."""

    total: int
    page: int = 1
    pages: int = 1


def known(what: str, name: str, names: Iterable[str]) -> str:
    """Give the name as it is written, whatever its capitals. Raises NoAnswer with what was probably meant."""
    by_case = {each.lower(): each for each in names}
    if found := by_case.get(name.strip().lower()):
        return found
    raise NoAnswer(f"There is no {what} `{said(name)}`. {instead(name, by_case.values())}")


def instead(name: str, names: Iterable[str]) -> str:
    """Say what was probably meant, or what there is."""
    there = sorted({plain(each) for each in names})
    if close := get_close_matches(name.lower()[:_LONGEST], there, n=3, cutoff=0.5):
        return f"Did you mean {' or '.join(f'`{each}`' for each in close)}?"
    if not there:
        return "There is none at all."
    more = f", and {len(there) - _MOST_NAMED} more" if len(there) > _MOST_NAMED else ""
    return f"There are: {', '.join(there[:_MOST_NAMED])}{more}."


def said(text: str) -> str:
    """Repeat briefly what was asked, unable to steer anything."""
    shown = inert(" ".join(text.split()))
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."


def paged(items: Sequence[T], page: int, size: int) -> tuple[Sequence[T], Shown]:
    """Give one page of a list, and which it is."""
    pages = max(1, -(-len(items) // size))
    if not 1 <= page <= pages:
        raise NoAnswer(f"There is no page {page}: it has {pages}.")
    return items[(page - 1) * size : page * size], Shown(total=len(items), page=page, pages=pages)
