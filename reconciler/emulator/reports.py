"""A request for usage in, the rows of a report out: one for each subscription, user, product or API, used or not.

Rows and parameters are the published ones (apimreports.json); that what was not called has a row of zeros is the spec
example's. Unverified: that times are zero where nobody measured any, how ids are written in a filter, and all texts of
refusals.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from reconciler.emulator.errors import detail, incorrect, not_found
from reconciler.emulator.odata import Operators, parse
from reconciler.emulator.paging import page
from reconciler.emulator.service import Service
from reconciler.emulator.usage import COUNTERS, Calls
from reconciler.emulator.visit import Visit
from reconciler.emulator.wire import Answer

_COUNTED: Final = (*(f"callCount{counter.capitalize()}" for counter in COUNTERS), "callCountTotal")
_ORDERABLE: Final = frozenset({*_COUNTED, "displayName", "bandwidth", "apiTimeAvg"})
_UNMEASURED: Final = dict.fromkeys(
    (
        "cacheHitCount",
        "cacheMissCount",
        *(f"{kind}Time{way}" for kind in ("api", "service") for way in ("Avg", "Min", "Max")),
    ),
    0,
)
_EQUAL: Final = frozenset({"eq"})
_OPERATORS: Final[Operators] = {
    "timestamp": frozenset({"ge", "le"}),
    **dict.fromkeys(("apiRegion", "userId", "productId", "subscriptionId", "apiId", "operationId"), _EQUAL),
}
_FROM: Final = re.compile(r"\btimestamp\s+ge\s+(?:datetime)?'?([^'\s]*)", re.IGNORECASE)
_ID: Final = re.compile(r"'/(?:users|products|apis|subscriptions)/")
_ZONE: Final = re.compile(r"(datetime'[^']*?)(?:\.\d+)?Z'", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Report:
    """What makes a row, whose name it bears, and what can be filtered by."""

    ids: tuple[str, ...]
    named: str
    fields: frozenset[str]


_FILTERS: Final = frozenset({"timestamp", "apiRegion", "userId", "productId", "subscriptionId"})
_REPORTS: Final[Mapping[str, _Report]] = {
    "bysubscription": _Report(("userId", "productId", "subscriptionId"), "subscriptionId", _FILTERS),
    "byproduct": _Report(("productId",), "productId", _FILTERS),
    "byuser": _Report(("userId",), "userId", _FILTERS | {"apiId", "operationId"}),
    "byapi": _Report(("apiId",), "apiId", _FILTERS | {"apiId"}),  # the spec does not list this one's fields
}
_WHERE: Final = {"userId": "users", "productId": "products", "subscriptionId": "subscriptions", "apiId": "apis"}


def report(visit: Visit) -> Answer:
    """Answer `reports/bySubscription`, `byProduct`, `byUser` or `byApi`; `$filter` with `timestamp ge` is required."""
    found = _REPORTS.get(visit.names[0].lower())
    if found is None:
        raise not_found("Report")
    clause = visit.call.query.get("$filter", "")
    since = _FROM.search(clause)
    if since is None:
        raise incorrect(detail("$filter", "Filter should contain a lower bound: timestamp ge"))
    test = parse(_ID.sub("'", _ZONE.sub(r"\1'", clause)), found.fields, _OPERATORS)
    unused = _unused(visit.service, found.named, since[1].removesuffix("Z"))
    chosen = (calls for calls in chain(unused, visit.service.usage.calls) if test(_fields(calls)))
    return page(
        visit.call,
        _rows(visit.service, found, chosen),
        lambda row: row,
        ordering=lambda row: lambda name: row.get("name" if name == "displayName" else name),
        orderable=_ORDERABLE,
    )


def _unused(service: Service, named: str, since: str) -> Iterator[Calls]:
    """Give no calls at all of everything that may have been called, as of a moment that the filter lets through."""
    for entity in service.rows(_WHERE[named]):
        if named == "subscriptionId":
            of: dict[str, Any] = {
                name: _short(service, entity.properties.get(key), kind) for name, key, kind in _OF_SUBSCRIPTION
            }
            yield Calls(since, entity.name, **of)
        else:
            of = {named.removesuffix("Id"): entity.name}
            yield Calls(since, **of)


_OF_SUBSCRIPTION: Final = (("user", "ownerId", "users"), ("product", "scope", "products"))


def _short(service: Service, identifier: object, collection: str) -> str:
    begin = service.id_of(collection, "")
    return str(identifier).removeprefix(begin) if str(identifier or "").startswith(begin) else ""


def _rows(service: Service, found: _Report, chosen: Iterable[Calls]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, ...], dict[str, Any]] = {}
    for calls in chosen:
        ids = tuple(getattr(calls, name.removesuffix("Id")) for name in found.ids)
        row = sums.get(ids)
        if row is None:
            row = sums[ids] = _empty_row(service, found, ids)
        for counter, column in zip(COUNTERS, _COUNTED, strict=False):
            row[column] += getattr(calls, counter)
            row["callCountTotal"] += getattr(calls, counter)
        row["bandwidth"] += calls.bandwidth
    return list(sums.values())


def _empty_row(service: Service, found: _Report, ids: tuple[str, ...]) -> dict[str, Any]:
    paths = {name: f"/{_WHERE[name]}/{short}" for name, short in zip(found.ids, ids, strict=True) if short}
    name = _display_name(service, _WHERE[found.named], ids[found.ids.index(found.named)])
    return {"name": name, **paths, **dict.fromkeys(_COUNTED, 0), "bandwidth": 0, **_UNMEASURED}


def _display_name(service: Service, collection: str, name: str) -> str:
    """Empty for what is gone, and for nobody (unverified)."""
    entity = service.find((collection,), name)
    if entity is None:
        return ""
    if collection == "users":
        return f"{entity.properties['firstName']} {entity.properties['lastName']}".strip()
    return str(entity.properties.get("displayName", ""))


def _fields(calls: Calls) -> Callable[[str], Any]:
    """Only what this emulator counts has a value; there is one region, without a name."""
    known = {"timestamp": calls.when, **{name: getattr(calls, name.removesuffix("Id")) for name in _WHERE}}
    return lambda name: known.get(name, "")
