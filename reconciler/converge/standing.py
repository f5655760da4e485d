"""Approved files and a day in; what they declare and what is wrong in them, out: one point of the walk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reconciler.check import check
from reconciler.declarations import Declarations
from reconciler.errors import Problem, errors
from reconciler.load import load
from reconciler.sources import Files


@dataclass(frozen=True, slots=True)
class Standing:
    """The approved files at one point, read."""

    contents: Mapping[str, bytes]
    declarations: Declarations
    problems: frozenset[Problem]


def standing(folder: str, contents: Mapping[str, bytes], day: date) -> Standing:
    """Read them."""
    files = Files(folder, contents)
    loaded = load(files)
    return Standing(contents, loaded.declarations, frozenset(errors((*loaded.problems, *check(loaded, files, day)))))
