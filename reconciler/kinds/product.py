"""Products: what is published and subscribed to."""

from collections.abc import Mapping
from typing import Any, ClassVar

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
    begun: ClassVar[Mapping[str, str]] = {
        "description": "Reconciler is making this product: the subscription that Azure made along with it is to go."
    }

    def product(self, resource: Resource) -> str | None:
        """It is governed as itself."""
        return resource.address.name[0]

    def initial(self, address: Address) -> dict[str, Any]:
        """Azure wants a display name; the product's name serves."""
        return {"displayName": address.name[0]}

    def writes(self, before: Resource | None, after: Resource | None) -> int:
        """A new product that needs keys costs two more: the subscription made along with it goes, and it says so."""
        return super().writes(before, after) + (2 if before is None else 1) * self.cleans(before, after)

    def cleans(self, before: Resource | None, after: Resource | None) -> bool:
        """Azure makes a subscription along with what needs keys, now or in a run that was stopped there."""
        if after is None:
            return False
        if before is None:
            return after.properties.get("subscriptionRequired") is not False
        return self.unfinished(before.properties)

    def following(self, before: Resource, after: Resource) -> Resource:
        """Take the words of a run that was stopped away, also where nothing else is declared."""
        if not self.unfinished(before.properties):
            return after
        return Resource(after.address, {**dict.fromkeys(self.begun, ""), **after.properties}, after.origin)
