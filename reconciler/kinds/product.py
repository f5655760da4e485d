"""Products: what is published and subscribed to."""

from typing import Any

from reconciler.kinds.kind import Kind
from reconciler.resource import Address, Resource


class Product(Kind):
    """A product. Azure makes a subscription along with a new one that needs keys (Azure/apiops #707, #645)."""

    name = "product"
    path = "products/{}"
    listing = "products?expandGroups=true"
    fields = (
        "displayName",
        "description",
        "terms",
        "state",
        "subscriptionRequired",
        "approvalRequired",
        "subscriptionsLimit",
    )
    delete_query = "deleteSubscriptions=true"
    made_along = "products/{}/subscriptions"

    def product(self, resource: Resource) -> str | None:
        """It is governed as itself."""
        return resource.address.name[0]

    def initial(self, address: Address) -> dict[str, Any]:
        """Azure wants a display name; the product's name serves."""
        return {"displayName": address.name[0]}

    def writes(self, before: Resource | None, after: Resource | None) -> int:
        """A new product that needs keys costs a second write: the deletion of the subscription made along with it."""
        made_along = before is None and after is not None and after.properties.get("subscriptionRequired") is not False
        return super().writes(before, after) + made_along
