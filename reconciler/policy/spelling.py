"""Any text in; a C# or JSON string, or a word of XML, out; ValueError for what cannot safely be either.

The escapes are those that C# and JSON share, and nothing that means anything to XML, to C# or to API Management is
left unescaped in a string. So a string never ends early, begins no expression or named value, and reads the same
whether the document is taken as `xml` or as `rawxml`.
"""

import json
from unicodedata import category
from xml.sax.saxutils import escape

_SPECIAL = frozenset("\"'\\<>&{}@$")


def literal(text: str) -> str:
    """Write a text as a string of C# or JSON, with its quotes."""
    return '"' + "".join(c if c.isprintable() and c not in _SPECIAL else _escaped(c) for c in _checked(text)) + '"'


def text_of(literal: str) -> str:
    """Read a string that `literal` wrote; ValueError for one that is not."""
    text = json.loads(literal)
    if not isinstance(text, str):
        raise ValueError("no string")  # noqa: TRY004  what is read is text, whatever type it would give
    return text


def word(text: str) -> str:
    """Write an identifier (a URL, an audience, a role) as XML, in an attribute or as an element's text."""
    _checked(text)
    if not text or not text.isprintable() or " " in text:
        raise ValueError(f"{text!r} is no identifier: it is empty, or holds white space or what nobody can see")
    if any(sign in text for sign in ("@(", "@{", "{{")):  # in the middle, too: how Azure looks for them is unverified
        raise ValueError(f"{text!r} would be an expression or a named value of API Management")
    return escape(text, {'"': "&quot;", "'": "&apos;"})


def _checked(text: str) -> str:
    for c in text:
        if category(c) in ("Cc", "Cs"):
            raise ValueError(f"{text!r} holds a control character (U+{ord(c):04X})")
    return text


def _escaped(c: str) -> str:
    units = c.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
