"""A policy document in, its tokens with offsets out, or PolicyError with the line and column where it is broken.

Policy documents are almost XML. A value that begins with `@(` or `@{` is a C# expression, written either escaped, as
XML wants it (Azure's format `xml`), or as it is (`rawxml`), with its own `<`, `&` and quotes inside quotes.
"""

import re
import sys
from typing import NoReturn

from reconciler.policy.csharp import LINE_END, Unclosed, lex, tokens_of
from reconciler.policy.tokens import WHITE, Document, Expression, PolicyError, Token, Value, place, trimmed

BEGINS = ("@(", "@{")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
SURROGATES = range(0xD800, 0xE000)
ENTITY = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));")
BARE = re.compile(r"<|&(?!(?:lt|gt|amp|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")
NAME = re.compile(r"[^\W\d][\w:.-]*")
ATTRIBUTE = re.compile(r"\s+([^\W\d][\w:.-]*)\s*=\s*([\"'])")
TAG_END = re.compile(r"\s*(/?)>")
PROLOG = re.compile(r"\ufeff?[ \t\r\n]*(?:<\?xml\s[^<]*?\?>)?")
LINE_END_OR_TAB = re.compile(r"\r\n|[\r\n\t]")
CLOSE_TAG = re.compile(r"</([^\W\d][\w:.-]*)\s*>")


def scan(text: str) -> Document:
    """Split the document, without recursion and in time that grows with its length, or raise PolicyError."""
    scanner = _Scanner(text)
    scanner.run()
    return Document(tuple(scanner.tokens), scanner.raw)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.open: list[Token] = []
        self.rooted = False
        self.raw = False
        self.begins = True  # nothing but layout since the last tag: an expression may begin

    def run(self) -> None:
        at = self._prolog()
        while at < len(self.text):
            at = self._markup(at) if self.text[at] == "<" else self._text(at)
        if self.open:
            self._fail(f"<{self.open[-1].name}> is never closed", self.open[-1].start)
        if not self.rooted:
            self._fail("there is no element in this document", 0)

    def _prolog(self) -> int:
        match = PROLOG.match(self.text)
        if match and match[0]:
            self.tokens.append(Token("layout", 0, match.end()))
        return match.end() if match else 0

    def _markup(self, at: int) -> int:
        if self.text.startswith("<!--", at):
            end = self._find("-->", at + 4, "this comment is never closed", at) + 3
            self.tokens.append(Token("layout", at, end))
            return end
        if self.text.startswith("<![CDATA[", at):
            return self._cdata(at)
        if self.text.startswith("</", at):
            return self._close(at)
        return self._open(at)

    def _open(self, at: int) -> int:
        if not (named := NAME.match(self.text, at + 1)):
            other = self.text[at + 1 : at + 2] in ("!", "?")
            self._fail("no DOCTYPE or instruction can stand here" if other else "`<` in text is written `&lt;`", at)
        name = named[0]
        if self.rooted and not self.open:
            self._fail(f"<{name}> is a second root", at)
        attributes: dict[str, Value] = {}
        here = named.end()
        while match := ATTRIBUTE.match(self.text, here):
            if match[1] in attributes:
                self._fail(f"<{name}> has two attributes `{match[1]}`", match.start(1))
            attributes[match[1]], here = self._attribute(match[1], match[2], match.end())
        if not (ended := TAG_END.match(self.text, here)):
            self._fail(f'<{name}> goes on with neither `>` nor an attribute (a space and name="value")', here)
        token = Token("open", at, ended.end(), name, tuple(attributes.items()))
        self.tokens.append(token)
        self.rooted = self.begins = True
        if ended[1]:
            self.tokens.append(Token("close", ended.end(), ended.end(), name))
        else:
            self.open.append(token)
        return ended.end()

    def _close(self, at: int) -> int:
        if not (match := CLOSE_TAG.match(self.text, at)):
            self._fail("this closing tag is not like `</name>`", at)
        if not self.open:
            self._fail(f"{match[0]} closes nothing", at)
        opened = self.open.pop()
        if opened.name != match[1]:
            line, _ = place(self.text, opened.start)
            self._fail(f"</{match[1]}> stands where the <{opened.name}> of line {line} must be closed", at)
        self.tokens.append(Token("close", at, match.end(), match[1]))
        self.begins = True
        return match.end()

    def _attribute(self, name: str, quote: str, at: int) -> tuple[Value, int]:
        missing = f"the value of `{name}` is never closed"
        stop = self._find(quote, at, missing, at - 1)
        value, here = self._value(at, stop)
        if not any(isinstance(piece, Expression) for piece in value):
            if "<" in self.text[at:stop]:
                self._fail(f"a `<` in the value of `{name}`: close its quote, or write `&lt;`", at - 1)
            # what XML makes of line ends and tabs in an attribute
            return (_decoded(LINE_END_OR_TAB.sub(" ", self.text[at:stop])),), stop + 1
        stop = self._find(quote, here, missing, at - 1)
        code, *rest = value
        return tuple(trimmed([code, "".join(map(str, rest)) + _decoded(self.text[here:stop])])), stop + 1

    def _text(self, at: int) -> int:
        stop = self.text.find("<", at)
        stop = len(self.text) if stop < 0 else stop
        if self.text[at:stop].strip(WHITE):
            if not self.open:
                self._fail("text outside of the root element", at)
            value, end = self._value(at, stop) if self.begins else ((_decoded(self.text[at:stop]),), stop)
            self.begins = False
        else:
            value, end = (self.text[at:stop],), stop
        self.tokens.append(Token("text", at, end, value=value))
        return end

    def _cdata(self, at: int) -> int:
        if not self.open:
            self._fail("text outside of the root element", at)
        end, content = at, ""
        while self.text.startswith("<![CDATA[", end):
            begin = end + len("<![CDATA[")
            stop = self._find("]]>", begin, "this CDATA section is never closed", end)
            content, end = content + LINE_END.sub("\n", self.text[begin:stop]), stop + 3
        value: Value = (content,)
        begin = len(content) - len(content.lstrip(WHITE))
        if self.begins and content.startswith(BEGINS, begin):
            try:
                segments, after = lex(content, begin)
            except Unclosed as error:
                self._fail(f"this expression has no end: {error.message}", at)
            value = (Expression(*[tokens_of(segments)] * 2), content[after:])
        self.begins = self.begins and begin == len(content)
        self.tokens.append(Token("text", at, end, value=value))
        return end

    def _value(self, at: int, stop: int) -> tuple[Value, int]:
        """Read a value that ends at `stop`, unless it is an expression that does not: then that is raw."""
        source = self.text[at:stop]
        decoded = _decoded(source)
        begin = len(decoded) - len(decoded.lstrip(WHITE))
        if not decoded.startswith(BEGINS, begin):
            return (decoded,), stop
        try:
            segments, end = lex(decoded, begin)
        except Unclosed:
            return self._raw(at + len(source) - len(source.lstrip(WHITE)))
        escaped, rest = tokens_of(segments), decoded[end:]
        raw = _raw_reading(source) if "&" in source else None
        if raw and rest.strip(WHITE):
            escaped, rest = raw, ""
        self.raw = self.raw or bool(BARE.search(source))
        return (Expression(escaped, raw or escaped), rest), stop

    def _raw(self, at: int) -> tuple[Value, int]:
        if not self.text.startswith(BEGINS, at):
            self._fail("the expression has no end", at)
        try:
            segments, end = lex(self.text, at)
        except Unclosed as error:
            self._fail(f"the expression has no end: {error.message}", error.offset)
        self.raw = True
        if any(ENTITY.search(piece) for string, piece in segments if not string):
            segments = [(string, _decoded(piece)) for string, piece in segments]
        return (Expression(*[tokens_of(segments)] * 2),), end

    def _find(self, wanted: str, at: int, message: str, begun: int) -> int:
        found = self.text.find(wanted, at)
        if found < 0:
            self._fail(message, begun)
        return found

    def _fail(self, message: str, offset: int) -> NoReturn:
        raise PolicyError(message, *place(self.text, offset))


def _raw_reading(source: str) -> tuple[str, ...] | None:
    """Read an expression as raw, if all its entities stand in strings, where C# may have any: else they are XML's."""
    text = LINE_END.sub("\n", source).strip(WHITE)
    if not text.startswith(BEGINS):
        return None
    try:
        segments, end = lex(text, 0)
    except Unclosed:
        return None
    if end < len(text) or any(ENTITY.search(piece) for string, piece in segments if not string):
        return None
    return tokens_of(segments)


def _decoded(text: str) -> str:
    return ENTITY.sub(_character, LINE_END.sub("\n", text))


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return NAMED[match[1]]
    code = int(match[2]) if match[2] else int(match[3], 16)
    return chr(code) if code <= sys.maxunicode and code not in SURROGATES else match[0]
