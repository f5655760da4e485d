"""What several resources stand in: a text of Azure's, taken apart, and written again with some of them changed."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from reconciler.resource import Address, Resource

Edit = tuple[Resource | None, Resource | None]
"""A resource before and after a change; None where it is not there."""


class Document(Protocol):
    """A kind of text. `name` is what messages call it, `shape` what Azure calls its format."""

    name: str

    def resources(self, address: Address, text: str) -> Iterator[Resource]:
        """Give what stands in the document of what `address` names; more of ours where that is not told apart."""
        ...

    def edited(self, address: Address, text: str | None, edits: Iterable[Edit]) -> str | None:
        """Make the edits, and leave everything else as it is; None means no document.

        Raises ValueError, of which PolicyError is one, where that cannot be done, in words for people.
        """
        ...
