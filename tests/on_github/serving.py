"""A site in; its REST API on loopback out, which notes every departure from what GitHub publishes."""

import json
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from githubkit_schemas.latest.models import BasicError, ValidationError
from pydantic import TypeAdapter
from pydantic import ValidationError as Invalid

from on_github import described
from on_github.described import SENT_BESIDES
from on_github.doing import Ask, Raw, Refusal
from on_github.records import Token
from on_github.routes import Route, route
from on_github.shapes import answer, undescribed
from on_github.site import NAME, Site

_R = f"/repos/{NAME}"
_PUSHED = "/pushed-in-the-bare-repository"
_HOOK = """#!{python} -IS
import http.client
asked = http.client.HTTPConnection("127.0.0.1", {port}, timeout=10)
asked.request("POST", "{path}")
asked.getresponse().read()
"""


@contextmanager
def github(files: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Serve a repository that holds these files; a departure from GitHub's description fails whoever asked."""
    with tempfile.TemporaryDirectory(prefix="on-github-") as folder:
        site = Site(Path(folder), files or {"README.md": "Who may call what\n"})
        server = _Server(("127.0.0.1", 0), _handler(site))
        server.daemon_threads = True
        site.url = f"http://127.0.0.1:{server.server_port}"
        hook = site.bare.folder / "hooks" / "post-receive"
        hook.write_text(_HOOK.format(python=sys.executable, port=server.server_port, path=_PUSHED))
        hook.chmod(0o700)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            server.server_close()
            thread.join(timeout=10)
        assert not site.departures, "\n".join(site.departures)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of who hung up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with site.lock:
                if self.path == _PUSHED:
                    site.pushed()
                    status, value, headers = 200, {}, {}
                else:
                    status, value, headers = _answered(site, self.command, self.path, self.headers, sent)
            raw = isinstance(value, bytes)
            content = value if raw else json.dumps(value).encode()
            kind = "application/vnd.github.raw" if raw else "application/json"
            self.send_response(status)
            for name, text in {"Content-Type": f"{kind}; charset=utf-8", **headers}.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = _do  # noqa: N815

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    return Handler


def _answered(
    site: Site, method: str, target: str, headers: Mapping[str, str], sent: bytes
) -> tuple[int, Any, dict[str, str]]:
    path, _, text = target.partition("?")
    path, query, method = unquote(path), dict(parse_qsl(text)), "GET" if method == "HEAD" else method
    site.asked.append(f"{method} {path}")
    more: dict[str, str] = {}
    try:
        fault = next((each for each in site.faults if each.method == method and re.fullmatch(each.path, path)), None)
        if fault:
            site.faults.remove(fault)
            more |= fault.headers
            raise Refusal(fault.status, fault.message)
        token = _token(site, headers)
        found, parts = _route(site, method, path)
        _allowed(token, found)
        body = json.loads(sent) if sent else None
        _as_published(site, found, query, body)
        raw = "raw" in (headers.get("Accept") or "")
        value = found.do(site, Ask(token.account, parts, query, body, token.rights, raw))
        if isinstance(value, Raw):
            value = value.content
        elif isinstance(value, list):
            value, more = _page(site, path, query, value)
        elif isinstance(value, dict) and "total_count" in value:
            (key,) = (name for name, each in value.items() if isinstance(each, list))
            rows, more = _page(site, path, query, value[key])
            value = {**value, key: rows}
        status = 201 if method == "POST" and path != "/graphql" else 200
    except Refusal as refusal:
        status, value = refusal.status, _refused(refusal)
        if fault:
            return status, value, more
    except Exception as error:
        site.departures.append(f"{method} {path}: {type(error).__name__}: {error}")
        raise
    site.departures += described.departures(method, path, query, sent, status=status, value=value)
    return status, value, more


def _token(site: Site, headers: Mapping[str, str]) -> Token:
    token = site.tokens.get((headers.get("Authorization") or "").partition(" ")[2])
    if token is None:
        raise Refusal(401, "Bad credentials")
    return token


def _route(site: Site, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    found = route(method, path)
    if found is None:
        site.departures.append(f"{method} {path} is not served here")
        raise Refusal(404, "Not Found")
    return found


def _allowed(token: Token, found: Route) -> None:
    enough = ("read", "write") if found.method == "GET" else ("write",)
    if not any(token.rights.get(each) in enough for each in found.needs):
        raise Refusal(403, "Resource not accessible by integration")


def _as_published(site: Site, found: Route, query: Mapping[str, str], body: Any) -> None:
    asked = f"{found.method} {found.path}"
    if strange := sorted(query.keys() - found.queries):
        site.departures.append(f"{asked}: GitHub's description has no query {strange}")
    if found.body is None:
        return
    try:
        known = TypeAdapter(found.body).validate_python(body)
    except Invalid as error:
        site.departures.append(f"{asked}: {error}")
        raise Refusal(422, "Invalid request.") from error
    lost = undescribed(body, json.loads(known.model_dump_json(by_alias=True, exclude_unset=True)))
    besides = SENT_BESIDES.get(found.path.removeprefix(_R), set())
    if lost := [each for each in lost if each not in besides]:
        site.departures.append(f"{asked}: GitHub's description has no {lost}")


def _page(site: Site, path: str, query: Mapping[str, str], rows: list[Any]) -> tuple[list[Any], dict[str, str]]:
    """Give one page, and where the others are."""
    size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
    last = max(1, -(-len(rows) // size))
    others = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    if page >= last:
        others = {name: number for name, number in others.items() if name in ("prev", "first")}
    if page == 1:
        others = {name: number for name, number in others.items() if name in ("next", "last")}
    links = [
        f'<{site.url}{path}?{urlencode({**query, "page": number})}>; rel="{name}"' for name, number in others.items()
    ]
    return rows[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}


def _refused(refusal: Refusal) -> Any:
    where = "https://docs.github.com/rest"
    if refusal.details:
        errors = [{"code": "custom", "message": each} for each in refusal.details]
        return answer(ValidationError, message=refusal.message, documentation_url=where, errors=errors)
    return answer(BasicError, message=refusal.message, documentation_url=where, status=str(refusal.status))
