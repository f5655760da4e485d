"""Declarations of one kind, file by file, in; all of them in the order of files out, at the cost of what changes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any

from reconciler.declarations import Declared


class Listed:
    """Keeps them in order: to sort ten thousand anew for each of a thousand commits would take most of the time."""

    def __init__(self) -> None:
        self._paths: list[str] = []
        self._items: list[Declared[Any]] = []

    def forget(self, path: str) -> bool:
        """Take out those of a file; say whether there were any."""
        before, here = len(self._paths), self._of(path)
        del self._paths[here], self._items[here]
        return len(self._paths) < before

    def put(self, path: str, items: Iterable[Declared[Any]]) -> None:
        """Put in those of a file that has none here yet."""
        new, at = list(items), self._of(path).start
        self._paths[at:at] = [path] * len(new)
        self._items[at:at] = new

    def get(self, path: str) -> list[Declared[Any]]:
        """Give those of a file."""
        return self._items[self._of(path)]

    def all(self) -> tuple[Declared[Any], ...]:
        """Give all of them."""
        return tuple(self._items)

    def _of(self, path: str) -> slice:
        return slice(bisect_left(self._paths, path), bisect_right(self._paths, path))
