"""The files of a folder that a command makes, and what lies there, in; what to write and what to take away out."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from reconciler.errors import Refused
from reconciler.json_text import from_json

MADE: Final = ".made.json"
"""Lists what was made: whatever else lies in the folder is somebody's own."""


def changes(
    files: Mapping[str, bytes], lying: Callable[[str], bytes | None], *, folder: str
) -> Mapping[str, bytes | None]:
    """Give what differs, in the order to write it: None for a file that was made and is not wanted any more.

    A run that is cut short can go on: what goes, goes first, and a file is on the list before it is made. Raises
    Refused rather than write over what somebody else made.
    """
    made = _made(lying(MADE))
    there = {name: lying(name) for name in files}
    wanted = {name: content for name, content in sorted(files.items()) if there[name] != content}
    if strange := [name for name in wanted if there[name] is not None and name not in made]:
        raise Refused(
            f"{folder}/{strange[0]} was not made by this command, and would be written over. "
            "Name another folder by --output, or move that file away."
        )
    gone = dict.fromkeys(sorted(made - set(files)))
    listed = {MADE: _list(files)} if made != set(files) else {}
    return {**gone, **listed, **wanted}


def _made(content: bytes | None) -> frozenset[str]:
    """Read the list. It lies in git, where anybody may have written into it: no name leads out of the folder."""
    try:
        names = from_json(content or b"[]")
    except ValueError:
        return frozenset()
    if not isinstance(names, list):
        return frozenset()
    paths = (PurePosixPath(name) for name in names if isinstance(name, str))
    return frozenset(str(path) for path in paths if not path.is_absolute() and ".." not in path.parts)


def _list(names: Iterable[str]) -> bytes:
    return (json.dumps(sorted(names), indent=0) + "\n").encode()
