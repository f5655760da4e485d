"""Sites, served on loopback, and a real Chromium that looks at them, at two sizes, light and dark."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from grown import grown
from looking import DESK, Served
from organisations import declared
from pages import HOSTILE

from bench.estate import DAY, estate
from bench.sizes import SIZES
from reconciler.declarations import Declarations
from reconciler.folder import write
from reconciler.lives import lives
from reconciler.load import load
from reconciler.revisions import Line
from reconciler.site import Besides, House, Missing, gather, noticed, past, site
from reconciler.sources import from_folder

ROOT = Path(__file__).parents[2]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--font-render-hinting=none"),
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Give a browser that asks nobody anything."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: run `make test-web`")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("there is no Chromium here: install it, or name it in CHROMIUM")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(_QUIET))
        yield browser
        browser.close()


class _Silent(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], Served]]:
    running: list[ThreadingHTTPServer] = []

    def start(folder: Path) -> Served:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder)))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return Served(folder, f"http://127.0.0.1:{server.server_port}")

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def _built(declarations: Declarations, history: Line | None = None) -> dict[str, bytes]:
    names = tuple(declarations.environments)
    company = gather(declarations, names, DAY)
    known = past(lives(history, DAY), names, DAY) if history else None
    house = House(company, "access", since=known.since if known else {})
    missing = (Missing("Who calls what, and how often", "Pages are made of files and git, which do not tell."),)
    return site(house, Besides(noticed(company, ()), past=known, missing=missing))


@pytest.fixture(scope="session")
def sample(serve: Callable[[Path], Served], tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Serve the company of the demo, with a history that it may have had."""
    files, folder = from_folder(ROOT / "access"), tmp_path_factory.mktemp("sample")
    write(folder, _built(load(files).declarations, grown(files)), tell=lambda _: None)
    return serve(folder)


@pytest.fixture(scope="session")
def hostile(serve: Callable[[Path], Served], tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Serve a company whose names would act if they could."""
    folder = tmp_path_factory.mktemp("hostile")
    write(folder, _built(declared(HOSTILE)), tell=lambda _: None)
    return serve(folder)


@pytest.fixture(scope="session")
def large(serve: Callable[[Path], Served], tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Serve the largest estate there is, with its 10,000 grants."""
    folder = tmp_path_factory.mktemp("large")
    write(folder, _built(estate(SIZES["L"], seed=7).declarations), tell=lambda _: None)
    return serve(folder)


@pytest.fixture
def look(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Give a page; at its end nothing may have gone wrong in it, and nothing been asked for elsewhere."""
    contexts, wrong = [], []

    def opened(url: str, size: dict[str, int] = DESK, scheme: str = "light", **more: Any) -> Any:
        context = chromium.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce", **more)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("dialog", lambda dialog: (wrong.append(f"{dialog.type}: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda each: None if _own(each.url) else wrong.append(f"asked for {each.url}"))
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def _own(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "file://"))
