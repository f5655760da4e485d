"""Policy fragments: XML that policies include by name; compared by what it means, not by how Azure lays it out."""

from collections.abc import Mapping
from typing import Any

from reconciler.kinds.kind import Kind
from reconciler.policy.canonical import canonical
from reconciler.policy.tokens import PolicyError


class Fragment(Kind):
    """A fragment. It has no PATCH, and a PUT answers before it is done (specification 2024-05-01)."""

    name = "fragment"
    path = "policyFragments/{}"
    listing = "policyFragments"
    fields = ("value", "description")
    patches = False
    partial = False

    def body(self, properties: Mapping[str, Any], service: str) -> dict[str, Any]:  # noqa: ARG002
        """Send expressions as they are written, not escaped."""
        return {**properties, "format": "rawxml"}

    def meaning(self, name: str, value: Any) -> Any:
        """Compare documents by their canonical form; what cannot be read is only equal to itself."""
        if name == "value" and isinstance(value, str):
            try:
                return canonical(value)
            except PolicyError:
                return value
        return super().meaning(name, value)
