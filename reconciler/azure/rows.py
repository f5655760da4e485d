"""What Azure answered in; entities and resources out, or Unavailable: what Azure does not document says nothing at all.

A row that is not understood must never pass for one that is not there, nor for one that says nothing.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reconciler.errors import Unavailable
from reconciler.kinds import Kind
from reconciler.resource import Address, Resource

NAMELESS = ("tagResources", "reports/")  # lists whose rows are no entities
_TYPES: Mapping[str, type] = {
    "subscriptionRequired": bool,
    "approvalRequired": bool,
    "subscriptionsLimit": int,
    "groups": list,
}
"""What properties hold that is no text."""
_MOST_PAGES = 10_000


def checked(rows: Any, doing: str, *, named: bool) -> list[Mapping[str, Any]]:
    """Give the rows of a page, sure that each is a mapping, and an entity where the list has entities: `named`."""
    if not isinstance(rows, list):
        raise Unavailable(doing, detail="a page without rows came back")
    return [entity(row, doing, named=named) for row in rows]


def entity(row: Any, doing: str, *, named: bool = True) -> Mapping[str, Any]:
    """Give what every entity has: a name that is text, and properties."""
    properties = row.get("properties") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not (properties is None or isinstance(properties, dict)):
        raise _strange(row, doing)
    if named and not isinstance(row.get("name"), str):
        raise _strange(row, doing)
    return row if properties is not None else {**row, "properties": {}}


def resources(kind: Kind, row: Mapping[str, Any], doing: str) -> list[Resource]:
    """Take a row apart."""
    try:
        return [_plain(kind, resource, doing) for resource in kind.rows(row)]
    except (AttributeError, KeyError, TypeError) as error:
        raise _strange(row, doing) from error


def one_of(kind: Kind, address: Address, row: Mapping[str, Any], doing: str) -> Resource:
    """Give the resource that an entity is, read by itself."""
    try:
        return _plain(kind, Resource(address, kind.observed(row.get("properties") or {})), doing)
    except (AttributeError, KeyError, TypeError) as error:
        raise _strange(row, doing) from error


def _plain(kind: Kind, resource: Resource, doing: str) -> Resource:
    """Give a resource whose properties are of their types; of a document we know what we wrote."""
    for name, value in () if kind.document else resource.properties.items():
        if value is not None and not isinstance(value, _TYPES.get(name, str)):
            raise _strange({"name": str(resource.address)}, doing)
    return resource


class Links:
    """Follows a list from page to page, never in a circle, and never without an end."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._followed: set[str] = set()

    def after(self, page: Mapping[str, Any]) -> dict[str, str] | None:
        """Give the query of the page behind this one; None where there is none."""
        link = page.get("nextLink") or page.get("@odata.nextLink")
        if not link:
            return None
        try:
            query = urlsplit(link).query
            found = dict(parse_qsl(query))
        except (ValueError, TypeError, AttributeError) as error:
            raise Unavailable(self._doing, detail="the link to the next page is none") from error
        if query in self._followed:
            raise Unavailable(self._doing, detail="the link to the next page leads back")
        self._followed.add(query)
        bounded(len(self._followed), self._doing)
        return found


def bounded(pages: int, doing: str) -> None:
    """Refuse to read without an end."""
    if pages > _MOST_PAGES:
        raise Unavailable(doing, detail=f"there would be more than {_MOST_PAGES:,} pages: the list has no end")


def _strange(row: Any, doing: str) -> Unavailable:
    name = row.get("name") if isinstance(row, dict) else None
    return Unavailable(doing, detail=f"row {str(name)[:80]!r} is not what Azure documents")
