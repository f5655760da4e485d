"""A folder's files and edits in, the files to write out; what people wrote, comments included, stays as it is."""

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString
from ruamel.yaml.util import load_yaml_guess_indent

from reconciler.document import UNSEEN

_NESTED: Final = re.compile(r"^[^\s#-][^#\n]*:[ \t]*(?:#[^\n]*)?\n( +)[^\s#-]", re.MULTILINE)
_WIDE = 4096  # no line is broken that a person would not break
_FLOW = 100  # characters: longer lists take a line each


class _Indents(NamedTuple):
    """How far a file indents: mappings, items of lists, and the dash before them."""

    mapping: int = 2
    sequence: int = 2
    offset: int = 0


class Draft:
    """The folder as it will be. Documents are ruamel's round-trip ones, so that an edit changes nothing else."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._before = files
        self._documents: dict[str, Any] = {}
        self._indents: dict[str, _Indents] = {}
        self._texts: dict[str, str] = {}
        self._edited: set[str] = set()
        self._gone: set[str] = set()

    def __contains__(self, path: str) -> bool:
        return path not in self._gone and (path in self._before or path in self._documents or path in self._texts)

    def paths(self, folder: str) -> Iterator[str]:
        """Give what is there below a folder."""
        names = {*self._before, *self._documents, *self._texts} - self._gone
        return (name for name in sorted(names) if name.startswith(folder))

    def new(self, path: str, value: Any, *, comment: str = "") -> None:
        """Write a document that is not there yet."""
        document = plain(value)
        if comment:
            document.yaml_set_start_comment(comment)
        self._documents[path] = document
        self._edited.add(path)
        self._gone.discard(path)

    def text(self, path: str, text: str) -> None:
        """Write a file that is no YAML."""
        self._texts[path] = text
        self._edited.add(path)

    def read(self, path: str) -> Any:
        """Give a document to look at."""
        if path not in self._documents:
            text = self._before[path].decode("utf-8-sig")
            reader = YAML()
            reader.preserve_quotes = True
            document, indent, offset = load_yaml_guess_indent(text, yaml=reader)
            inside = _NESTED.search(text)
            self._documents[path] = document
            self._indents[path] = _Indents(len(inside[1]) if inside else 2, indent or 2, offset or 0)
        return self._documents[path]

    def edit(self, path: str) -> Any:
        """Give a document to change."""
        document = self.read(path)
        self._edited.add(path)
        return document

    def move(self, path: str, to: str) -> None:
        """Move a file as it is."""
        if path in self._documents:
            self._documents[to] = self._documents.pop(path)
            self._indents[to] = self._indents.pop(path, _Indents())
        else:
            self._texts[to] = self._before[path].decode("utf-8-sig")
        self._edited = (self._edited - {path}) | {to}
        self._gone.add(path)

    def remove(self, path: str) -> None:
        """Take a file away."""
        self._edited.discard(path)
        self._gone.add(path)

    def changed(self) -> dict[str, bytes | None]:
        """Give each file that is new or different, and None for each that goes."""
        written: dict[str, bytes | None] = dict.fromkeys(sorted(self._gone & self._before.keys()))
        for path in sorted(self._edited):
            content = self._rendered(path).encode()
            if content != self._before.get(path):
                written[path] = content
        return written

    def _rendered(self, path: str) -> str:
        if path in self._texts:
            return self._texts[path]
        document = self._documents[path]
        indents = self._indents.get(path, _Indents())
        text = _dumped(document, indents, unicode=True)
        return _dumped(document, indents, unicode=False) if UNSEEN.search(text) else text


def plain(value: Any) -> Any:
    """Lay a value out as a person would: short lists in one line, long text in a block."""
    if isinstance(value, Mapping):
        return CommentedMap((key, plain(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        items = CommentedSeq(map(plain, value))
        if all(isinstance(item, str) for item in value) and sum(map(len, value)) <= _FLOW:
            items.fa.set_flow_style()
        return items
    if isinstance(value, str) and "\n" in value and value == value.strip() and not _needs_quotes(value):
        return LiteralScalarString(value)
    return value


def _needs_quotes(text: str) -> bool:
    """Whether something in a text can stand only as an escape: in a block it would be refused, or another character."""
    return "\r" in text or UNSEEN.search(text) is not None


def _dumped(document: Any, indents: _Indents, *, unicode: bool) -> str:
    yaml = YAML()
    yaml.width, yaml.preserve_quotes, yaml.allow_unicode = _WIDE, True, unicode
    yaml.version = None
    yaml.indent(indents.mapping, max(indents.sequence, 2), indents.offset)
    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()
