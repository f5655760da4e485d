"""Pairs of names that belong together, such as product and group: found from either side at the same cost."""

from collections.abc import Iterator, Mapping

_NONE: Mapping[str, None] = {}


class Links:
    """One relation. Both published views of it, and the link resources of newer versions, read this one truth."""

    def __init__(self) -> None:
        self._rights: dict[str, dict[str, None]] = {}
        self._lefts: dict[str, dict[str, None]] = {}

    def add(self, left: str, right: str) -> bool:
        """Link the two; False when they were linked already."""
        if self.has(left, right):
            return False
        self._rights.setdefault(left, {})[right] = None
        self._lefts.setdefault(right, {})[left] = None
        return True

    def remove(self, left: str, right: str) -> bool:
        if not self.has(left, right):
            return False
        del self._rights[left][right]
        del self._lefts[right][left]
        return True

    def has(self, left: str, right: str) -> bool:
        return right in self._rights.get(left, _NONE)

    def rights(self, left: str) -> tuple[str, ...]:
        return tuple(self._rights.get(left, _NONE))

    def lefts(self, right: str) -> tuple[str, ...]:
        return tuple(self._lefts.get(right, _NONE))

    def drop_left(self, left: str) -> None:
        for right in self.rights(left):
            self.remove(left, right)

    def drop_right(self, right: str) -> None:
        for left in self.lefts(right):
            self.remove(left, right)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((left, right) for left, rights in self._rights.items() for right in rights)
