"""What the tests of pages share: sizes of windows, where axe is, and a site that is served."""

from dataclasses import dataclass
from pathlib import Path

AXE = Path(__file__).parent / "web/node_modules/axe-core/axe.min.js"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@dataclass(frozen=True)
class Served:
    """A site's folder, and where it is served."""

    folder: Path
    url: str

    def at(self, path: str) -> str:
        return f"{self.url}/{path}"

    def of(self, kind: str) -> str:
        """Give the address of a page of a kind."""
        (found,) = self.folder.glob(KINDS[kind])
        return self.at(found.relative_to(self.folder).as_posix())


KINDS = {
    "start": "index.html",
    "apis": "apis.html",
    "products": "products.html",
    "teams": "teams.html",
    "api": "api/orders-*.html",
    "product": "product/orders.html",
    "team": "team/checkout.html",
    "matrix": "matrix.html",
    "grants": "grants.html",
    "timeline": "timeline.html",
    "month": "ends/2027-06.html",
    "over-time": "over-time.html",
    "history": "history/checkout.html",
    "findings": "findings.html",
    "about": "about.html",
}
"""Each kind of page, with one of it."""
