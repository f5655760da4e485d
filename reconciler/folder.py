"""Files in, on disk out: each whole or not at all, in the order given, so that what is cut short can go on."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path


def write(folder: Path, files: Mapping[str, bytes | None], *, tell: Callable[[str], None]) -> None:
    """Write files below a folder, and remove those that are None. An interruption leaves no file half written."""
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name}.new")
            beside.write_bytes(content)
            os.replace(beside, path)  # noqa: PTH105  the one call that is atomic
        tell(name)
