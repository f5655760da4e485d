"""10,000 grants stay smooth: first paint beside that of an empty page of the same style, and no long task."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from looking import DESK, PHONE, Served

playwright = pytest.importorskip("playwright.sync_api")
Look = Callable[..., Any]
ROOT = Path(__file__).parents[2]
ASSETS, NPM = ROOT / "reconciler/site/assets", ROOT / "tests/web/node_modules"
RUNS = 20
_PAINTED = """new Promise((done) => new PerformanceObserver((list) => {
  const found = list.getEntriesByName("first-contentful-paint")[0];
  if (found) done(found.startTime);
}).observe({type: "paint", buffered: true}))"""


@pytest.mark.parametrize("path", ["index.html", "matrix.html"])
def test_the_first_paint_is_near_that_of_an_empty_page(large: Served, chromium: Any, path: str) -> None:
    """A machine that is busy with something else has three tries: what is slow itself is so in each."""
    about = (large.folder / "about.html").read_text()
    empty = re.sub(r"(<main[^>]*>).*(</main>)", r"\1<h1>Nothing</h1>\2", about, flags=re.DOTALL)
    (large.folder / "empty.html").write_text(empty)
    assert any(beside_an_empty_page(large, chromium, path) < 1.5 for _ in range(3))


def beside_an_empty_page(served: Served, chromium: Any, path: str) -> float:
    """Measure both in turns, in fresh contexts; of each the five best, for whatever else the machine does only adds."""
    painted: dict[str, list[float]] = {"empty.html": [], path: []}
    for _ in range(RUNS):
        for each, times in painted.items():
            context = chromium.new_context(viewport=DESK)
            page = context.new_page()
            page.goto(served.at(each))
            times.append(page.evaluate(_PAINTED))
            context.close()
    first, empty = (mean(sorted(painted[each])[:5]) for each in (path, "empty.html"))
    print(f"{path}: {first:.0f} ms, and {empty:.0f} ms empty: {first / empty:.2f}")  # noqa: T201
    return first / empty


_WATCH = """
globalThis.long = [];
new PerformanceObserver((list) => long.push(...list.getEntries().map((each) => each.duration)))
  .observe({type: "longtask", buffered: true});
"""


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_matrix_is_moved_zoomed_and_filtered_without_a_long_task(large: Served, look: Look, size: Any) -> None:
    page = look(large.at("matrix.html"), size)
    page.evaluate(_WATCH)
    canvas, said = page.locator("#matrix"), page.locator("#matrix-said")
    playwright.expect(said).to_contain_text("798 teams, 1694 products, 9488 held")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(8):
        page.mouse.wheel(0, -300)
        page.wait_for_timeout(30)
    for _ in range(3):
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3, steps=10)
        page.mouse.up()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=10)
    told = set[str]()
    for field, text in (("#m-team", "pay"), ("#m-product", "orders"), ("#m-team", ""), ("#m-product", "")):
        page.locator(field).fill(text)
        page.wait_for_timeout(50)
        told.add(said.inner_text())
    page.locator("#m-ends").select_option("90")
    page.locator("#m-ends").select_option("")
    canvas.focus()
    for key in ("Home", *["ArrowDown"] * 10, *["ArrowRight"] * 20, "+", "+", "0", "End"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert len(told) == 4
    assert ": " in said.inner_text()
    long = page.evaluate("long")
    print(f"long tasks: {[round(each) for each in long]}")  # noqa: T201
    assert [each for each in long if each > 200] == []


def test_search_among_them_is_quick(large: Served, look: Look) -> None:
    page = look(large.at("index.html"))
    page.evaluate(_WATCH)
    page.get_by_label("Search").focus()
    page.keyboard.type("orders checkout", delay=30)
    playwright.expect(page.locator("#found-count")).to_contain_text("found")
    page.wait_for_timeout(200)
    long = page.evaluate("long")
    print(f"long tasks: {[round(each) for each in long]}")  # noqa: T201
    assert [each for each in long if each > 200] == []


@pytest.mark.skipif(not NPM.exists(), reason="the libraries come from npm: run `make test-web`")
def test_what_is_shipped_is_what_the_packages_hold() -> None:
    """Byte for byte, of the version that is recorded; npm has checked the packages by their hashes."""
    for each in json.loads((ASSETS / "vendor/vendored.json").read_text()):
        package = NPM / each["name"]
        assert json.loads((package / "package.json").read_text())["version"] == each["version"]
        for name in each["files"]:
            there = package / ("LICENSE" if name.endswith(".LICENSE.txt") else f"dist/{name}")
            assert there.read_bytes() == (ASSETS / "vendor" / name).read_bytes()


def test_what_is_shipped_is_small() -> None:
    total = sum(each.stat().st_size for each in ASSETS.rglob("*") if each.is_file())
    assert total < 200_000
