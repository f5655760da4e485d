"""The approval that a change needs, as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """An approval by one of `teams`; where nobody can give it, there are none."""

    teams: tuple[str, ...]
    why: str
    path: str
