"""Pairs of names that belong together, such as product and group: found from either side at the same cost."""

from collections.abc import Iterator, Mapping

_NONE: Mapping[str, str] = {}


class Links:
    """One relation. Both published views of it, and the link resources of newer versions, read this one truth.

    A pair has a label where a link resource gave it a name of its own.
    """

    def __init__(self) -> None:
        self._rights: dict[str, dict[str, str]] = {}
        self._lefts: dict[str, dict[str, None]] = {}

    def add(self, left: str, right: str, label: str = "") -> bool:
        """Link the two; False when they were linked already."""
        if self.has(left, right):
            return False
        self._rights.setdefault(left, {})[right] = label
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

    def label(self, left: str, right: str) -> str:
        return self._rights[left][right]

    def rights(self, left: str) -> tuple[str, ...]:
        return tuple(self._rights.get(left, _NONE))

    def lefts(self, right: str) -> tuple[str, ...]:
        return tuple(self._lefts.get(right, ()))

    def drop_left(self, left: str) -> None:
        for right in self.rights(left):
            self.remove(left, right)

    def drop_right(self, right: str) -> None:
        for left in self.lefts(right):
            self.remove(left, right)

    def drop_below(self, path: str) -> None:
        """Drop the pairs of everything that is named below a path, on either side."""
        for left in [left for left in self._rights if left.startswith(f"{path}/")]:
            self.drop_left(left)
        for right in [right for right in self._lefts if right.startswith(f"{path}/")]:
            self.drop_right(right)

    def rename_below(self, old: str, new: str) -> None:
        """Let what is named below one path be named below another."""

        def renamed(name: str) -> str:
            return f"{new}{name.removeprefix(old)}" if name.startswith(f"{old}/") else name

        for left, right, label in list(self.labelled()):
            if (renamed(left), renamed(right)) != (left, right):
                self.remove(left, right)
                self.add(renamed(left), renamed(right), label)

    def labelled(self) -> Iterator[tuple[str, str, str]]:
        return ((left, right, label) for left, rights in self._rights.items() for right, label in rights.items())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((left, right) for left, right, _ in self.labelled())
