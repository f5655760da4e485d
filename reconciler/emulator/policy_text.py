"""Policy XML in; the text as API Management stores it and what it refers to out, or the ValidationError.

Stored is the `xml` form, in which C# expressions are XML-escaped; `rawxml` is the same text with them unescaped. On a
PUT line ends become CRLF and indentation becomes tabs, comments stay (recorded: az policy, .NET PolicyTests).
"""

import re
from dataclasses import dataclass
from xml.parsers import expat

from reconciler.emulator.csharp import end_of_expression
from reconciler.emulator.errors import detail, incorrect

_ENTITIES = (
    ("&quot;", '"'),
    ("&apos;", "'"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&#xA;", "\n"),
    ("&#xD;", "\r"),
    ("&amp;", "&"),
)
_OPAQUE = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|@[({]", re.DOTALL)
_PLACES = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|=\s*\"[^\"]*\"|=\s*'[^']*'|>[^<]*", re.DOTALL)
_NAMED_VALUE = re.compile(r"\{\{\s*([A-Za-z0-9._-]+)\s*\}\}")
_NO_NAMES = re.compile(r"<!--.*?-->|<set-body\b[^>]*\btemplate\s*=\s*[\"']liquid[\"'][^>]*>.*?</set-body>", re.DOTALL)
_INDENT = re.compile(rb"\n[ \t]*\Z")
_LOOK_BACK = 400


@dataclass(frozen=True, slots=True)
class Use:
    """An element that refers to something: which element, to what, and Azure's words for where it stands."""

    element: str
    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A document that was accepted."""

    text: str
    root: str
    fragments: tuple[Use, ...]
    backends: tuple[Use, ...]
    named_values: tuple[str, ...]


def read_policy(text: str) -> Policy:
    """Parse the xml form and rewrite it. The text of the error for broken XML is unverified."""
    source = text.replace("\r\n", "\n").encode()
    walk = _Walk(source)
    try:
        walk.run()
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        message = f"Error in the policy on line {error.lineno}, column {error.offset + 1}: {reason}"
        raise incorrect(detail("representation", message)) from error
    return Policy(walk.rewritten(), walk.root, tuple(walk.fragments), tuple(walk.backends), _named_values(text))


def _named_values(text: str) -> tuple[str, ...]:
    """`{{name}}` anywhere, inside expressions too; what Azure makes of comments and Liquid templates is unverified."""
    return tuple(dict.fromkeys(_NAMED_VALUE.findall(_NO_NAMES.sub("", text))))


def escaped(raw: str) -> str:
    """Turn rawxml into xml: escape what stands inside expressions."""
    parts, position = [], 0
    for match in _OPAQUE.finditer(raw):
        if match.start() < position or not match[0].startswith("@"):
            continue
        end = end_of_expression(raw, match.start() + 1)
        if end is None:
            continue
        code = raw[match.start() : end].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        in_attribute = raw[: match.start()].rstrip()[-1:] in {'"', "'"}
        parts += [raw[position : match.start()], code.replace('"', "&quot;") if in_attribute else code]
        position = end
    return "".join([*parts, raw[position:]])


def unescaped(text: str) -> str:
    """Turn xml into rawxml: unescape the attribute values and texts that are expressions."""
    return _PLACES.sub(_unescape_place, text)


def _unescape_place(match: re.Match[str]) -> str:
    place = match[0]
    if not place.lstrip("=>\"' \t\r\n").startswith(("@(", "@{")) or place.startswith("<"):
        return place
    for entity, sign in _ENTITIES:
        place = place.replace(entity, sign)
    return place


class _Walk:
    """One pass of expat: the depth of each piece of markup that begins its line, and the references."""

    def __init__(self, source: bytes) -> None:
        self.root = ""
        self.fragments: list[Use] = []
        self.backends: list[Use] = []
        self._source = source
        self._depth = 0
        self._cuts: list[tuple[int, int, int]] = []  # from, to, tabs: the indentation before a piece of markup
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CommentHandler = self._comment

    def run(self) -> None:
        self._parser.Parse(self._source, True)  # noqa: FBT003  expat takes no keyword

    def rewritten(self) -> str:
        parts, position = [], 0
        for start, end, tabs in self._cuts:
            parts += [self._source[position:start], b"\n" + b"\t" * tabs]
            position = end
        return b"".join([*parts, self._source[position:]]).decode().replace("\n", "\r\n")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._indent(self._depth)
        self._depth += 1
        self.root = self.root or name
        if name == "include-fragment":
            self.fragments.append(self._use(name, attributes.get("fragment-id", "")))
        if name == "set-backend-service" and "backend-id" in attributes:
            target = attributes["backend-id"]
            if "{{" not in target and not target.startswith(("@(", "@{")):  # known only when a call comes
                self.backends.append(self._use(name, target))

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._source.startswith(b"</", self._parser.CurrentByteIndex):  # `<a />` ends where it began
            self._indent(self._depth)

    def _comment(self, _text: str) -> None:
        self._indent(self._depth)

    def _indent(self, depth: int) -> None:
        index = self._parser.CurrentByteIndex
        begin = max(index - _LOOK_BACK, self._cuts[-1][1] if self._cuts else 0)
        blank = _INDENT.search(self._source, begin, index) if index else None
        if blank is not None:
            self._cuts.append((blank.start(), index, depth))

    def _use(self, element: str, name: str) -> Use:
        """Say the place as .NET does: the position of the element's name, counted from one (column unverified)."""
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 2
        return Use(element, name, f"Error in element '{element}' on line {line}, column {column}: ")
