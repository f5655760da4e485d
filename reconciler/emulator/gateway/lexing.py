"""The text of a C# expression in, its tokens out; what this gateway has no reading for is named."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from reconciler.emulator.gateway.refusals import NotKnown

Kind = Literal["string", "char", "number", "name", "sign", "end"]
_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<verbatim>@"(?:[^"]|"")*")
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<char>'(?:[^'\\\n]|\\.)')
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign>\?\?|\?\.|=>|==|!=|<=|>=|&&|\|\||[-+!<>=?:.,;()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` of a string or a character is what it stands for."""

    kind: Kind
    text: str
    start: int


def tokens_of(code: str) -> list[Token]:
    found: list[Token] = []
    position = 0
    while position < len(code):
        match = _TOKEN.match(code, position)
        if match is None:
            raise NotKnown(f"the expression {code.strip()!r} at {code[position : position + 20]!r}")
        position = match.end()
        text, start = match[0], match.start()
        match match.lastgroup:
            case "verbatim":
                found.append(Token("string", text[2:-1].replace('""', '"'), start))
            case "string" | "char" as kind:
                found.append(Token("string" if kind == "string" else "char", _plain(text[1:-1]), start))
            case "number" | "name" | "sign" as kind:
                found.append(Token(kind, text, start))
    return [*found, Token("end", "", len(code))]


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else _ESCAPED.get(match[2], match[2]), text)
