"""A declaration and where it stands."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Declared(Generic[T]):
    """One declaration and where it stands: whose it is, its name, its file and, inside the file, its keys."""

    team: str
    name: str
    value: T
    path: str
    keys: tuple[str | int, ...] = ()
