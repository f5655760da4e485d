"""An Effect in, a small Mermaid picture of who reaches what before and after out: what comes, what goes, what stays."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from reconciler.access import Access, How
from reconciler.effect import Effect
from reconciler.errors import printable
from reconciler.words import count

MOST = 12  # boxes: more than that nobody reads
_LONGEST = 40
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 .-]|[.-](?![A-Za-z0-9])")

_HOW: dict[How, str] = {"key": "key", "token": "token", "portal": "portal", "open": "open access"}

Fate = Literal["gained", "lost", "kept"]


@dataclass(frozen=True, slots=True)
class Edge:
    """Somebody reaches something, and whether that comes, goes or stays."""

    who: str
    thing: str
    how: str
    fate: Fate


def edges(effect: Effect) -> tuple[Edge, ...]:
    """Give what changes first, and what stays as it is of the same things; nothing where nothing changes."""
    if not (effect.gained or effect.lost):
        return ()
    fates: dict[Fate, tuple[Access, ...]] = {"gained": effect.gained, "lost": effect.lost, "kept": effect.kept}
    found: dict[tuple[str, str, Fate], dict[str, None]] = {}
    for fate, accesses in fates.items():
        for each in accesses:
            found.setdefault((each.who, each.thing, fate), {})[_HOW[each.how]] = None
    return tuple(Edge(who, thing, " and ".join(hows), fate) for (who, thing, fate), hows in found.items())


def picture(edges: Iterable[Edge]) -> str:
    """Draw them as a fenced block and a sentence that says how to read it; where they are many, the first of them.

    Every box has a generated id and a quoted label; what Mermaid or Markdown could read in it is written as a number.
    """
    edges = tuple(edges)
    if not edges:
        return ""
    boxes, drawn = _that_fit(edges)
    lines = [f"  {name}{_box(box)}" for box, name in boxes.items()]
    lines += [_arrow(edge, boxes) for edge in drawn]
    lines += [f"  linkStyle {number} {_STYLES[edge.fate]}" for number, edge in enumerate(drawn)]
    text = "\n".join(["```mermaid", "flowchart LR", "  accTitle: Who reaches what, before and after", *lines, "```"])
    fates = {edge.fate for edge in drawn}
    return f"\n{text}\n*{' '.join(_LEGEND[fate] for fate in _LEGEND if fate in fates)}{_left(edges, boxes)}*\n"


Box = tuple[bool, str]


def _ends(edge: Edge) -> tuple[Box, Box]:
    return (True, edge.who), (False, edge.thing)


def _that_fit(edges: Iterable[Edge]) -> tuple[dict[Box, str], list[Edge]]:
    boxes: dict[Box, str] = {}
    drawn = []
    for edge in edges:
        new = [box for box in _ends(edge) if box not in boxes]
        if len(boxes) + len(new) <= MOST:
            boxes |= {box: f"n{len(boxes) + number}" for number, box in enumerate(new, start=1)}
            drawn.append(edge)
    return boxes, drawn


def _left(edges: Iterable[Edge], boxes: dict[Box, str]) -> str:
    left = {box for edge in edges for box in _ends(edge)} - boxes.keys()
    people = sum(is_who for is_who, _ in left)
    parts = [count(people, "consumer")] * bool(people) + [count(len(left) - people, "thing")] * (len(left) > people)
    return f" And {' and '.join(parts)} more." if parts else ""


def _box(box: Box) -> str:
    is_who, text = box
    return f'(["{_label(text)}"])' if is_who else f'["{_label(text)}"]'


def _arrow(edge: Edge, boxes: dict[Box, str]) -> str:
    who, thing = (boxes[box] for box in _ends(edge))
    word = {"gained": "gains ", "lost": "loses ", "kept": ""}[edge.fate] + edge.how
    arrow = {"gained": "==>", "lost": "-.->", "kept": "-->"}[edge.fate]
    return f'  {who} {arrow}|"{word}"| {thing}'


def _label(text: str) -> str:
    """Write what an author wrote so that it is a label and nothing else: other characters stand as their numbers."""
    shown = printable(text)
    shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    return _NOT_PLAIN.sub(lambda found: f"#{ord(found[0])};", shown)


_STYLES: dict[Fate, str] = {
    "gained": "stroke:#1a7f37,stroke-width:4px",
    "lost": "stroke:#cf222e,stroke-width:2px,stroke-dasharray:6 4",
    "kept": "stroke:#8c959f,stroke-width:1px",
}
_LEGEND: dict[Fate, str] = {
    "gained": "Thick and green: gained.",
    "lost": "Dashed and red: lost.",
    "kept": "Thin and grey: as before.",
}
