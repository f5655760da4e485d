"""Parts of a comment and the comment as it stands in; the comment as it should be out, within GitHub's limit."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping

from reconciler.report.markdown import LIMIT

MARKER = "<!-- reconciler -->"
FIRST = "approvals"
NAME = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_BEGIN = re.compile(rf"^<!-- part: ({NAME.pattern}) -->\n", re.MULTILINE)
_END = re.compile(rf"\n<!-- end: ({NAME.pattern}) -->$", re.MULTILINE)
_MOST_PARTS, _LONGEST_NAME = 100, 255  # of what stands there, which whoever may write may have edited
_SHORTENED = "*This part is shortened: all of it is in what `reconciler` printed.*"
_FOOT = 1_000  # characters: a last paragraph up to this long is kept when the middle goes
_FENCE = "```"


def join(given: Mapping[str, str], standing: str | None, *, only: bool = False, limit: int = LIMIT) -> str:
    """Put parts into one comment: those given now are new, the others stay as they stand, unless `only` is said.

    Approvals come first. What stood keeps its place, what is new comes after it, and a part without text goes.
    """
    stood = {} if only else parts(standing or "")
    texts = {name: _tidy(text) for name, text in (stood | dict(given)).items()}
    names = sorted((name for name, text in texts.items() if text), key=lambda name: name != FIRST)
    frames = {name: (f"<!-- part: {name} -->\n", f"\n<!-- end: {name} -->") for name in names}
    room = limit - len(MARKER) - sum(len(opening) + len(closing) + 2 for opening, closing in frames.values())
    most = _most([len(texts[name]) for name in names], room)
    framed = [f"{frames[name][0]}{_short(texts[name], most)}{frames[name][1]}" for name in names]
    return "\n\n".join([MARKER, *framed])


def parts(comment: str) -> dict[str, str]:
    """Take a comment apart, in the order in which it stands."""
    comment = comment.replace("\r", "")
    ends = defaultdict[str, list[int]](list)
    for each in _END.finditer(comment):
        ends[each[1]].append(each.start())
    found, at = dict[str, str](), 0
    while len(found) < _MOST_PARTS and (begun := _BEGIN.search(comment, at)):
        name, at = begun[1], begun.end()
        index = bisect_left(ends[name], at)
        if index < len(ends[name]) and len(name) <= _LONGEST_NAME:
            found[name], at = comment[at : ends[name][index]], ends[name][index]
    return found


def _tidy(text: str) -> str:
    """Let no part begin or end a part: whoever wrote it only shows what looks like that."""
    return text.replace("\r", "").strip().replace("<!--", "&lt;!--")


def _most(lengths: list[int], room: int) -> int:
    """Say how long a part may be so that all fit: short ones whole, the longest ones equally short."""
    left = room
    for number, length in enumerate(sorted(lengths)):
        most = left // (len(lengths) - number)
        if length > most:
            return most
        left -= length
    return room


def _short(text: str, most: int) -> str:
    """Leave lines out before the last paragraph, and close what is open there: a picture is whole or not there."""
    if len(text) <= most:
        return text
    body, _, foot = text.rpartition("\n\n")
    if len(foot) > min(_FOOT, most // 2) or _FENCE in foot or "</details>" in foot:
        body, foot = text, ""
    end = "".join(f"\n\n{each}" for each in (_SHORTENED, foot) if each)
    kept = _whole(body, most - len(end))
    return f"{kept}{end}"[:most].strip()


def _whole(text: str, room: int) -> str:
    """Take lines from the beginning as long as they and what closes them fit; none of a fence that does not end."""
    taken: list[str] = []
    size = safe = opened = safely_opened = 0
    fenced = False
    closing = "\n\n</details>"
    for line in text.split("\n"):
        size += len(line) + 1
        fenced ^= line.startswith(_FENCE)
        opened += line.count("<details") - line.count("</details>")
        if size + opened * len(closing) > room:
            break
        taken.append(line)
        if not fenced:
            safe, safely_opened = len(taken), opened
    return "\n".join(taken[:safe]) + closing * safely_opened
