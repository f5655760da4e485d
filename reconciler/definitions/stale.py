"""The list of APIs, what is kept of them and who wrote since in; which to fetch, and which to ask for their ETag, out.

Pure. What tells that a definition may be another:

* the row of the list: name, description, path, type and whatever else a list shows;
* the activity log: writes to the API, its revisions, releases, operations, schemas and tags;
* where the log may not be read: the API's ETag. That it changes with an operation or a schema, nobody could verify;
* its age: a week. Neither log nor ETag see a tag that gets another name, a gateway that gets another host, a restored
  backup, and what was written past Azure Resource Manager.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from reconciler.definitions import Kept, Library

OLD = timedelta(days=7)
OVERLAP = timedelta(hours=1)  # Azure's page on the activity log speaks of 3 to 20 minutes until an event is there
_NOT_TOLD = frozenset({"policies", "diagnostics", "issues", "wikis", "resolvers"})
_PASSING = frozenset({"provisioningState", "isOnline"})
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Ids of APIs. What is to be `asked` is fetched where its ETag is another; what is to be fetched is not asked."""

    fetched: frozenset[str]
    asked: frozenset[str]


def stale(rows: Sequence[Row], kept: Library, written: Iterable[str] | None, now: datetime) -> Asked:
    """Choose. `written` are resources below the service; None where nobody may know them."""
    names = {name_of(row): digest(row) for row in rows}
    changed = {name for name, row in names.items() if _is_other(kept.apis.get(name), row, now)}
    if written is None:
        return Asked(frozenset(changed), frozenset(names.keys() - changed))
    touched = {_api(resource) for resource in written}
    if "*" in touched:
        return Asked(frozenset(names), frozenset())
    return Asked(frozenset(changed | {name for name in names if name.lower() in touched}), frozenset())


def name_of(row: Row) -> str:
    """Give the id of an API of the list."""
    return str(row.get("name") or "")


def digest(row: Row) -> str:
    """Give what tells one state of a row from another, without what passes by itself."""
    properties = {name: value for name, value in (row.get("properties") or {}).items() if name not in _PASSING}
    return hashlib.sha256(json.dumps(properties, sort_keys=True).encode()).hexdigest()[:16]


def _is_other(kept: Kept | None, row: str, now: datetime) -> bool:
    return kept is None or kept.row != row or not timedelta() <= now - kept.fetched < OLD


def _api(resource: str) -> str:
    """Give the API whose definition a write may have changed, `*` for all of them, nothing for none.

    A deploy of the configuration from git is told as one write (Microsoft: "save and configure with Git").
    """
    parts = resource.strip("/").lower().split("/")
    if parts[:2] == ["tenant", "configuration"]:
        return "*"
    if parts[0] != "apis" or len(parts) == 1 or not _NOT_TOLD.isdisjoint(parts[2::2]):
        return ""
    return unquote(parts[1]).partition(";rev=")[0]
