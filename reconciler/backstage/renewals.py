"""Grants and their files in; what stands in each file around the day on which it ends, out.

Whoever writes it again with another day between the two has changed that day and nothing else.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from reconciler.backstage.estate import Estate
from reconciler.declarations import Declared, Grant
from reconciler.ends import last_day, product_of
from reconciler.places import Places
from reconciler.sources import Files

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Renewals:
    """Looks into the files."""

    def __init__(self, estate: Estate, files: Files) -> None:
        self._estate, self._files, self._places = estate, files, Places(files)
        self._products = {product.name: product for product in estate.declarations.products}

    def around(self, grant: Declared[Grant]) -> Mapping[str, str] | None:
        """Give head and tail, and the latest day that is allowed everywhere; None where more than one day is said."""
        if grant.value.expires is None or any(each.expires for each in grant.value.in_.values()):
            return None
        content = self._files.contents[grant.path]
        text = content.decode("utf-8-sig")
        line, column = self._places.find(grant.path, ("expires",))
        start = sum(len(each) for each in text.splitlines(keepends=True)[: line - 1]) + column - 1
        found = _DAY.search(text, start)
        if found is None or found[0] != grant.value.expires.isoformat():
            return None
        latest = _earliest(self._latest(grant))
        mark = content.decode()[: -len(text)]  # a byte order mark stays
        said = {"head": mark + text[: found.start()], "tail": text[found.end() :]}
        return said | ({"latest": latest.isoformat()} if latest else {})

    def _latest(self, grant: Declared[Grant]) -> Iterable[date | None]:
        declarations, product = self._estate.declarations, self._products.get(product_of(grant) or "")
        return (last_day(declarations, product, each, self._estate.day) for each in grant.value.environments)


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)
