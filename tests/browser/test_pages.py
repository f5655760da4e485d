"""What a reader does with the pages, at a desk and on a phone, with a mouse, a finger and a keyboard alone."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from looking import AXE, DESK, KINDS, PHONE, Served

expect = pytest.importorskip("playwright.sync_api").expect
Look = Callable[..., Any]
SIZES = {"desk": DESK, "phone": PHONE}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_fault_on_any_kind_of_page(sample: Served, look: Look, kind: str, size: str, scheme: str) -> None:
    page = look(sample.of(kind), SIZES[size], scheme, bypass_csp=True)
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    shown = [(each["impact"], each["id"], [node["html"][:160] for node in each["nodes"]][:3]) for each in found]
    assert [each for each in shown if each[0] in {"serious", "critical", "moderate"}] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_page_is_wider_than_the_window(sample: Served, look: Look, kind: str, size: str) -> None:
    page = look(sample.of(kind), SIZES[size])
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


@pytest.mark.parametrize("size", SIZES)
def test_names_that_are_hostile_or_long_do_nothing_and_break_no_page(hostile: Served, look: Look, size: str) -> None:
    pages = sorted(each.relative_to(hostile.folder).as_posix() for each in hostile.folder.rglob("*.html"))
    page = look(hostile.at("index.html"), SIZES[size])
    for path in pages:
        page.goto(hostile.at(path))
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], path
    page.goto(hostile.at("index.html"))
    page.get_by_label("Search").fill("script")
    expect(page.locator("#found li").first).to_contain_text("onerror=alert(1)")
    assert page.locator("#found img, #found script").count() == 0
    page.goto(hostile.at("matrix.html"))
    expect(page.locator("#matrix-said")).to_contain_text("held")
    page.locator("#matrix").focus()
    page.keyboard.press("Home")
    expect(page.locator("#matrix-said")).to_contain_text(": key")


@pytest.mark.parametrize("size", SIZES)
def test_search_finds_apis_products_teams_and_grants(sample: Served, look: Look, size: str) -> None:
    page = look(sample.at("index.html"), SIZES[size])
    page.get_by_label("Search APIs, products, teams and grants").fill("order")
    page.wait_for_selector("#found li")
    kinds = page.locator("#found .what").all_inner_texts()
    assert {"API", "product", "grant"} <= set(kinds)
    assert kinds == sorted(kinds, key=lambda each: each == "grant")
    page.get_by_label("Search").fill("orders checkout")
    assert page.locator("#found li").first.inner_text().startswith("grant Checkout → Orders")
    page.locator("#found a").first.click()
    page.wait_for_url("**/team/checkout.html#grant-orders")
    page.go_back()
    page.get_by_label("Search").fill("zzzz")
    expect(page.locator("#found-count")).to_have_text("0 found")


def test_search_needs_no_mouse(sample: Served, look: Look) -> None:
    page = look(sample.at("index.html"))
    expect(page.get_by_label("Search")).to_have_attribute("aria-keyshortcuts", "/")
    page.keyboard.press("/")
    page.keyboard.type("refunds")
    page.wait_for_selector("#found li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(api|product)/refunds[^/]*\.html$"))


@pytest.mark.parametrize("size", SIZES)
def test_a_table_is_filtered_by_words_in_any_order(sample: Served, look: Look, size: str) -> None:
    page = look(sample.at("grants.html"), SIZES[size])
    page.get_by_label("Filter these grants").fill("dev orders")
    rows = page.locator("#grants tbody tr:visible")
    texts = [each.lower() for each in rows.all_inner_texts()]
    assert 2 < len(texts) < 20
    assert all("dev" in each and "orders" in each for each in texts)
    said = page.locator("[data-count=grants]").inner_text()
    assert said.startswith(f"{len(texts)} of ")
    page.get_by_label("Filter these grants").fill("")
    assert rows.count() > 30


@pytest.mark.parametrize("size", SIZES)
def test_the_matrix_is_filtered_and_says_what_is_pointed_at(sample: Served, look: Look, size: str) -> None:
    page = look(sample.at("matrix.html"), SIZES[size])
    said = page.locator("#matrix-said")
    expect(said).to_have_text("8 teams, 12 products, 30 held")
    page.locator("#m-team").fill("checkout")
    assert said.inner_text() == "1 team, 6 products, 6 held"
    page.locator("#m-team").fill("")
    page.locator("#m-how").select_option("2")
    assert said.inner_text() == "2 teams, 1 product, 2 held"
    box = page.locator("#matrix").bounding_box()
    left, top = min(150, box["width"] * 0.3), 110  # where names end
    page.mouse.move(box["x"] + left + 12, box["y"] + top + 12)
    assert said.inner_text().startswith("Checkout, Shipping: key, token, tier standard, until")


def test_the_matrix_is_gone_through_by_the_keyboard_alone(sample: Served, look: Look) -> None:
    page = look(sample.at("matrix.html"))
    expect(page.locator("#matrix-said")).to_contain_text("held")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "matrix":
            break
    said = page.locator("#matrix-said")
    told = [said.inner_text()]
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "End", "Home"):
        page.keyboard.press(key)
        told.append(said.inner_text())
    assert told[0].startswith("Checkout, Baskets: key")
    assert told[1].startswith("Checkout, Catalogue: ")
    assert not told[2].startswith("Checkout, ")
    assert told[3].startswith("Checkout, ")
    assert told[6] == told[0]
    assert told[5].startswith("Platform, ")
    before = page.locator("#matrix").screenshot()
    page.keyboard.press("+")
    page.wait_for_timeout(100)
    assert page.locator("#matrix").screenshot() != before
    page.keyboard.press("Enter")
    page.wait_for_url("**/product/baskets.html")


def test_the_matrix_is_moved_and_zoomed_by_mouse(sample: Served, look: Look) -> None:
    page = look(sample.at("matrix.html"))
    canvas = page.locator("#matrix")
    expect(page.locator("#matrix-said")).to_contain_text("held")
    box = canvas.bounding_box()
    pictures = [canvas.screenshot()]
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(100)
    pictures.append(canvas.screenshot())
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 150, steps=5)
    page.mouse.up()
    page.wait_for_timeout(100)
    pictures.append(canvas.screenshot())
    assert len(set(pictures)) == 3
    page.get_by_role("button", name="Fit").click()
    page.mouse.move(0, 0)
    page.wait_for_timeout(100)


@pytest.mark.parametrize("size", SIZES)
def test_the_timeline_leads_to_what_ends_in_a_month(sample: Served, look: Look, size: str) -> None:
    page = look(sample.at("timeline.html"), SIZES[size])
    assert page.locator("svg .bar").count() == page.locator("#months tbody tr").count()
    page.get_by_role("link", name="2027-06").click()
    page.wait_for_url("**/ends/2027-06.html")
    assert all("2027-06-" in each for each in page.locator("#month tbody tr").all_inner_texts())


@pytest.mark.parametrize("size", SIZES)
def test_what_was_over_time_is_drawn_from_the_table(sample: Served, look: Look, size: str) -> None:
    page = look(sample.at("over-time.html"), SIZES[size])
    expect(page.locator(".uplot canvas")).to_have_count(2)
    box = page.locator(".uplot .u-over").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 20)
    rows = page.locator("#counts tbody tr").first.locator("th, td").all_inner_texts()
    legend = page.locator(".u-legend").first.locator(".u-value").all_inner_texts()
    assert legend == rows[:3]
    assert int(rows[1]) == 31


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_tab_leads_past_the_navigation(sample: Served, look: Look, kind: str) -> None:
    page = look(sample.of(kind))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_works_from_a_folder_on_disk(sample: Served, look: Look, kind: str) -> None:
    """The policy that keeps foreign scripts out lets the site's own in, there too."""
    path = sample.of(kind).removeprefix(sample.url)
    page = look(f"file://{sample.folder}{path}")
    assert page.evaluate("document.documentElement.className") == "js"
    assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"


def test_search_works_from_a_folder_on_disk(sample: Served, look: Look) -> None:
    page = look(f"file://{sample.folder}/index.html")
    page.get_by_label("Search").fill("checkout")
    page.wait_for_selector("#found li")


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_can_be_read_without_scripts(sample: Served, look: Look, kind: str) -> None:
    page = look(sample.of(kind), java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert page.locator("input:visible, canvas:visible, select:visible").count() == 0


def test_what_is_shown_of_a_screen_in_the_dark_is_dark(sample: Served, look: Look) -> None:
    light, dark = (look(sample.at("index.html"), DESK, scheme) for scheme in ("light", "dark"))
    colours = [page.evaluate("getComputedStyle(document.body).backgroundColor") for page in (light, dark)]
    brightness = [sum(json.loads(f"[{each.removeprefix('rgb(').removesuffix(')')}]")) for each in colours]
    assert brightness[0] > 700
    assert brightness[1] < 150
