"""Rows and the text of `$orderby` in, the rows in that order out; a field that cannot be ordered by is a 400."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from reconciler.emulator.errors import invalid
from reconciler.emulator.odata import Fields

Row = TypeVar("Row")
_DIRECTIONS = {"asc": False, "desc": True}


def ordered(rows: Sequence[Row], clause: str, fields: Callable[[Row], Fields], allowed: frozenset[str]) -> list[Row]:
    """Order by `name`, `name desc` or several with commas. The refusal's text is unverified."""
    found = list(rows)
    for part in reversed(clause.split(",")):
        name, *rest = part.split()[:3] or [""]
        direction = rest[0].lower() if rest else "asc"
        if name not in allowed or direction not in _DIRECTIONS or len(rest) > 1:
            raise invalid(f"Invalid orderby clause specified: '{clause}'")
        found.sort(key=lambda row, name=name: _place(fields(row)(name)), reverse=_DIRECTIONS[direction])  # type: ignore[misc]
    return found


def _place(value: Any) -> tuple[bool, Any]:
    """Strings without case, as in a filter; what is missing comes first."""
    return value is not None, value.casefold() if isinstance(value, str) else value
