"""Each kind of page is pictured in the docs, by this test: PICTURES=1 takes the pictures anew."""

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from looking import KINDS, Served

DOCS = Path(__file__).parents[2] / "docs"
DESK, PHONE = {"width": 1000, "height": 700}, {"width": 390, "height": 700}
PICTURES = {
    **{kind: (kind, DESK, "light") for kind in KINDS},
    "start-dark": ("start", DESK, "dark"),
    "matrix-dark": ("matrix", DESK, "dark"),
    "over-time-dark": ("over-time", DESK, "dark"),
    "start-phone": ("start", PHONE, "light"),
    "matrix-phone": ("matrix", PHONE, "light"),
    "product-phone": ("product", PHONE, "dark"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_page_looks_like_something(sample: Served, look: Callable[..., Any], name: str) -> None:
    kind, size, scheme = PICTURES[name]
    page = look(sample.of(kind), size, scheme)
    page.wait_for_load_state("networkidle")
    if kind == "start":
        page.get_by_label("Search").fill("orders")
        page.wait_for_selector("#found li")
    if kind == "matrix":
        page.locator("#matrix").focus()
        page.keyboard.press("ArrowRight")
    page.evaluate("(top) => scrollTo(0, top)", 340 if name == "matrix-phone" else 0)
    page.wait_for_timeout(200)
    there = DOCS / f"pictures/site-{name}.webp"
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 60})
    picture = base64.b64decode(taken["data"])
    if os.environ.get("PICTURES"):
        there.write_bytes(picture)
    assert 4_000 < len(picture) < 60_000
    assert dimensions(there.read_bytes()) == dimensions(picture) == (size["width"], size["height"])


def dimensions(picture: bytes) -> tuple[int, int]:
    """Read them from the header of a WebP file, as Chromium writes it."""
    assert picture[8:16] == b"WEBPVP8X"
    return int.from_bytes(picture[24:27], "little") + 1, int.from_bytes(picture[27:30], "little") + 1


def test_every_picture_is_shown_and_all_are_small() -> None:
    shown = set(re.findall(r"\]\(pictures/(site-[a-z-]+\.webp)\)", (DOCS / "site.md").read_text()))
    lying = {each.name: each.stat().st_size for each in (DOCS / "pictures").glob("site-*.webp")}
    assert shown == set(lying) == {f"site-{name}.webp" for name in PICTURES}
    assert sum(lying.values()) < 600_000
