"""Users: read to know whose subscriptions the developer portal made, and never written."""

from collections.abc import Mapping
from typing import Any

from reconciler.kinds.kind import Kind
from reconciler.resource import Address, Resource


class User(Kind):
    """A user and the ids of their groups."""

    name = "user"
    path = "users/{}"
    listing = "users?expandGroups=true"
    fields = ("email", "groups")
    writable = False
    removable = False

    def observed(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the ids of the groups. Their wire shape was never recorded; it is taken to be that of products."""
        known = super().observed(properties)
        known["groups"] = [group["id"].rsplit("/", 1)[-1] for group in known["groups"] or () if group.get("id")]
        return known

    def refers(self, resource: Resource) -> tuple[Address, ...]:
        """A user is in groups; deleting one ends the membership."""
        return tuple(Address("group", (group,)) for group in resource.properties.get("groups") or ())
