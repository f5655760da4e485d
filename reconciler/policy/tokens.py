"""What a policy document is made of: tokens with their place and values, and the error that says where it is broken."""

from dataclasses import dataclass
from typing import Any, Literal

from reconciler.errors import ReconcilerError

WHITE = " \t\r\n"


class PolicyError(ReconcilerError):
    """The document is broken at `line` and `column`, from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"{line}:{column}: {message}")
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, slots=True)
class Expression:
    """C# as tokens: what it says if the document is XML, and what it says if the document is raw."""

    escaped: tuple[str, ...]
    raw: tuple[str, ...]


Value = tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A part of the document, from `start` to `end`: one after the other they are all of it.

    `<a/>` gives an open token and a close token of no length. A comment, and an XML declaration, is `layout`.
    """

    kind: Literal["open", "close", "text", "layout"]
    start: int
    end: int
    name: str = ""
    attributes: tuple[tuple[str, Value], ...] = ()
    value: Value = ()


@dataclass(frozen=True, slots=True)
class Document:
    """All tokens, and whether an expression among them is legal only in `rawxml`."""

    tokens: tuple[Token, ...]
    raw: bool


def trimmed(value: list[Any]) -> list[Any]:
    """Take the white space off both ends of a value, but never off an expression."""
    if value and isinstance(value[0], str):
        value[0] = value[0].lstrip(WHITE)
    if value and isinstance(value[-1], str):
        value[-1] = value[-1].rstrip(WHITE)
    return [piece for piece in value if piece]


def place(text: str, offset: int) -> tuple[int, int]:
    """Give line and column, from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
