"""The text of an issue that GitHub made from our form in; its answers, which nobody has checked yet, out."""

import re
from typing import Final

from reconciler.asking.answers import Answers, NotAskable

LABELS: Final = ("Team", "Product", "Environments", "What you need", "Reason", "Last day", "Component")
"""The form's own labels (.github/ISSUE_TEMPLATE/request-access.yml): GitHub writes `### Label` above each answer."""

_NOTHING: Final = "_No response_"
_HEADING: Final = "### "
_TICK: Final = re.compile(r"- \[(?P<tick>[ xX])\] (?P<option>.+)")


def read_form(text: str, *, author: str) -> Answers:
    """Read an issue. Whoever opened it asks, whatever its text says. Names of ours have no capitals."""
    found = _sections(text)
    need = [option.lower() for option in _options(found["What you need"])]
    return Answers(
        team=found["Team"].lower(),
        product=found["Product"].lower(),
        environments=tuple(_options(found["Environments"].lower())),
        key=any(option.startswith("key") for option in need),
        portal=any(option.startswith("portal") for option in need),
        reason=found["Reason"],
        expires=found["Last day"] or None,
        component=found["Component"] or None,
        requested_by=author,
    )


def _sections(text: str) -> dict[str, str]:
    """Divide at our labels only, so that a reason may have headings; a label that stands twice is refused."""
    found: dict[str, list[str]] = {}
    wrong: list[str] = []
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        label = line.removeprefix(_HEADING).rstrip()
        if not line.startswith(_HEADING) or label not in LABELS:
            lines.append(line)
            continue
        if label in found:
            wrong.append(f"`### {label}` stands twice in the issue: keep the one that counts")
        lines = found.setdefault(label, [])
    wrong += [
        f"`### {label}` is missing in the issue: open one with the form" for label in LABELS if label not in found
    ]
    if wrong:
        raise NotAskable(wrong)
    answers = {label: "\n".join(each).strip() for label, each in found.items()}
    return {label: "" if answer == _NOTHING else answer for label, answer in answers.items()}


def _options(answer: str) -> list[str]:
    """Read ticked boxes, or what was chosen or written with commas or spaces between."""
    if ticks := [match for line in answer.split("\n") if (match := _TICK.fullmatch(line.strip()))]:
        return [match["option"].strip() for match in ticks if match["tick"] != " "]
    return [word for word in re.split(r"[,\s]+", answer) if word]
