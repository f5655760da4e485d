"""Markdown in; what GitHub would make of it out: anything in it that is more than text, a list, a table or a picture.

GitHub looks for mentions, issues and addresses in what Markdown gives, so they are looked for in the text of it.
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

OURS = re.compile(
    r"<!-- reconciler -->|<!-- (part|end): [\w.-]+ -->|</details>"
    r"|<details><summary>(Resources|Observed resources) \(\d+\)</summary>"
)
CALLS = re.compile(r"@[\w-]|#\d|://|\bwww\.|\bgh-\d|:[+\w-]+:|[\u200e\u200f\u202a-\u202e\u2066-\u2069]", re.IGNORECASE)
_BLOCKS = "bullet_list list_item paragraph heading blockquote table thead tbody tr th td strong em"
_LEAVES = "inline text code_inline hardbreak softbreak fence html_block"
STRUCTURE = frozenset([*(f"{each}_open" for each in _BLOCKS.split()), *_LEAVES.split()])
ICONS = re.compile(r":(heavy_plus_sign|heavy_minus_sign|pencil2|warning|memo|hourglass|white_check_mark):")
DRAWN = re.compile(
    r"flowchart LR|  accTitle: Who reaches what, before and after"
    r'|  n\d+(?:\(\["[\w .#;-]*"\]\)|\["[\w .#;-]*"\])'
    r'|  n\d+ (==>|-\.->|-->)\|"(gains |loses )?(key|portal|key and portal|open access)"\| n\d+'
    r"|  linkStyle \d+ stroke:#[0-9a-f]{6},stroke-width:\dpx(,stroke-dasharray:6 4)?",
    re.ASCII,
)


def strange(markdown: str) -> list[str]:
    """Name everything that no comment of ours has."""
    return list(_strange(MarkdownIt("commonmark").enable("table").parse(markdown)))


def _strange(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type not in STRUCTURE and not token.type.endswith("_close"):
            yield f"{token.type}: {token.content}"
        elif token.type == "html_block":
            yield from (line for line in token.content.splitlines() if line and not OURS.fullmatch(line))
        elif token.type == "fence":
            assert (token.info, token.markup) == ("mermaid", "```")
            yield from (line for line in token.content.splitlines() if not DRAWN.fullmatch(line))
        elif token.children:
            yield from _strange(token.children)
            text = "".join(each.content or " " for each in token.children)
            yield from (f"calls: {found}" for found in CALLS.findall(ICONS.sub("", text)))


def pictures(markdown: str) -> list[str]:
    """Give what is drawn in it."""
    return [token.content for token in MarkdownIt("commonmark").parse(markdown) if token.type == "fence"]
