"""A Backstage that asks `reconciler backstage --serve` has the same entities as one that reads the folder."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from backend import backend
from conftest import Desk
from test_ingesting import written

TOKEN = "planted-token-of-the-catalog-0123456789"


@contextmanager
def serving(desk: Desk, port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}/entities"
    environment = {**os.environ, **desk.running.environment, "RECONCILER_SERVE_TOKEN": TOKEN}
    command = [sys.executable, "-m", "reconciler", "backstage", "-e", "prod", "--serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=desk.folder, env=environment, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{port}/health")
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def test_who_asks_has_the_same_entities(sample: Desk, tmp_path: Path, free_port: int) -> None:
    wanted = {name: each for name, each in written(sample).items() if each["kind"] != "Location"}
    with serving(sample, free_port) as url:
        assert httpx.get(url).status_code == 401
        with backend(tmp_path, [], access={"url": url, "token": TOKEN}) as running:
            found = running.settled(lambda found: wanted.keys() <= found.keys())
            assert found.keys() == wanted.keys()
            assert TOKEN not in running.said()
