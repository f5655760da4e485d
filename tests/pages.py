"""The files of a site in; what is wrong with their HTML and where their links lead out; and names that are hostile."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

from organisations import organisation

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'\u2028{{7*7}}"
LONG = "a-name-of-eighty-letters-that-nobody-would-choose-and-which-is-allowed-all-the-same"[:80]
HOSTILE = organisation(
    **{
        "guardrails.yaml": {"max_duration": "unlimited"},
        "commerce/team.yaml": {"display_name": EVIL, "email": 'javascript:alert(1)//"><b>@x', "description": EVIL},
        "commerce/apis.yaml": [{"api": "orders", "description": EVIL, "system": EVIL}, {"api": "a'\"b=`|\\ ü"}],
        "commerce/products/orders.yaml": {
            "manage": "product",
            "display_name": EVIL,
            "description": EVIL,
            "environments": ["prod"],
            "apis": ["orders", "a'\"b=`|\\ ü"],
        },
        "checkout/grants/orders.yaml": {
            "environments": ["prod"],
            "key": True,
            "reason": EVIL,
            "component": "</script><script>alert(1)</script>",
            "expires": "2027-06-30",
        },
        f"{LONG}/team.yaml": {"display_name": LONG * 3},
        f"{LONG}/products/{LONG}.yaml": {"environments": ["prod"], "apis": [LONG * 3]},
        f"{LONG}/apis.yaml": [{"api": LONG * 3}],
        f"{LONG}/grants/{LONG}.yaml": {"environments": ["prod"], "key": True, "reason": "x", "component": "c" * 63},
        f"{LONG}/grants/orders.yaml": {"environments": ["prod"], "key": True, "reason": "x"},
        "unowned/team.yaml": {"display_name": "Nobody yet"},
        "unowned/apis.yaml": [{"api": "index"}, {"api": "INDEX"}, {"api": ".."}],
    },
)
"""A company whose names are as bad as the language lets them be."""

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
