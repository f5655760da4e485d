"""What was asked, and what came of it, in; what an issue and a pull request say about it, as inert Markdown, out."""

from collections.abc import Iterable
from typing import Final

from reconciler.asking.answers import Answers
from reconciler.asking.grant import Asked
from reconciler.report.markdown import inert

MARKER: Final = "<!-- reconciler: request -->"
_MOST: Final = 20
_LONG: Final = 300  # characters of one reason


def refusal(reasons: Iterable[str]) -> str:
    """Say on the issue why nothing is proposed yet."""
    lines = [f"- {inert(each if len(each) <= _LONG else f'{each[:_LONG]}...')}" for each in reasons]
    left = [f"- and {len(lines) - _MOST} more"] * (len(lines) > _MOST)
    listed = "\n".join([*lines[:_MOST], *left])
    return f"{MARKER}\nThis cannot be asked for yet:\n\n{listed}\n\nEdit the issue above, and it is read again."


def receipt(asked: Asked, request: int) -> str:
    """Say on the issue where it goes on."""
    return f"{MARKER}\n{inert(asked.title)}: #{request} waits for {inert(asked.owner)}, who owns it.{_warned(asked)}"


def description(asked: Asked, answers: Answers, issue: int | None = None) -> str:
    """Say in the pull request who asks, what for, and who decides."""
    who = inert(answers.requested_by or answers.team)
    came = f" in #{issue}" if issue else ""
    closes = f"\n\nCloses #{issue}." if issue else ""
    said = f"{who} asks{came}: {inert(asked.title)}.\n\n> {inert(answers.reason)}"
    return f"{said}\n\n{inert(asked.owner)} owns it and decides.{_warned(asked)}{closes}"


def _warned(asked: Asked) -> str:
    return "".join(f"\n\nTo know: {inert(each)}." for each in asked.warnings)
