"""Fragments in force: a line in the policy of a product or an API, in a document that is otherwise somebody else's."""

from collections.abc import Iterable, Iterator

from reconciler.kinds.document import Edit
from reconciler.kinds.kind import Link
from reconciler.naming import gate_id
from reconciler.policy.edit import exclude, include, is_included, says_nothing
from reconciler.resource import Address, Resource


class _Policy:
    """A policy document, of which ours are the includes that stand directly in `inbound`, and nothing else."""

    name = "policy"

    def resources(self, address: Address, text: str) -> Iterator[Resource]:
        if is_included(text, _fragment(address)):
            yield Resource(address)

    def edited(self, address: Address, text: str | None, edits: Iterable[Edit]) -> str | None:  # noqa: ARG002
        """An include comes first of all, so rules go in before others: CORS answers calls that carry nothing yet."""
        for before, after in sorted(edits, key=_late):
            if after is not None:
                text = include(text, _fragment(after.address))
            elif before is not None and text is not None:
                text = exclude(text, _fragment(before.address))
        return None if text is None or says_nothing(text) else text


def _late(edit: Edit) -> tuple[bool, list[int]]:
    address = next(each.address for each in edit if each)
    return address.kind == ProductInclude.name, [-ord(character) for character in _fragment(address)]


def _fragment(address: Address) -> str:
    return address.name[1] if address.kind == ProductInclude.name else gate_id(address.name[-1])


class _InPolicy(Link):
    index = "allPolicies"
    document = _Policy()

    def goes_with(self, resource: Resource) -> tuple[Address, ...]:
        """A policy goes with what it is the policy of, and with nothing else: Azure keeps what is included."""
        return self.refers(resource)[:1]

    def place(self, address: Address) -> tuple[str, ...]:
        """The policy's own: its owner has one."""
        return address.name[:1]


class ProductInclude(_InPolicy):
    """Somebody's fragment in a product's policy."""

    name = "product-include"
    path = "products/{}/policies/policy"
    parts = ("product", "fragment")


class ProductRules(_InPolicy):
    """A product's rules in its own policy: in force for every call in the product's context."""

    name = "product-rules"
    path = "products/{}/policies/policy"
    parts = ("product",)

    def refers(self, resource: Resource) -> tuple[Address, ...]:
        """The product, and the fragment with its rules."""
        return (Address("product", resource.address.name), Address("gate", resource.address.name))


class ApiRules(_InPolicy):
    """A product's rules in the policy of an API: in force for every call of the API, whatever key it carries."""

    name = "api-rules"
    path = "apis/{}/policies/policy"
    parts = ("api", "product")

    def refers(self, resource: Resource) -> tuple[Address, ...]:
        """The API, and the fragment with the product's rules."""
        return (Address("api", resource.address.name[:1]), Address("gate", resource.address.name[1:]))

    def needs(self, resource: Resource) -> tuple[Address, ...]:
        """They are the product's."""
        return (*self.refers(resource), Address("product", resource.address.name[1:]))
