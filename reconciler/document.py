"""The bytes of one YAML file in, plain values out, or a Problem with line and column for everything refused."""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # from whichever C library is installed
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reconciler.errors import DeclarationError, Problem
from reconciler.yaml_syntax import explain_syntax, within

DEEPEST = 32
MOST_PROBLEMS = 100
LONGEST_NUMBER = 1000  # Python refuses to print an integer of more than 4300 digits
PURE_UP_TO = 16 * 1024  # characters: the worst of them take the pure parser 0.3 seconds

# What YAML forbids; the line ends that only YAML 1.1 knows, where a comment would end unseen and a key begin; and the
# marks that show a reviewer the text in another order than it is read in.
UNSEEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)"
)

# The core schema of YAML 1.2: `yes`, `on` and dates are text.
WORDS: Mapping[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
    **{word: float("nan") for word in (".nan", ".NaN", ".NAN")},
}
STARTS_NUMBER = frozenset("+-.0123456789")
NUMBER = re.compile(
    r"(?P<based>0o[0-7]+|0x[0-9a-fA-F]+)|(?P<int>[-+]?[0-9]+)"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
)
LONGEST_QUOTATION = 40

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, from 1, of a value and, in a mapping, of its key."""

    key: tuple[int, int] | None
    value: tuple[int, int]


class _Enough(Exception):
    """Nothing after this is worth reading."""


def parse(path: str, content: bytes) -> object:
    """Give what the file says (an empty one: None), or raise DeclarationError with all its problems."""
    text = _text(path, content)
    reader = _Reader(path, text, CParser(text).get_event)
    try:
        value = reader.document()
    except YAMLError as error:
        value, reader = _second_opinion(reader, error)
    if reader.problems:
        raise DeclarationError(reader.problems)
    return value


def positions(content: bytes) -> Mapping[Keys, Position]:
    """Give where everything stands, by its path of keys, in a file that `parse` accepts; `()` is the whole of it."""
    try:
        parse("", content)
    except DeclarationError:
        return {(): Position(None, (1, 1))}
    text = _text("", content)
    try:
        return _located(CParser(text).get_event, text)
    except YAMLError:
        return _located(_pure(text).__next__, text)


def _text(path: str, content: bytes) -> str:
    """Decode, and refuse what cannot be seen."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DeclarationError([Problem(path, 1, 1, "the file is UTF-16", "Save it as UTF-8")])
    if (nul := content.find(b"\0")) >= 0:
        at = _end(content[:nul].decode(errors="replace"))
        raise DeclarationError([Problem(path, *at, "not a text file: it holds a NUL byte", "Write YAML in UTF-8")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte, before = error.object[error.start], error.object[: error.start].decode()
        raise DeclarationError(
            [Problem(path, *_end(before), f"byte 0x{byte:02X} is not UTF-8", "Save it as UTF-8")]
        ) from None
    unseen = islice(UNSEEN.finditer(text), MOST_PROBLEMS)
    if problems := [_unseen(path, _end(text[: match.start()]), match[0]) for match in unseen]:
        raise DeclarationError(problems)
    return text


def _end(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _unseen(path: str, at: tuple[int, int], character: str) -> Problem:
    if character == "\r":
        return Problem(path, *at, "a carriage return without a line feed", "End lines with LF or CRLF")
    name = unicodedata.name(character, "control character")
    message = f"U+{ord(character):04X} ({name}) cannot be seen in a review"
    return Problem(path, *at, message, "Remove it, or write it as an escape in double quotes")


class _Reader:
    """Builds the value in one pass over the events: libyaml's own composer crashes the process on deep nesting."""

    def __init__(self, path: str, text: str, take: Callable[[], Any]) -> None:
        self.path, self.text, self.take = path, text, take
        self.problems: list[Problem] = []

    def document(self) -> object:
        self.take()
        if type(start := self.take()) is not DocumentStartEvent:
            return None
        try:
            if start.explicit:
                self._directives(self.text[: start.end_mark.index])
            value = self._node(self.take(), 1)
            self.take()
            if type(event := self.take()) is DocumentStartEvent:
                self._refuse(event, "a second document begins here", "Write a file for each")
        except _Enough:
            return None
        return value

    def _directives(self, head: str) -> None:
        for number, line in enumerate(head.split("\n"), 1):
            if line.startswith("%") and line.split()[:2] != ["%YAML", "1.2"]:
                self._add(number, 1, f"the directive `{_short(line)}`", "Remove it: files are YAML 1.2")

    def _node(self, event: Any, depth: int) -> object:
        kind = type(event)
        if kind is AliasEvent:
            self._refuse(
                event, f"the alias `*{_short(event.anchor)}`", "Write the value itself, or quote it if it is text"
            )
            return None
        if event.ctag is not None or event.anchor is not None:
            self._properties(event)
        if kind is ScalarEvent:
            return event.value if event.style else self._plain(event)
        if depth > DEEPEST:
            self._refuse(event, f"nested deeper than {DEEPEST} levels", "Nothing here needs so many")
            raise _Enough
        return self._mapping(depth) if kind is MappingStartEvent else self._sequence(depth)

    def _properties(self, event: Any) -> None:
        hint = "Leave it out, or quote the value if it is text"
        if event.anchor is not None:
            self._refuse(event, f"the anchor `&{_short(event.anchor)}`", hint)
        if event.ctag is not None:
            self._refuse(event, f"the tag `{_short(event.tag)}`", hint)

    def _plain(self, event: Any) -> object:
        try:
            return _plain(event.value)
        except ValueError:
            self._refuse(event, f"a number of {len(event.value)} digits", "Put it in quotes if it is text")
            return None

    def _mapping(self, depth: int) -> dict[str, object]:
        entries: dict[str, object] = {}
        marks: dict[str, Any] = {}
        take = self.take
        while type(event := take()) is not MappingEndEvent:
            key = self._key(event, depth)
            value = self._node(take(), depth + 1)
            if key is None:
                continue
            if key in entries:
                first = f"It stands in line {marks[key].line + 1}, column {marks[key].column + 1} already"
                self._refuse(event, f"the key `{_short(key)}` is given twice", first)
                continue
            entries[key] = value
            marks[key] = event.start_mark
        return entries

    def _key(self, event: Any, depth: int) -> str | None:
        key = self._node(event, depth + 1)
        if type(event) is ScalarEvent:
            if isinstance(key, str) and (event.style or key != "<<"):
                return key
            self._refuse(event, *_wrong_key(event.value))
        elif type(event) is not AliasEvent:
            self._refuse(event, "a list or mapping as a key", "Put it in quotes if it is text")
        return None

    def _sequence(self, depth: int) -> list[object]:
        items: list[object] = []
        take = self.take
        while type(event := take()) is not SequenceEndEvent:
            items.append(self._node(event, depth + 1))
        return items

    def _refuse(self, event: Any, message: str, hint: str) -> None:
        self._add(*_place(event), message, hint)

    def _add(self, line: int, column: int, message: str, hint: str) -> None:
        self.problems.append(Problem(self.path, line, column, message, hint))
        if len(self.problems) == MOST_PROBLEMS:
            self.problems.append(Problem(self.path, line, column, "more problems are not listed", "Mend these first"))
            raise _Enough


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTATION else text[:LONGEST_QUOTATION] + "..."


def _plain(text: str) -> object:
    if text in WORDS:
        return WORDS[text]
    if text[0] not in STARTS_NUMBER or not (match := NUMBER.fullmatch(text)):
        return text
    if len(text) > LONGEST_NUMBER:
        raise ValueError
    if match["based"]:
        return int(text, 0)
    return int(text) if match["int"] else float(text)


def _wrong_key(text: str) -> tuple[str, str]:
    if text == "<<":
        return "the merge key `<<`", "Write the entries out"
    if not text:
        return "a key is missing before this `:`", "Put text that begins with `:` in quotes"
    return f"the key `{_short(text)}` is not text", "Put it in quotes"


def _second_opinion(first: _Reader, refused: YAMLError) -> tuple[object, _Reader]:
    """Ask the pure parser, which like editors takes more: a URL in `{...}`, a JSON file's escapes."""
    second = _Reader(first.path, first.text, _pure(first.text).__next__)
    try:
        if len(first.text) <= PURE_UP_TO:
            return second.document(), second
    except Exception as error:  # noqa: BLE001  # it trips over much, by many exceptions
        if _index(error) > _index(refused) + 1:  # it took what libyaml refused, so the mistake is another one
            second.problems.append(explain_syntax(second.path, second.text, error))
            return None, second
    first.problems.append(explain_syntax(first.path, first.text, refused))
    return None, first


def _index(error: Exception) -> int:
    return getattr(getattr(error, "problem_mark", None), "index", -1)


def _pure(text: str) -> Iterator[Any]:
    for event in YAML(typ="safe", pure=True).parse(text):
        if type(event) is ScalarEvent:
            # JSON escapes a character above U+FFFF as two halves; a half alone raises.
            event.value = event.value.encode("utf-16", "surrogatepass").decode("utf-16")
        yield event


def _located(take: Callable[[], Any], text: str) -> dict[Keys, Position]:
    found: dict[Keys, Position] = {(): Position(None, (1, 1))}
    lines = text.count("\n") + 1

    def locate(event: Any, keys: Keys, key: tuple[int, int] | None) -> None:
        at = _place(event)
        found[keys] = Position(key, at if at[0] <= lines else within(text, event.start_mark))
        if type(event) is MappingStartEvent:
            while type(name := take()) is not MappingEndEvent:
                locate(take(), (*keys, name.value), _place(name))
        elif type(event) is SequenceStartEvent:
            number = 0
            while type(item := take()) is not SequenceEndEvent:
                locate(item, (*keys, number), None)
                number += 1

    take()
    if type(take()) is DocumentStartEvent:
        locate(take(), (), None)
    return found


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
