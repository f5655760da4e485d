"""A policy document in, the same document spelled in another way out: read with expat and a C# reader of its own.

Nothing of `reconciler` is used: what an expression is, where its strings are and what XML may change are said again
here, so that the canonical form is held against a second opinion.
"""

import re
from collections.abc import Iterator
from random import Random
from xml.etree import ElementTree as ET

BEGIN = re.compile(r"<!--.*?-->|(?:=\s*[\"']|>)\s*(?=@[({])", re.DOTALL)
WHITE = [" ", "\n", "\r\n\t"]
LINES = re.compile(
    r"=\s*(?:\"\s*@[({][^\"]*\"|'\s*@[({][^']*')"
)  # an XML parser makes spaces of line ends in attributes
CLOSERS = {"(": ")", "{": "}"}


class Unreadable(Exception):
    """The document is not what this reader understands."""


def code_of(text: str, at: int) -> tuple[int, list[tuple[int, int]]]:
    """Give the end of the expression whose `@` is at `at`, and from where to where its strings' characters stand."""
    strings: list[tuple[int, int]] = []
    return _brackets(text, at + 1, strings), strings


def _brackets(text: str, at: int, strings: list[tuple[int, int]]) -> int:
    opener, closer, depth = text[at], CLOSERS[text[at]], 0
    while at < len(text):
        two, three = text[at : at + 2], text[at : at + 3]
        if two == "//":
            at = _after(text, "\n", at)
        elif two == "/*":
            at = _after(text, "*/", at + 2)
        elif three in ('$@"', '@$"'):
            at = _interpolated(text, at + 3, strings, verbatim=True)
        elif two == '$"':
            at = _interpolated(text, at + 2, strings, verbatim=False)
        elif two == '@"':
            at = _verbatim(text, at + 2, strings)
        elif text[at] in "\"'":
            at = _regular(text, at + 1, text[at], strings)
        else:
            depth += (text[at] == opener) - (text[at] == closer)
            at += 1
            if not depth:
                return at
    raise Unreadable("an expression without an end")


def _after(text: str, wanted: str, at: int) -> int:
    found = text.find(wanted, at)
    if found < 0:
        raise Unreadable(f"no {wanted!r}")
    return found + len(wanted)


def _regular(text: str, at: int, quote: str, strings: list[tuple[int, int]]) -> int:
    begin = at
    while text[at : at + 1] != quote:
        if at >= len(text) or text[at] == "\n":
            raise Unreadable("a string without an end")
        at += 2 if text[at] == "\\" else 1
    strings.append((begin, at))
    return at + 1


def _verbatim(text: str, at: int, strings: list[tuple[int, int]]) -> int:
    begin = at
    while True:
        at = _after(text, '"', at)
        if text[at : at + 1] != '"':
            strings.append((begin, at - 1))
            return at
        at += 1


def _interpolated(text: str, at: int, strings: list[tuple[int, int]], *, verbatim: bool) -> int:
    begin = at
    while at < len(text):
        two = text[at : at + 2]
        if two in ("{{", "}}") or (verbatim and two == '""') or (not verbatim and two[:1] == "\\"):
            at += 2
        elif text[at] == '"':
            strings.append((begin, at))
            return at + 1
        elif text[at] == "{":
            strings.append((begin, at))
            begin = at = _brackets(text, at, strings)
        else:
            at += 1
    raise Unreadable("an interpolated string without an end")


def expressions(text: str) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Give where every expression of a raw document begins and ends, and its strings."""
    at = 0
    while match := BEGIN.search(text, at):
        if match[0].startswith("<!--"):
            at = match.end() - 1  # the comment's `>` may be what stands before an expression
            continue
        begin = match.end()
        at, strings = code_of(text, begin)
        yield begin, at, strings


def with_other_strings(text: str, random: Random) -> Iterator[str]:
    """Give a raw document once for each string that its expressions hold, with one character of it changed."""
    for _, _, strings in expressions(text):
        for begin, end in strings:
            places = [at for at in range(begin, end) if text[at].isalnum() and text[at - 1] != "\\"]
            if places:
                at = random.choice(places)
                yield text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]


def as_xml(text: str, random: Random) -> str:
    """Write the expressions of a document as XML wants them, or raise Unreadable."""
    try:
        _read(text)
    except ET.ParseError:
        text = _escaped(text, random)
    text = LINES.sub(lambda value: value[0].replace("\n", "&#10;"), text)
    try:
        _read(text)
    except ET.ParseError as error:
        raise Unreadable(str(error)) from error
    return text


def _read(xml: str) -> ET.Element:
    return ET.fromstring(xml)  # noqa: S314


def _escaped(text: str, random: Random) -> str:
    parts, at = [], 0
    for begin, end, _ in expressions(text):
        parts += [text[at:begin], "".join(_entity(character, random) for character in text[begin:end])]
        at = end
    return "".join([*parts, text[at:]])


def _entity(character: str, random: Random) -> str:
    if character in "\r\n\t":
        return f"&#{ord(character)};"
    if character not in "<>&\"'":
        return character
    return random.choice([f"&#{ord(character)};", f"&#x{ord(character):X};"])


def respelled_by_xml(xml: str, random: Random) -> str:
    """Give a document that an XML parser reads as it reads `xml`, in other quotes, entities, orders and layout."""
    parts: list[str] = []
    _write(_read(xml), parts, random)
    return "".join(parts)


def _write(element: ET.Element, parts: list[str], random: Random) -> None:
    parts.append(f"<{element.tag}")
    attributes = list(element.attrib.items())
    random.shuffle(attributes)
    for name, value in attributes:
        quote = random.choice("\"'")
        parts.append(f"{random.choice(WHITE)}{name} = {quote}{_text(value, random, attribute=True)}{quote}")
    parts.append(random.choice([">", "\n>"]))
    parts.append(_content(element.text, random))
    for child in element:
        _write(child, parts, random)
        parts.append(_content(child.tail, random))
    parts.append(f"</{element.tag}\t>")


def _content(text: str | None, random: Random) -> str:
    if not (text or "").strip():
        return random.choice(["", "\n", "\r\n    ", "<!-- a @(comment -->", "\t<!---->\n"])
    return _text(text or "", random, attribute=False)


def _text(text: str, random: Random, *, attribute: bool) -> str:
    special = "<>&\"'\r\n\t" if attribute else "<>&\"'\r"
    spelled = [
        f"&#{ord(character)};" if character in special or random.random() < 0.05 else character for character in text
    ]
    return "".join(spelled)
