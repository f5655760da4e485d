"""API contacts: the one property of an API that this tool may set, where the environment's `marks` ask for it."""

from collections.abc import Mapping
from typing import Any

from reconciler.kinds.kind import Kind


class ApiContact(Kind):
    """The contact inside an API. It is never taken back: what stood there before is not known."""

    name = "api-contact"
    path = "apis/{}"
    listing = "apis"
    parts = ("api",)
    fields = ("name", "email", "url")
    partial = False  # a contact is one value: whether a PATCH merges inside it was never seen
    removable = False

    def observed(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Look inside the API."""
        return super().observed(properties.get("contact") or {})

    def body(self, properties: Mapping[str, Any], service: str) -> dict[str, Any]:  # noqa: ARG002
        """Send the contact and nothing else of the API."""
        return {"contact": dict(properties)}
