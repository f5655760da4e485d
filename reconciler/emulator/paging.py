"""The rows of a list and a request's `$top`, `$skip` and `$filter` in, Azure's page with `count` and `nextLink` out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from reconciler.emulator.errors import detail, incorrect
from reconciler.emulator.odata import Fields, parse
from reconciler.emulator.ordering import ordered
from reconciler.emulator.wire import Answer, Call

DEFAULT_PAGE = 100  # a 104-row list without $top went on at $skip=100 (developer-portal #2100)
Row = TypeVar("Row")


def page(
    call: Call,
    rows: Sequence[Row],
    show: Callable[[Row], Mapping[str, Any]],
    *,
    fields: Callable[[Row], Fields] | None = None,
    allowed: frozenset[str] = frozenset(),
    ordering: Callable[[Row], Fields] | None = None,
    orderable: frozenset[str] = frozenset(),
) -> Answer:
    """Answer one page. `count` is the total over all pages for the filter; the last page has no nextLink (recorded)."""
    top = _number(call.query, "$top", default=DEFAULT_PAGE, least=1)  # no maximum in the spec; a cap is unverified
    skip = _number(call.query, "$skip", default=0, least=0)
    chosen: Sequence[Row] = rows
    clause = call.query.get("$filter", "")
    if clause and fields is not None:
        test = parse(clause, allowed)
        chosen = [row for row in rows if test(fields(row))]
    order = call.query.get("$orderby", "")
    if order and ordering is not None:  # other lists have no such parameter in the spec
        chosen = ordered(chosen, order, ordering, orderable)
    body: dict[str, Any] = {
        "value": [show(row) for row in chosen[skip : skip + top]],
        "count": len(chosen),
    }
    if skip + top < len(chosen):
        body["nextLink"] = next_link(call, skip + top)
    return Answer(200, body)


def next_link(call: Call, skip: int) -> str:
    """Spell the link as recorded: `%24`, the parameters as asked, `$skip` last.

    The recorded host carried an explicit `:443`; here it is the host that was asked, so that the link can be followed.
    """
    asked = [(name, value) for name, value in call.query.items() if name != "$skip"]
    query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in [*asked, ("$skip", str(skip))]
    )
    path = "/".join(quote(segment, safe="") for segment in call.segments)
    return f"{call.base_url}/{path}?{query}"


def _number(query: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = query.get(name)
    if text is None or text == "":
        return default
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise incorrect(detail(name, f"{name} should be an integer of at least {least}"))  # text unverified
    return int(text)
