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
