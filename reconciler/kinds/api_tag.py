"""API-tag links: how ownership shows on an API, where the environment's `marks` ask for it."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.kinds.kind import Link
from reconciler.resource import Resource


class ApiTag(Link):
    """A tag on an API; one list has those of APIs, operations and products."""

    name = "api-tag"
    path = "apis/{}/tags/{}"
    listing = "tagResources"
    parts = ("api", "tag")

    def rows(self, row: Mapping[str, Any]) -> Iterator[Resource]:
        """Take the rows that are about an API; ids are `/apis/x` and `/tags/y`, or full ones."""
        if row.get("api") and row.get("tag"):
            yield Resource(self.address(row["api"]["id"].rsplit("/", 1)[-1], row["tag"]["id"].rsplit("/", 1)[-1]))
