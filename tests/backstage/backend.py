"""Locations of a catalog in; a real Backstage backend that has read them, and what it says of them, out."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Thread
from typing import Any

import httpx

HERE = Path(__file__).parent
ASKER = "user:default/asker"
"""Who is signed in."""

TOKEN = "test-token-not-a-secret-0123456789"
_STARTS, _SETTLES = 90.0, 90.0  # seconds
_PAINT = re.compile(r"\x1b\[[0-9;]*m")
_COMPLAINT = re.compile(r"\S+ \S+ (warn|error) ")
_NOTHING_OF_OURS = ("events backend not found",)
_KINDS = ["API", "Component", "Resource", "Group", "User", "System", "Domain", "Location", "Template"]


@dataclass(frozen=True)
class Backend:
    """A backend that runs."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, path: str, *, guest: str = "", **query: str) -> Any:
        answer = httpx.get(f"{self.url}/api{path}", params=query, headers=_shown(guest or TOKEN), timeout=60)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:1000]}"
        return answer.json()

    def tell(self, path: str, body: Any, *, guest: str = "") -> httpx.Response:
        return httpx.post(f"{self.url}/api{path}", json=body, headers=_shown(guest or TOKEN), timeout=60)

    def guest(self) -> str:
        """Sign in as somebody."""
        return str(self._signed_in()["token"])

    def who(self) -> list[str]:
        """Give who is signed in, and their groups."""
        return [str(each) for each in self._signed_in()["identity"]["ownershipEntityRefs"]]

    def _signed_in(self) -> Any:
        return httpx.post(f"{self.url}/api/auth/guest/refresh", timeout=30).json()["backstageIdentity"]

    def entities(self) -> dict[str, Any]:
        """Give every entity by its reference, without definitions: they would make one answer too long."""
        fields = "kind,metadata,relations,status,spec.owner,spec.system,spec.type"
        return {_reference(each): each for each in self.ask("/catalog/entities", fields=fields)}

    def settled(self, wanted: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        """Wait until what is wanted is there, and three looks in a row agree on the relations."""
        deadline, seen, same = time.monotonic() + _SETTLES, None, 0
        while time.monotonic() < deadline:
            found = self.entities()
            now = {name: len(each.get("relations") or ()) for name, each in found.items()}
            same = same + 1 if now == seen and wanted(found) else 0
            if same == 3:
                return found
            seen = now
            time.sleep(0.5)
        raise AssertionError(f"the catalog never came to rest: {len(seen or ())} entities\n{self.said()[-4000:]}")

    def picked(self, template: str, field: str) -> list[str]:
        """Give what the picker of a template's field would offer who is signed in."""
        pages = self.ask(f"/catalog/entities/by-name/template/default/{template}")["spec"]["parameters"]
        found = next(each for page in pages for name, each in page["properties"].items() if name == field)
        filters = found.get("ui:options", {}).get("catalogFilter")
        if found["ui:field"] == "MyGroupsPicker":
            filters = [{"kind": "Group", "relations.hasMember": ASKER}]
        elif found["ui:field"] == "OwnedEntityPicker":
            filters = [{**each, "relations.ownedBy": owner} for each in filters for owner in self.who()]
        asked = [
            ",".join(key if isinstance(value, dict) else f"{key}={value}" for key, value in each.items())
            for each in filters
        ]
        rows = [row for each in asked for row in self.ask("/catalog/entities", filter=each, fields="kind,metadata")]
        return sorted(_reference(row) for row in rows)

    def wanted(self, template: str, values: Mapping[str, Any], **secrets: str) -> httpx.Response:
        """Fill in a template, as who is signed in."""
        body = {"templateRef": f"template:default/{template}", "values": values, "secrets": secrets}
        return self.tell("/scaffolder/v2/tasks", body, guest=self.guest())

    def ran(self, task: str) -> tuple[str, str]:
        """Wait until a task is done; gives how it ended, and what it said."""
        deadline = time.monotonic() + _SETTLES
        while time.monotonic() < deadline:
            status = self.ask(f"/scaffolder/v2/tasks/{task}")["status"]
            if status not in ("open", "processing"):
                events = self.ask(f"/scaffolder/v2/tasks/{task}/events")
                return status, "\n".join(str(each["body"].get("message", "")) for each in events)
            time.sleep(0.1)
        raise AssertionError(f"the task never ended\n{self.said()[-4000:]}")

    def said(self) -> str:
        return _PAINT.sub("", self.log.read_text(errors="replace"))

    def complaints(self) -> list[str]:
        """Give each warning and error, but for what says nothing of a catalog."""
        found = (line for line in self.said().splitlines() if _COMPLAINT.match(line))
        return [line for line in found if not any(each in line for each in _NOTHING_OF_OURS)]


def _shown(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _reference(entity: Mapping[str, Any]) -> str:
    metadata = entity["metadata"]
    return f"{entity['kind']}:{metadata.get('namespace', 'default')}/{metadata['name']}".lower()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def backend(
    place: Path,
    locations: Sequence[Mapping[str, str]],
    *,
    github: tuple[str, str] = ("", "none"),
    access: Mapping[str, str] | None = None,
) -> Iterator[Backend]:
    """Run a backend until the block ends.

    `github` is the address of GitHub's API and a token for it, `access` where entities are asked for.
    """
    port = free_port()
    place.mkdir(parents=True, exist_ok=True)
    config = place / "app-config.json"
    config.write_text(json.dumps(_config(port, locations, github, access)))
    log = place / "backstage.log"
    environment = {**os.environ, "NODE_ENV": "development", "LOG_LEVEL": "info"} | (
        {"ACCESS_URL": "on"} if access else {}
    )
    command = ["node", "--no-node-snapshot", "index.js", "--config", str(config)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=HERE, env=environment, stdout=out, stderr=subprocess.STDOUT)  # noqa: S603
    running = Backend(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait(running)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait(running: Backend) -> None:
    deadline = time.monotonic() + _STARTS
    while time.monotonic() < deadline:
        assert running.process.poll() is None, running.said()[-4000:]
        try:
            if (
                httpx.get(
                    f"{running.url}/api/catalog/entity-facets", params={"facet": "kind"}, headers=_shown(TOKEN)
                ).status_code
                == 200
            ):
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise AssertionError(f"Backstage did not start\n{running.said()[-4000:]}")


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _config(
    port: int,
    locations: Sequence[Mapping[str, str]],
    github: tuple[str, str],
    access: Mapping[str, str] | None,
) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}"
    hosts = [{"host": each["target"].split("/")[2]} for each in locations if each["type"] == "url"]
    on_github = {"host": "github.com", "token": github[1]} | ({"apiBaseUrl": github[0]} if github[0] else {})
    return {
        "app": {"title": "Test", "baseUrl": url},
        "organization": {"name": "Test"},
        "backend": {
            "baseUrl": url,
            "listen": {"host": "127.0.0.1", "port": port},
            "database": {"client": "better-sqlite3", "connection": ":memory:"},
            "reading": {"allow": hosts},
            "auth": {"externalAccess": [{"type": "static", "options": {"token": TOKEN, "subject": "tests"}}]},
        },
        "auth": {"environment": "development", "providers": {"guest": {"userEntityRef": ASKER}}},
        "catalog": {
            "processingInterval": {"seconds": 2},
            "rules": [{"allow": _KINDS}],
            "locations": list(locations),
        },
        "integrations": {"github": [on_github]},
        "scaffolder": {"defaultAuthor": {"name": "Scaffolder", "email": "scaffolder@contoso.example"}},
        **({"access": dict(access)} if access else {}),
    }
