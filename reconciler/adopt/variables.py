"""Ids of one thing in two environments in; the one text with variables that gives both, out."""

import re
from collections.abc import Iterable, Iterator, Mapping

from reconciler.naming import fill_in

Variables = Mapping[str, str]


def one_text(written: str, there: Variables, living: str, here: Variables) -> str | None:
    """Give a text that is what is `written` there and what is `living` here, or None where there is none.

    What stays written as it is comes first, then each way to read a value as its variable: `orders-d` and `orders-p`
    are `orders-$(letter)`.
    """
    if fill_in(written, here) == living:
        return written
    before = fill_in(written, there)
    for text in (*readings(before, there), *readings(living, here)):
        if fill_in(text, there) == before and fill_in(text, here) == living:
            return text
    return None


def readings(text: str, variables: Variables) -> Iterator[str]:
    """Write a variable for its value: everywhere it stands, then in one place alone; long values first."""
    for name, value in sorted(variables.items(), key=lambda each: (-len(each[1]), each[0])):
        if not value:
            continue
        before = r"(?<![A-Za-z0-9])" if value[0].isalnum() else ""
        after = r"(?![A-Za-z0-9])" if value[-1].isalnum() else ""
        places = list(re.finditer(before + re.escape(value) + after, text, re.IGNORECASE))
        if not places:
            continue
        yield _replaced(text, places, name)
        if len(places) > 1:
            yield from (_replaced(text, [place], name) for place in places)


def _replaced(text: str, places: Iterable[re.Match[str]], name: str) -> str:
    for place in sorted(places, key=lambda each: each.start(), reverse=True):
        text = f"{text[: place.start()]}$({name}){text[place.end() :]}"
    return text
