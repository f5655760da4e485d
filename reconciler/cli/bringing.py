"""A repository's folder in; what GitHub needs there to run this tool, written beside what is there already, out."""

from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.options import day

CODEOWNERS = ".github/CODEOWNERS"


@dataclass(frozen=True, slots=True)
class Brought:
    """The files that were written, and those that stand there in other words and were left."""

    written: tuple[str, ...]
    left: tuple[str, ...]


def bring(directory: Path, *, force: bool = False) -> Brought:
    """Write the workflows, the form and CODEOWNERS. What differs is somebody's change: it stays, unless by `force`."""
    from reconciler.cli.run import declared  # noqa: PLC0415  the help must not wait for the models
    from reconciler.codeowners import HEAD, codeowners  # noqa: PLC0415
    from reconciler.github_files import github_files  # noqa: PLC0415

    owners = codeowners(declared(directory / "access", day=day(None)).declarations, "access")
    written, left = [], []
    for name, text in {**github_files(), CODEOWNERS: owners}.items():
        there = _text(directory / name)
        if there == text:
            continue
        if there is None or force or (name == CODEOWNERS and there.startswith(HEAD)):
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text, encoding="utf-8")
            written.append(name)
        else:
            left.append(name)
    return Brought(tuple(written), tuple(left))


def _text(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8", errors="replace") if path.is_file() else None
