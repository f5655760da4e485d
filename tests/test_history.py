"""What git is told when it fetches: the token, for one server, and nowhere that stays."""

import base64
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError
from reconciler.history import fetch

TOKEN = "ghs_planted"


@contextmanager
def listening() -> Iterator[tuple[str, list[str | None]]]:
    """Stand for a git server that has nothing, and keep what it is shown."""
    shown: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers["Authorization"])
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", shown
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def cloned_from(url: str, folder: Path) -> Path:
    for arguments in (["init", "-q"], ["remote", "add", "origin", f"{url}/contoso/access.git"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, timeout=60)  # noqa: S603, S607
    return folder


def fetched(folder: Path, server: str, token: str | None) -> str:
    with pytest.raises(ReconcilerError) as refused:
        fetch(folder, "refs/pull/1/merge", token=token, server=server)
    return str(refused.value)


def test_the_token_is_shown_to_its_server_and_stands_nowhere_else(tmp_path: Path) -> None:
    with listening() as (url, shown):
        said = fetched(cloned_from(url, tmp_path), url, TOKEN)
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    assert shown == [f"basic {basic}"]
    kept = (tmp_path / ".git/config").read_text()
    assert not any(secret in text for secret in (TOKEN, basic) for text in (said, kept))


def test_another_server_does_not_see_the_token(tmp_path: Path) -> None:
    with listening() as (url, shown):
        fetched(cloned_from(url, tmp_path), "https://github.com", TOKEN)
    assert shown == [None]


def test_without_a_token_git_asks_as_anybody(tmp_path: Path) -> None:
    with listening() as (url, shown):
        fetched(cloned_from(url, tmp_path), url, None)
    assert shown == [None]
