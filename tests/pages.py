"""The files of a site in; what is wrong with their HTML, where their links lead, and what a browser would run, out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})
_CLOSES_ITSELF = frozenset({"rect", "line"})  # of SVG


@dataclass
class Seen(HTMLParser):
    """One page: its elements as they were opened, and what does not fit."""

    text: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self.feed(self.text)
        self.close()
        if self._open:
            self.wrong.append(f"never closed: {self._open}")
        ids = [attributes["id"] for _, attributes in self.elements if "id" in attributes]
        self.wrong += [f"twice: id={each}" for each in sorted({each for each in ids if ids.count(each) > 1})]
        self.ids = frozenset(ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.wrong += [f"<{tag}> has {name} twice" for name in names if names.count(name) > 1]
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _CLOSES_ITSELF:
            self.wrong.append(f"<{tag}/> closes itself")
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.words).split())

    def addresses(self) -> Iterator[str]:
        for _, attributes in self.elements:
            yield from (attributes[name] for name in ("href", "src", "data-index") if name in attributes)
            yield from attributes.get("data-later", "").split()


def seen(files: Mapping[str, bytes]) -> dict[str, Seen]:
    return {path: Seen(content.decode()) for path, content in files.items() if path.endswith(".html")}


def astray(files: Mapping[str, bytes]) -> list[str]:
    """Name each link inside the site that leads nowhere."""
    pages = seen(files)
    found = []
    for path, page in pages.items():
        for address in page.addresses():
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = normpath(join(dirname(path), unquote(parts.path))) if parts.path else path
            known = target in files and (not parts.fragment or unquote(parts.fragment) in pages[target].ids)
            if not known:
                found.append(f"{path}: {address}")
    return found
