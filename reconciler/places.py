"""Files in, Problems with line and column out: positions are looked for only when there is something to report."""

from collections.abc import Mapping, Sequence

from reconciler.document import Position, positions
from reconciler.errors import DeclarationError, Problem
from reconciler.sources import Files

Keys = Sequence[str | int]


class Places:
    """Finds where a key stands. A file's positions are worked out once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._known: dict[str, Mapping[tuple[str | int, ...], Position]] = {}

    def problem(self, path: str, keys: Keys, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Make a problem at the value under `keys`, at its key, or at the nearest place above it that exists.

        `path` is relative to the folder, as files are named in `Files`.
        """
        line, column = self.find(path, tuple(keys), at_key=at_key)
        return Problem(self._files.shown(path), line, column, message, hint)

    def find(self, path: str, keys: tuple[str | int, ...], *, at_key: bool = False) -> tuple[int, int]:
        """Give line and column, counted from 1."""
        if path not in self._known:
            self._known[path] = self._positions(path)
        known = self._known[path]
        while keys and keys not in known:
            keys, at_key = keys[:-1], False
        place = known.get(keys)
        if place is None:
            return 1, 1
        return (place.key or place.value) if at_key else place.value

    def _positions(self, path: str) -> Mapping[tuple[str | int, ...], Position]:
        try:
            return positions(self._files.contents[path]) if path.endswith(".yaml") else {}
        except (KeyError, DeclarationError):
            return {}  # a file that is not there, or cannot be read, has its own problem
