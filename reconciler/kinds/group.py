"""Groups: a team as API Management knows it, custom or mirrored from Entra."""

import re
from typing import Any

from reconciler.kinds.kind import Kind
from reconciler.resource import Resource

ENTRA = re.compile(r"aad://(?P<tenant>[^/]+)/groups/(?P<object>[0-9a-fA-F-]+)/?")


class Group(Kind):
    """A group of the service. Changing the type in place was never seen to work, so it is not tried."""

    name = "group"
    path = "groups/{}"
    listing = "groups"
    fields = ("displayName", "description", "type", "externalId")
    identified_by = "externalId"

    def meaning(self, name: str, value: Any) -> Any:
        """Compare Entra groups by object id: the tenant is spelled by name or by id (azurerm #19981)."""
        if name == "externalId" and isinstance(value, str) and (match := ENTRA.fullmatch(value)):
            return match["object"].lower()
        return super().meaning(name, value)

    def built_in(self, resource: Resource) -> bool:
        """Administrators, developers and guests are Azure's."""
        return resource.properties.get("type") == "system"
