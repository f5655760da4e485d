"""Members of the directory and a query in, Graph's page of them out: `$filter`, `$top`, `$select`, `$skiptoken`."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from reconciler.emulator.errors import AzureError
from reconciler.emulator.graph.directory import PROPERTIES, Kind, Member
from reconciler.emulator.graph.errors import GraphError, bad_request, unsupported
from reconciler.emulator.odata import TooManyValues, parse
from reconciler.emulator.wire import Answer, Call

_PAGE, _LARGEST_PAGE = 100, 999  # microsoft-graph-docs #4636
_MOST_VALUES = 15  # of `in` (Microsoft Graph known issue 13635)
_SERVED = frozenset({"$filter", "$top", "$select", "$skiptoken"})
_FILTERABLE = frozenset(
    {
        "accountEnabled",
        "appId",
        "displayName",
        "id",
        "mail",
        "mailNickname",
        "securityEnabled",
        "servicePrincipalType",
        "userPrincipalName",
    }
)


def listed(call: Call, kind: Kind, rows: Sequence[Member]) -> Answer:
    """Answer a page of groups, users or service principals."""
    refuse_unserved(call)
    chosen = rows
    if clause := call.query.get("$filter", ""):
        try:
            test = parse(clause, _FILTERABLE & {"id", *PROPERTIES[kind]}, most_values=_MOST_VALUES)
        except AzureError as error:
            raise bad_request(error.message) from error
        except TooManyValues as error:  # code and text as people quote them in their code
            raise unsupported(
                "Too many child clauses specified in search filter expression containing 'OR' operators: "
                f"{error.number}. Max allowed: {_MOST_VALUES}."
            ) from error
        chosen = [row for row in rows if test(row.field)]
    show = chooser(call, kind)
    return _page(call, f"{kind}s{_selection(call)}", [show(row) for row in chosen])


def members_listed(call: Call, rows: Sequence[Member]) -> Answer:
    """Answer a page of directory objects, each of which says of what type it is."""
    refuse_unserved(call)
    if "$filter" in call.query:
        raise unsupported("The specified filter to the reference property query is currently not supported.")
    shown = [{"@odata.type": f"#microsoft.graph.{row.kind}", **chooser(call, row.kind)(row)} for row in rows]
    return _page(call, "directoryObjects", shown)


def one(call: Call, member: Member) -> Answer:
    context = _context(call, f"{member.kind}s{_selection(call)}/$entity")
    return Answer(200, {**context, **chooser(call, member.kind)(member)})


def chooser(call: Call, kind: Kind) -> Callable[[Member], dict[str, Any]]:
    """Make what shows a member as `$select` wants it; an unknown name is refused (quoted in davmail #488)."""
    known = ("id", *PROPERTIES[kind])
    asked = [name for name in call.query.get("$select", "").split(",") if name] or known
    for name in asked:
        if name not in known:
            raise GraphError(
                400,
                "BadRequest",
                "Parsing OData Select and Expand failed: Could not find a property named"
                f" '{name}' on type 'microsoft.graph.{kind}'.",
            )
    return lambda member: {name: member.field(name) for name in asked}


def refuse_unserved(call: Call) -> None:
    """Refuse what Graph knows and this server does not, rather than answer as if it had not been asked."""
    unknown = sorted(name for name in call.query if name.startswith("$") and name not in _SERVED)
    if unknown:
        raise unsupported(f"The query parameter {', '.join(unknown)} is not served by the local Azure.")


def _page(call: Call, context: str, rows: Sequence[Mapping[str, Any]]) -> Answer:
    top, skip = _top(call.query.get("$top")), _skipped(call.query.get("$skiptoken"))
    body: dict[str, Any] = _context(call, context)
    if skip + top < len(rows):
        token = base64.urlsafe_b64encode(f"skip {skip + top}".encode()).decode()
        query = urlencode({**call.query, "$skiptoken": token}, quote_via=quote)
        body["@odata.nextLink"] = f"{call.base_url}/{'/'.join(call.segments)}?{query}"
    return Answer(200, {**body, "value": rows[skip : skip + top]})


def _top(text: str | None) -> int:
    if text is None:
        return _PAGE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _LARGEST_PAGE:
        raise unsupported(f"Invalid page size specified: '{text}'. Must be between 1 and {_LARGEST_PAGE} inclusive.")
    return int(text)


def _skipped(token: str | None) -> int:
    """Read our own token; that it is opaque keeps clients from making their own."""
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("skip "))
    except ValueError as error:
        raise bad_request("Invalid $skiptoken.") from error


def _selection(call: Call) -> str:
    return f"({call.query['$select']})" if call.query.get("$select") else ""


def _context(call: Call, what: str) -> dict[str, Any]:
    return {"@odata.context": f"{call.base_url}/v1.0/$metadata#{what}"}
