"""A policy document in; its elements, each with its place in the text and what stands in it, out."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.policy.scan import scan
from reconciler.policy.tokens import Expression, Value


@dataclass(slots=True, eq=False)
class Element:
    """From `start` to `end`, with what is inside from `inner` to `stop`: `<a/>` has no inside, and `empty` is true."""

    name: str
    start: int
    inner: int
    attributes: dict[str, Value]
    stop: int = -1
    end: int = -1
    empty: bool = False
    children: "list[Element]" = field(default_factory=list)
    text: Value = ()

    def walk(self) -> "Iterator[Element]":
        """Give this element and all within, in the document's order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(element.children)


def tree(text: str) -> Element:
    """Give the root, or raise PolicyError."""
    top = Element("", 0, 0, {})
    open_ = [top]
    texts: list[list[str | Expression]] = [[]]
    for token in scan(text).tokens:
        if token.kind == "open":
            element = Element(token.name, token.start, token.end, dict(token.attributes))
            open_[-1].children.append(element)
            open_.append(element)
            texts.append([])
        elif token.kind == "close":
            closed = open_.pop()
            closed.text = tuple(texts.pop())
            closed.stop, closed.end, closed.empty = token.start, token.end, token.start == token.end
        elif token.kind == "text":
            texts[-1] += token.value
    return top.children[0]
