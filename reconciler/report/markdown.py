"""A Story in, Markdown for a pull request out: access in the open, resources folded, never over GitHub's limit."""

import re
from collections.abc import Iterable, Sequence

from reconciler.errors import printable
from reconciler.report.picture import picture
from reconciler.report.story import Line, Row, Story

LIMIT = 65_536  # GitHub refuses a longer comment
_RESERVE = 200
_NAMES = 5
_NOBODY = "Nobody gains or loses access.\n"
_NOTHING = "Nothing that matters changes.\n"
_SEEN_LATER = re.compile(r"\\[@#]|\\:(?=[\w\\-])|\bgh-(?=\d)|www(?=\\\.)", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&:/.])")


def render(story: Story, *, limit: int = LIMIT) -> str:
    """Render within `limit` characters: lists are cut with the number left out, counts and fingerprint always stay."""
    head = f"### {inert(story.title)}\n\n{_whoever_approves(story)}"
    foot = _foot(story)
    room = limit - len(head) - len(foot) - _RESERVE
    body = ""
    for section in (
        listed("", story.access, empty=_NOBODY if story.resources or story.observed_resources else _NOTHING),
        (picture(story.edges), (), ""),
        listed("\n**Observed only, nothing of this is written**\n\n", story.observed_access),
        listed("\n**To know**\n\n", story.notes),
        _table("Resources", story.resources),
        _table("Observed resources", story.observed_resources),
        listed("\n**New keys, which nothing here shows**\n\n", story.keys),
    ):
        body += fit(section, min(room - len(body), limit // 2))  # no list takes the room of all that follow
    return head + body + foot


def _whoever_approves(story: Story) -> str:
    """Ask for the fingerprint where the files alone do not show what is approved: an apply will look for it."""
    if not story.unnamed:
        return ""
    names = ", ".join(map(inert, story.unnamed[:_NAMES])) + _more(len(story.unnamed) - _NAMES)
    return (
        f"> [!IMPORTANT]\n> **Whoever approves writes the fingerprint `{story.fingerprint}` into the review**, "
        f"because this takes away what no file names: {names}.\n\n"
    )


def _more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""


def _foot(story: Story) -> str:
    if not (story.resources or story.observed_resources):
        return ""
    lines = (f"**{story.counts}**", story.budget, inert(story.unmanaged), f"Fingerprint `{story.fingerprint}`")
    return "\n" + "  \n".join(filter(None, lines)) + "\n"


def inert(text: str) -> str:
    """Show text as it is: whatever an author wrote is no mention, link, image or HTML in a comment.

    GitHub looks for mentions, issues, emoji and addresses in what Markdown gives, so an unseen blank parts them, too.
    """
    shown = _SPECIAL.sub(r"\\\1", printable(text)).replace("\\&", "&amp;").replace("\\<", "&lt;")
    return _SEEN_LATER.sub(lambda found: f"{found[0]}\u200b", shown)


Section = tuple[str, Sequence[str], str]


def listed(title: str, lines: Iterable[Line], *, empty: str = "") -> Section:
    """Make a list of lines under a title, or say that there is none."""
    rows = [f"- {_ICONS[line.sign]} {inert(line.text)}\n" for line in lines]
    return (title, rows, "") if rows else (empty, (), "")


def _table(title: str, rows: Sequence[Row]) -> Section:
    if not rows:
        return "", (), ""
    opening = f"\n<details><summary>{title} ({len(rows)})</summary>\n\n| | kind | name | |\n|---|---|---|---|\n"
    cells = [f"| {_ICONS[row.sign]} | {row.kind} | {inert(row.name)} | {inert(row.detail)} |\n" for row in rows]
    return opening, cells, "\n</details>\n"


def fit(section: Section, room: int) -> str:
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
