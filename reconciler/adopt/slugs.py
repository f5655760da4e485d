"""Names that live in Azure in, names of ours out: plain, short, and each once."""

import re
import unicodedata
from collections.abc import Container, Iterable

from reconciler.declarations.fields import LONGEST_NAME, wrong_name
from reconciler.naming import cut

_LONGEST_COMPONENT = 63


def slug(text: str) -> str:
    """Make `Call Centre (EU)` a name: `call-centre-eu`; nothing where no plain letter is in it."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _fitted("-".join(re.findall(r"[a-z0-9]+", ascii_only.lower())), LONGEST_NAME)


def name_of(identifier: str, display_name: str | None = None) -> str:
    """Name a thing by its id, where that says more to people than a random one, else by its display name."""
    if not wrong_name(identifier) and not _is_random(identifier):
        return identifier
    readable = not _is_random(identifier)
    for text in (identifier, display_name or "") if readable else (display_name or "", identifier):
        if found := slug(text):
            return found
    return slug(f"x {identifier.encode().hex()}")


def free(name: str, taken: Container[str]) -> str:
    """Give the name, or the first of `name-2`, `name-3` that nothing has yet."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{_fitted(name, LONGEST_NAME - len(str(number)) - 1)}-{number}"
    return found


def component_of(display_name: str, *, without: Iterable[str]) -> str:
    """Say who calls by what is left of a display name, once the words of product, team and environment are gone."""
    left = slug(display_name)
    for words in sorted(filter(None, map(slug, without)), key=len, reverse=True):
        left = re.sub(rf"(?:^|(?<=-)){re.escape(words)}(?:$|(?=-))", "", left)
    return _fitted("-".join(filter(None, left.split("-"))), _LONGEST_COMPONENT)


def grant_name(product: str, component: str) -> str:
    """Name a grant's file after its product, and after who calls where that is said."""
    return _fitted(f"{product}-{component}" if component else product, LONGEST_NAME)


def _is_random(identifier: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{24}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", identifier.lower()))


def _fitted(text: str, longest: int) -> str:
    return re.sub(r"[-._]{2,}", "-", cut(text, longest)).strip("-._")
