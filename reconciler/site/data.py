"""A company in; what the search and the matrix read, as scripts that only assign a value, out."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from reconciler.errors import printable
from reconciler.site.company import Company, Hold
from reconciler.site.page import At

_BITS: Final = {"key": 1, "token": 2, "portal": 4, "open": 0}
_EPOCH: Final = date(1970, 1, 1)


def search(company: Company, at: At) -> bytes:
    """Give what can be found: what it is, what it is called, what else it is known by, and its page.

    Grants name their team and what they are for by number: there are many of them, and few of those.
    """
    teams = _numbered(each.team for each in company.holds)
    things = _numbered(map(company.called, company.holds))
    document = {
        "rows": list(_found(company, at)),
        "teams": [[company.team(name), at.team(name)] for name in teams],
        "things": list(things),
        "environments": company.environments,
        "grants": [
            [teams[each.team], things[company.called(each)], _places(company, each), each.grant.name]
            for each in company.holds
        ],
    }
    return _script("searched", document)


def _found(company: Company, at: At) -> Iterator[tuple[str, str, str, str]]:
    for api in company.apis.values():
        known = (*dict.fromkeys(api.ids.values()), *map(company.team, api.teams))
        yield "API", api.title, " · ".join(known), at.api(api.name)
    for name, product in company.products.items():
        known = (*(() if name == product.title else (name,)), company.team(product.declared.team))
        yield "product", product.title, " · ".join(known), at.product(name)
    for name, team in company.teams.items():
        title = team.value.display_name
        yield "team", title, "" if name == title else name, at.team(name)


def matrix(company: Company, at: At) -> bytes:
    """Give the matrix: names of rows and columns once, and of each grant their numbers and what it gives."""
    holds = company.holds
    teams = _numbered(each.team for each in holds)
    columns = _numbered((company.called(each), _path(each, at)) for each in holds)
    tiers = _numbered(each.tier or "" for each in holds)
    cells = [
        [
            teams[each.team],
            columns[company.called(each), _path(each, at)],
            sum(_BITS[how] for how in each.hows),
            int(each.stands == "in force"),
            tiers[each.tier or ""],
            (each.until - _EPOCH).days if each.until else None,
            _places(company, each),
        ]
        for each in holds
    ]
    document = {
        "day": (company.day - _EPOCH).days,
        "soon": company.warn_days,
        "environments": company.environments,
        "teams": [[company.team(name), at.team(name)] for name in teams],
        "products": [list(each) for each in columns],
        "tiers": list(tiers),
        "cells": cells,
    }
    return _script("matrix", document)


def _places(company: Company, hold: Hold) -> int:
    """Give the environments of a grant as bits."""
    return sum(1 << company.environments.index(name) for name in hold.environments)


def _numbered(names: Iterable[Any]) -> dict[Any, int]:
    return {name: index for index, name in enumerate(sorted(set(names), key=_as_read))}


def _path(hold: Hold, at: At) -> str:
    if hold.kind == "every API":
        return "grants.html"
    return at.product(hold.to) if hold.kind == "product" else at.api(hold.to)


def _as_read(name: str | tuple[str, str]) -> tuple[str, str | tuple[str, str]]:
    return (name if isinstance(name, str) else name[0]).casefold(), name


def _script(name: str, value: Any) -> bytes:
    """Write a script that assigns one value: plain ASCII, and nothing that HTML would read as a tag."""
    text = json.dumps(_printable(value), separators=(",", ":")).replace("<", "\\u003c")
    return f"globalThis.{name}={text};\n".encode("ascii")


def _printable(value: Any) -> Any:
    match value:
        case str():
            return printable(value)
        case dict():
            return {key: _printable(each) for key, each in value.items()}
        case list() | tuple():
            return [_printable(each) for each in value]
    return value
