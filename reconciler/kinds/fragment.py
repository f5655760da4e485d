"""Policy fragments: XML that policies include by name; compared by what it means, not by how Azure lays it out."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.kinds.gate import is_generated
from reconciler.kinds.kind import Kind
from reconciler.naming import is_gate
from reconciler.policy.canonical import canonical
from reconciler.policy.tokens import PolicyError
from reconciler.resource import Resource


class Fragment(Kind):
    """A fragment. It has no PATCH, and a PUT answers before it is done (specification 2024-05-01)."""

    name = "fragment"
    path = "policyFragments/{}"
    listing = "policyFragments"
    fields = ("value", "description")
    patches = False
    partial = False

    def rows(self, row: Mapping[str, Any]) -> Iterator[Resource]:
        """Leave out the rules of products, which are no text of anybody's."""
        if not (is_gate(row["name"]) and is_generated((row.get("properties") or {}).get("value") or "")):
            yield from super().rows(row)

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
