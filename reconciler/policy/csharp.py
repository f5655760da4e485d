"""A C# expression of a policy in; its code and strings, and its tokens, out: layout and comments do not count."""

import re
from itertools import groupby
from operator import itemgetter

LINE_END = re.compile(r"\r\n?")
# Where C#'s strings and comments begin and end. A regular string ends in its line, as in C#: a mistake stays small.
CODE = re.compile(
    r"""(?P<plain>[^"'@$/<(){}]++)
    |(?P<comment>//[^\r\n]*+|/\*.*?\*/|<!--.*?-->)
    |(?P<string>@"(?:[^"]++|"")*+"|"(?:[^"\\\r\n]++|\\[^\r\n])*+"|'(?:[^'\\\r\n]++|\\[^\r\n])*+')
    |(?P<interpolated>(?:\$@?|@\$)")
    |(?P<unclosed>@?"|'|/\*|<!--)
    |(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
INSIDE_REGULAR = re.compile(r'(?:[^"\\{}\r\n]++|\\[^\r\n]|\{\{|\}\})*+')
INSIDE_VERBATIM = re.compile(r'(?:[^"{}]++|""|\{\{|\}\})*+')
# `>>` is two tokens, as in the language itself: it also ends List<List<int>>.
TOKEN = re.compile(
    r"""@?[^\W\d]\w*|\d\w*(?:\.\d\w*)?|\.\d\w*
    |\+\+|--|&&|\|\||==|=>|!=|<=|>=|->|::|\?\?=?|\?\.(?!\d)|<<=?|[-+*/%&|^]=|\S""",
    re.VERBOSE,
)

Segments = list[tuple[bool, str]]


class Unclosed(Exception):
    """Something begins at `offset` and never ends."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message, self.offset = message, offset


def lex(text: str, at: int) -> tuple[Segments, int]:
    """Split the expression that begins at `at` into code and strings (True), without comments, and give its end."""
    opener, place = text[at + 1], at + 2
    closer = ")" if opener == "(" else "}"
    segments = [(False, text[at:place])]
    depth = 1
    while depth:
        if place >= len(text):
            raise Unclosed(f"its `{closer}` is missing", at)
        match = _code(text, place)
        begun, place = place, match.end()
        if match.lastgroup == "interpolated":
            place = _interpolated(text, begun, place)
            segments.append((True, text[begun:place]))
            continue
        segments.append((match.lastgroup == "string", " " if match.lastgroup == "comment" else match[0]))
        depth += (match[0] == opener) - (match[0] == closer)
    return segments, place


def tokens_of(segments: Segments) -> tuple[str, ...]:
    """Give the tokens: layout between them does not count, every character of a string does."""
    tokens: list[str] = []
    for string, pieces in groupby(segments, itemgetter(0)):
        if string:
            tokens += [LINE_END.sub("\n", piece) for _, piece in pieces]
        else:
            tokens += TOKEN.findall("".join(piece for _, piece in pieces))
    return tuple(tokens)


def _code(text: str, place: int) -> re.Match[str]:
    match = CODE.match(text, place)
    if match is None or match.lastgroup == "unclosed":
        comment = match is not None and match[0] in ("/*", "<!--")
        raise Unclosed(f"here begins a {'comment' if comment else 'string'} that is never closed", place)
    return match


def _interpolated(text: str, begun: int, place: int) -> int:
    """Give the end of a string with holes in braces, which hold code, which may hold such strings."""
    stack = [text[begun:place]]
    while stack:
        if stack[-1] == "{" and place < len(text):
            match = _code(text, place)
            place = match.end()
            if match.lastgroup == "interpolated" or match[0] == "{":
                stack.append(match[0])
            elif match[0] == "}":
                stack.pop()
            continue
        inside = (INSIDE_VERBATIM if "@" in stack[-1] else INSIDE_REGULAR).match(text, place)
        place = inside.end() if inside else place
        character, place = text[place : place + 1], place + 1
        if character == '"':
            stack.pop()
        elif character == "{":
            stack.append(character)
        elif character != "}":
            raise Unclosed("here begins a string that is never closed", begun)
    return place
