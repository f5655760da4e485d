"""A stream that GitHub Actions reads in; the same stream out, on which no line is a command to the runner.

The runner obeys lines that begin with `::`, whatever blanks come first, and `##[...]` anywhere in a line
(actions/runner, ActionCommand.cs). What is printed holds names that anybody may have written, and a table folds them
anywhere.
"""

import io
import os
import re
import stat
import sys
from typing import Final

_PARTS: Final = re.compile(r"[^\r\n]+|[\r\n]+")


class Guarded(io.TextIOWrapper):
    """Parts what would be a command by a blank."""

    _line = ""

    def write(self, text: str) -> int:
        """Write it so."""
        super().write("".join(map(self._part, _PARTS.findall(text))))
        return len(text)

    def commands(self, text: str) -> None:
        """Write lines that are meant as commands."""
        super().write(text)

    def _part(self, part: str) -> str:
        if part[0] in "\r\n":
            self._line = ""
            return part
        before, self._line = self._line, self._line + part
        known = len(before)
        if not before.lstrip().startswith("::") and self._line.lstrip().startswith("::"):
            at = self._line.index("::") + 1
            self._line = f"{self._line[:at]} {self._line[at:]}"
        self._line = self._line[:known] + (before[-2:] + self._line[known:]).replace("##[", "## [")[len(before[-2:]) :]
        return self._line[known:]


def guard() -> None:
    """Guard both streams in a job of GitHub Actions. A file is read by nobody for commands, and stays as it is."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        real = stream is getattr(sys, f"__{name}__")  # and nobody else has put his own there
        if real and isinstance(stream, io.TextIOWrapper) and not _is_file(stream):
            encoding, wrong = stream.encoding, stream.errors
            setattr(sys, name, Guarded(stream.detach(), encoding=encoding, errors=wrong, line_buffering=True))


def command(line: str) -> None:
    """Write a line that is meant as a command."""
    if isinstance(sys.stdout, Guarded):
        sys.stdout.commands(f"{line}\n")
    else:
        sys.stdout.write(f"{line}\n")


def _is_file(stream: io.TextIOWrapper) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:
        return False
