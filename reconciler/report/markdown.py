"""A Story in, Markdown for a pull request out: access in the open, resources folded, never over GitHub's limit."""

import re
from collections.abc import Iterable, Sequence

from reconciler.errors import printable
from reconciler.report.story import Line, Row, Story

LIMIT = 65_536  # GitHub refuses a longer comment
_RESERVE = 200
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&:/.])")


def render(story: Story, *, limit: int = LIMIT) -> str:
    """Render within `limit` characters: lists are cut with the number left out, counts and fingerprint always stay."""
    head = f"### {inert(story.title)}\n\n"
    lines = (f"**{story.counts}**", story.budget, inert(story.unmanaged), f"Fingerprint `{story.fingerprint}`")
    foot = "\n" + "  \n".join(filter(None, lines)) + "\n"
    room = limit - len(head) - len(foot) - _RESERVE
    body = ""
    for section in (
        _list("", story.access, empty="Nobody gains or loses access.\n"),
        _list("\n**Observed only, nothing of this is written**\n\n", story.observed_access),
        _list("\n**To know**\n\n", story.notes),
        _table("Resources", story.resources),
        _table("Observed resources", story.observed_resources),
        _list("\n**New keys stay in API Management until their owner reads them**\n\n", story.keys),
    ):
        body += _fit(section, room - len(body))
    return head + body + foot


def inert(text: str) -> str:
    """Show text as it is: whatever an author wrote is no mention, link, image or HTML in a comment."""
    return (
        _SPECIAL.sub(r"\\\1", printable(text)).replace("\\@", "@\u200b").replace("\\&", "&amp;").replace("\\<", "&lt;")
    )


Section = tuple[str, Sequence[str], str]


def _list(title: str, lines: Iterable[Line], *, empty: str = "") -> Section:
    rows = [f"- {_ICONS[line.sign]} {inert(line.text)}\n" for line in lines]
    return (title, rows, "") if rows else (empty, (), "")


def _table(title: str, rows: Sequence[Row]) -> Section:
    if not rows:
        return "", (), ""
    opening = f"\n<details><summary>{title} ({len(rows)})</summary>\n\n| | kind | name | |\n|---|---|---|---|\n"
    cells = [f"| {_ICONS[row.sign]} | {row.kind} | {inert(row.name)} | {inert(row.detail)} |\n" for row in rows]
    return opening, cells, "\n</details>\n"


def _fit(section: Section, room: int) -> str:
    """Take as many rows as there is room for, and say how many are missing."""
    opening, rows, closing = section
    text = opening
    if len(opening) + len(closing) + _RESERVE > room:
        return f"\n*{len(rows)} more are left out here.*\n" if rows else ""
    for index, row in enumerate(rows):
        if len(text) + len(row) + len(closing) + _RESERVE > room:
            return f"{text}{closing}\n*{len(rows) - index} more are left out here.*\n"
        text += row
    return text + closing


_ICONS = {"+": ":heavy_plus_sign:", "-": ":heavy_minus_sign:", "~": ":pencil2:", "!": ":warning:", "·": ":memo:"}
