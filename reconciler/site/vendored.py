"""Nothing in; the files that every site is shipped with out: style, scripts, and other people's libraries unaltered."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

_ASSETS: Final = files("reconciler.site") / "assets"
ZOOM: Final = tuple(
    f"d3-{name}.min.js"
    for name in ("color", "dispatch", "ease", "interpolate", "selection", "timer", "drag", "transition", "zoom")
)
"""What the matrix is moved and zoomed by, each after those that it builds on."""


@dataclass(frozen=True, slots=True)
class Vendored:
    """A library that is shipped: its files with their SHA-256, as they came out of the package of that version."""

    name: str
    version: str
    licence: str
    text: str
    files: dict[str, str]


def vendored() -> tuple[Vendored, ...]:
    """Give the record of what is shipped."""
    record = json.loads((_ASSETS / "vendor" / "vendored.json").read_text())
    return tuple(Vendored(**each) for each in record)


def assets() -> Iterator[tuple[str, bytes]]:
    """Give every file below `assets/`."""
    for folder, where in ((_ASSETS, "assets"), (_ASSETS / "vendor", "assets/vendor")):
        for each in folder.iterdir():
            if each.is_file() and each.name != "vendored.json":
                yield f"{where}/{each.name}", each.read_bytes()
