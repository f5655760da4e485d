"""A company and where a page lies in; the words, links and pieces of HTML that every page needs out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup

from reconciler.errors import printable
from reconciler.html import pages
from reconciler.site.company import Company, Hold
from reconciler.site.slugs import slug

NAVIGATION: Final = (
    ("apis.html", "APIs"),
    ("products.html", "Products"),
    ("teams.html", "Teams"),
    ("matrix.html", "Matrix"),
    ("timeline.html", "Timeline"),
    ("over-time.html", "Over time"),
    ("findings.html", "Findings"),
)


_TEMPLATES: Final = pages("reconciler.site")


class At:
    """Where the page of a thing lies."""

    def api(self, name: str) -> str:
        """Give an API's, by its name as it is written."""
        return f"api/{slug(name)}.html"

    def product(self, name: str) -> str:
        """Give a product's."""
        return f"product/{slug(name)}.html"

    def team(self, name: str) -> str:
        """Give a team's."""
        return f"team/{slug(name)}.html"

    def history(self, team: str) -> str:
        """Give that of what became of a team's grants."""
        return f"history/{slug(team)}.html"


@dataclass(frozen=True, slots=True)
class House:
    """What is the same on every page. `access` is the folder as people name it, `source` its address on the web.

    `since` gives for a grant, by team and name, the first day of it, where git tells.
    """

    company: Company
    access: str
    site: str = "Access"
    source: str | None = None
    since: Mapping[tuple[str, str], date] = field(default_factory=dict)
    at: At = field(default_factory=At)

    def page(self, path: str, template: str, title: str, **values: Any) -> tuple[str, bytes]:
        """Make a page, and give it with its path."""
        return path, Page(self, path).render(template, title, **values)


@dataclass(frozen=True, slots=True)
class Page:
    """One page, as its template sees it."""

    house: House
    path: str

    @property
    def company(self) -> Company:
        """Give what it tells of."""
        return self.house.company

    @property
    def at(self) -> At:
        """Give where the others lie."""
        return self.house.at

    @property
    def root(self) -> str:
        """Give the way from here to the first page's folder: it is relative, so that a folder on disk will do."""
        return "../" * self.path.count("/")

    def render(self, template: str, title: str, **values: Any) -> bytes:
        """Make the page."""
        text = _TEMPLATES.get_template(template).render(
            page=self,
            title=title,
            company=self.company,
            root=self.root,
            site=self.house.site,
            access=self.house.access,
            nav=NAVIGATION,
            current=self._current(),
            **values,
        )
        return text.encode()

    def _current(self) -> Callable[[str], Markup]:
        return lambda path: Markup(' aria-current="page"') if path == self.path else Markup("")

    def contact(self, team: str) -> Markup:
        """Tell where the team is reached."""
        said = self.company.teams.get(team)
        if said is None or said.value.email is None:
            return Markup("<div><dt>Contact</dt><dd>not declared</dd></div>")
        return Markup('<div><dt>Contact</dt><dd><a href="mailto:{}">{}</a></dd></div>').format(
            quote(said.value.email, safe="@+"), printable(said.value.email)
        )

    def file(self, path: str) -> Markup:
        """Name a file of the folder, with a link to it where its address is known."""
        shown = printable(f"{self.house.access}/{path}")
        if self.house.source is None:
            return Markup("<code>{}</code>").format(shown)
        return Markup('<a href="{}"><code>{}</code></a>').format(f"{self.house.source}/{quote(path)}", shown)

    def since(self, hold: Hold) -> date | None:
        """Give the first day of a grant, where it is known."""
        return self.house.since.get((hold.team, hold.grant.name))

    def commit(self, name: str) -> Markup:
        """Name a commit, with a link to it where the repository's address is known."""
        return self._on_the_web(f"commit/{name}", Markup("<code>{}</code>").format(name[:9]))

    def pull_request(self, number: int) -> Markup:
        """Name a pull request so."""
        return self._on_the_web(f"pull/{number}", Markup("pull request {}").format(number))

    def _on_the_web(self, path: str, shown: Markup) -> Markup:
        repository, found, _ = (self.house.source or "").partition("/blob/")
        return Markup('<a href="{}">{}</a>').format(f"{repository}/{path}", shown) if found else shown

    def hows(self, hold: Hold) -> str:
        """Say by what a grant lets in."""
        return "sees it in the portal" if hold.hows == ("portal",) else ", ".join(hold.hows) or "nothing"
