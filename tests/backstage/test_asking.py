"""A Backstage that asks `reconciler backstage --serve` has what one has that reads the folder, and loses what goes."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from backend import Backend, backend, served
from conftest import Desk
from test_ingesting import written

TOKEN = "planted-token-of-the-catalog-0123456789"
_OLD = 10  # seconds that an answer of the service may be old: the fewest that it takes
_PATIENCE = 30.0
_PASSED_ON = ("authorization", "if-none-match")


@contextmanager
def serving(desk: Desk, port: int) -> Iterator[str]:
    log = desk.folder / "serve.log"
    environment = {**os.environ, **desk.known, "RECONCILER_SERVE_TOKEN": TOKEN}
    command = [sys.executable, "-m", "reconciler", "backstage", "-e", "prod", "--serve"]
    options = ["--port", str(port), "--every", str(_OLD)]
    with log.open("wb") as out:
        process = subprocess.Popen([*command, *options], cwd=desk.folder, env=environment, stderr=out)  # noqa: S603
    try:
        until(lambda: _alive(port), log.read_text)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.HTTPError:
        return False


def until(wanted: Callable[[], object], said: Callable[[], str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not wanted():
        assert time.monotonic() < deadline, said()[-4000:]
        time.sleep(0.1)


@contextmanager
def overheard(url: str) -> Iterator[tuple[str, list[int]]]:
    """Stand between; gives an address to ask there, and the statuses of what was answered."""
    heard: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown = {name: self.headers[name] for name in _PASSED_ON if self.headers[name]}
            answer = httpx.get(f"{url}{self.path}", headers=shown, timeout=60)
            self.send_response(answer.status_code)
            for name in {"etag", "content-type"} & answer.headers.keys():
                self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(answer.content)
            heard.append(answer.status_code)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def desk(sample: Desk, tmp_path: Path) -> Desk:
    """A company of its own, for files are taken out of it."""
    shutil.copytree(sample.folder, tmp_path / "desk")
    return Desk(tmp_path / "desk", sample.running)


def test_who_asks_has_the_same_is_sent_nothing_twice_and_loses_what_goes(
    desk: Desk, tmp_path: Path, free_port: int
) -> None:
    wanted = {name for name, each in written(desk).items() if each["kind"] != "Location"}
    gone = {"component:default/label-printer", "resource:default/logistics-orders-labels"}
    assert gone <= wanted
    with (
        serving(desk, free_port) as url,
        overheard(url) as (address, heard),
        backend(tmp_path / "b", [], access={"url": f"{address}/entities", "token": TOKEN}) as running,
    ):
        assert httpx.get(f"{url}/entities").status_code == 401
        found = running.settled(lambda found: wanted <= found.keys())
        assert found.keys() == wanted
        assert related(found) == related(of_the_folder(desk, tmp_path / "folder", wanted))

        ask_again(running, heard, 304)
        assert related(running.entities()) == related(found)

        (desk.access / "logistics" / "grants" / "orders-labels.yaml").unlink()
        time.sleep(_OLD)
        ask_again(running, heard, 200)
        until(lambda: running.entities().keys() == wanted - gone, running.said)
        assert running.complaints() == []
        assert TOKEN not in running.said()


def ask_again(running: Backend, heard: list[int], status: int) -> None:
    """Let Backstage ask now: it would, in a minute."""
    before = len(heard)
    running.tell("/catalog/.backstage/scheduler/v1/tasks/access/trigger", {})
    until(lambda: len(heard) > before, running.said)
    assert heard[-1] == status


def of_the_folder(desk: Desk, place: Path, wanted: set[str]) -> dict[str, Any]:
    """Give what a Backstage has that reads the files."""
    with served(desk.catalog) as url:
        location = {"type": "url", "target": f"{url}/catalog-info.yaml"}
        with backend(place, [location]) as running:
            return running.settled(lambda found: wanted <= found.keys())


def related(found: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """Give all relations, but those of Templates, which no list over HTTP has."""
    rows = (
        (name, row["type"], row["targetRef"]) for name, each in found.items() for row in each.get("relations") or ()
    )
    return {each for each in rows if not any(name.startswith("template:") for name in (each[0], each[2]))}
