"""What GitHub knows of how a commit came, as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brought:
    """The pull request that brought a commit, if any did; who approved it as it was merged, and whose it was."""

    number: int | None
    approved: tuple[str, ...] = ()
    people: frozenset[str] = frozenset()
