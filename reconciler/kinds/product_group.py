"""Product-group links: who sees a product in the developer portal and may subscribe there."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.kinds.kind import Link
from reconciler.resource import Resource

ADMINISTRATORS = "administrators"


class ProductGroup(Link):
    """A group linked to a product; read from the products' own list."""

    name = "product-group"
    path = "products/{}/groups/{}"
    listing = "products?expandGroups=true"
    parts = ("product", "group")
    confirms_removal = True

    def rows(self, row: Mapping[str, Any]) -> Iterator[Resource]:
        """A product's row holds its groups; their `name` is the display name, so the id is taken from the path."""
        for group in (row.get("properties") or {}).get("groups") or ():
            yield Resource(self.address(row["name"], group["id"].rsplit("/", 1)[-1]))

    def built_in(self, resource: Resource) -> bool:
        """Azure links the administrators to every product."""
        return resource.address.name[1] == ADMINISTRATORS
