"""A man in the middle, or an answer that lies: a token goes where it was meant, over trusted TLS, or nowhere."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from asgi import Credential
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.rest import HttpRequest
from calls import nobody_calls
from commanded import in_process
from organisations import SERVICE, environment, organisation
from pydantic import SecretStr

from reconciler.azure.connecting import connect
from reconciler.azure.errors import LeadsElsewhere
from reconciler.azure.gateway import Call, gateways
from reconciler.azure.session import Session
from reconciler.azure.staying import Staying
from reconciler.azure.vault import Vaults, vaults
from reconciler.emulator import Azure, Certificates, Running, serve
from reconciler.errors import AzureError, GitHubError, Unavailable
from reconciler.github import Repository
from reconciler.github import session as github_session
from reconciler.resource import Secret

POLICY = {"value": "<fragment><trace /></fragment>", "format": "rawxml"}
ELSEWHERE = "and no token goes there"
GITHUB = {"GITHUB_REPOSITORY": "contoso/access", "GITHUB_TOKEN": "ghs_planted"}


@pytest.fixture
def running(certified: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with serve(Azure(), certified=certified) as served:
        for name, value in served.environment.items():
            monkeypatch.setenv(name, value)
        yield served


@pytest.fixture(autouse=True)
def _vaults_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = socket.getaddrinfo

    def found(host: Any, *rest: Any, **more: Any) -> Any:
        return ask("127.0.0.1" if str(host).endswith(".vault.localhost") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.fixture
def run(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Give the command line, in a folder of declarations for that Azure."""
    apis = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
    running.azure.seed(SERVICE, apis)
    contents = organisation(
        **{
            "environments.yaml": {"prod": environment(endpoint=running.url)},
            "commerce/fragments/cors.xml": "<fragment><cors /></fragment>",
        }
    )
    for path, value in contents.items():
        file = tmp_path / "access" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(value if isinstance(value, str) else json.dumps(value))
    monkeypatch.chdir(tmp_path)

    return in_process(monkeypatch)


def asked(running: Running, ask: Callable[[Session], Any]) -> Any:
    async def asking() -> Any:
        credential: Any = Credential(running.azure.token())
        async with connect(
            SERVICE, subscription="s1", endpoint=running.url, credential=credential, backoff=0, poll=0
        ) as session:
            return await ask(session)

    return asyncio.run(asking())


def at_vault(running: Running, ask: Callable[[Vaults, str], Any]) -> Any:
    async def asking() -> Any:
        credential: Any = Credential(running.azure.token(audience="https://vault.azure.net"))
        async with vaults(credential=credential, backoff=0) as opened:
            return await ask(opened, f"https://kv.vault.localhost:{running.url.rpartition(':')[2]}")

    return asyncio.run(asking())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_to_another_host_is_not_followed(
    running: Running, run: Callable[..., int], capsys: pytest.CaptureFixture[str], status: int
) -> None:
    with nobody_calls() as elsewhere:
        running.azure.fault(path="/groups$", status=status, headers={"Location": f"{elsewhere}/groups"}, times=None)
        assert run("plan") == 5
        assert f"reading groups of apim-test: an answer leads to {elsewhere}, {ELSEWHERE}" in capsys.readouterr().err


@pytest.mark.parametrize("status", [201, 202])
def test_an_operation_that_is_to_be_polled_at_another_host_is_not(
    running: Running, run: Callable[..., int], capsys: pytest.CaptureFixture[str], status: int
) -> None:
    with nobody_calls() as elsewhere:
        headers = {"Location": f"{elsewhere}/x", "Azure-AsyncOperation": f"{elsewhere}/y"}
        running.azure.fault(path="/policyFragments/", method="PUT", status=status, headers=headers, body={}, times=None)
        assert run("apply", "--yes") == 1
        assert f"an answer leads to {elsewhere}, {ELSEWHERE}" in capsys.readouterr().out


@pytest.mark.parametrize("status", [201, 202])
def test_an_operation_whose_state_is_elsewhere_is_not_asked_there(running: Running, status: int) -> None:
    with nobody_calls() as elsewhere:
        headers = {"Azure-AsyncOperation": f"{elsewhere}/y"}
        running.azure.fault(path="/policyFragments/", method="PUT", status=status, headers=headers, body={})
        with pytest.raises(AzureError):
            asked(running, lambda session: session.put("policyFragments/cors", POLICY, "creating cors"))


@pytest.mark.parametrize("spelled", ["LOCALHOST", "localhost"])
def test_an_operation_is_polled_where_it_began_however_that_is_spelled(running: Running, spelled: str) -> None:
    there = running.url.replace("localhost", spelled)
    path = f"{SERVICE}/policyFragments/cors?api-version=2024-05-01"
    headers = {"Location": f"{there}{path}"}
    running.azure.seed(SERVICE, {"policyFragments/cors": {"value": POLICY["value"]}})
    running.azure.fault(path="/policyFragments/", method="PUT", status=202, headers=headers, body={})
    asked(running, lambda session: session.put("policyFragments/cors", POLICY, "creating cors"))


def test_a_port_that_is_the_usual_one_is_no_other_address() -> None:
    """As Azure spells it: `https://management.azure.com:443/...`."""
    staying, azure = Staying("https://management.azure.com"), "management.azure.com"
    for url in (f"https://{azure}:443/x", f"https://{azure.upper()}/x", f"https://{azure}"):
        staying.on_request(PipelineRequest(HttpRequest("GET", url), PipelineContext(None)))
    elsewhere = (
        f"http://{azure}",
        f"https://{azure}.evil.example",
        f"https://{azure}:8443",
        f"https://{azure}@evil.example",
    )
    for url in (*elsewhere, "https://[::1", "https://x:y", "", "//evil.example"):
        with pytest.raises(LeadsElsewhere):
            staying.on_request(PipelineRequest(HttpRequest("GET", url), PipelineContext(None)))


@pytest.mark.parametrize("count", [{}, {"count": 2}])
def test_the_next_page_is_asked_for_where_the_first_was(running: Running, count: dict[str, int]) -> None:
    row = {"id": f"{SERVICE}/groups/a", "name": "a", "properties": {}}
    other = {**row, "id": f"{SERVICE}/groups/b", "name": "b"}
    with nobody_calls() as elsewhere:
        first = {"value": [row], "nextLink": f"{elsewhere}{SERVICE}/groups?$skip=1&$top=1", **count}
        running.azure.fault(path="/groups$", status=200, body=first)
        running.azure.fault(path="/groups$", nth=2, status=200, body={"value": [other], **count})
        rows = asked(running, lambda session: session.rows("groups"))
        assert [each["name"] for each in rows] == ["a", "b"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": {"value": [], "nextLink": "ELSEWHERE/secrets?$skiptoken=x"}},
        {"status": 302, "headers": {"Location": "ELSEWHERE/secrets"}},
        {"status": 307, "headers": {"Location": "ELSEWHERE/secrets"}},
    ],
)
def test_a_vault_that_sends_its_caller_elsewhere_is_not_followed(running: Running, answer: dict[str, Any]) -> None:
    with nobody_calls() as elsewhere:
        told = json.loads(json.dumps(answer).replace("ELSEWHERE", elsewhere))
        running.azure.fault(path="/secrets", nth=2, times=None, **told)  # the first is refused, with a challenge
        with pytest.raises(Unavailable, match=f"leads to {elsewhere}, {ELSEWHERE}"):
            at_vault(running, lambda opened, vault: opened.kept(vault))


def test_a_key_on_its_way_to_a_vault_is_not_sent_on(running: Running) -> None:
    with nobody_calls() as elsewhere:
        headers = {"Location": f"{elsewhere}/secrets/x"}
        running.azure.fault(path="/secrets/", method="PUT", nth=2, status=307, headers=headers, times=None)
        with pytest.raises(Unavailable, match=f"leads to {elsewhere}, {ELSEWHERE}"):
            at_vault(running, write)


async def write(opened: Vaults, vault: str) -> None:
    await opened.write(Secret(vault, "x"), SecretStr("planted-key"), {}, now=datetime.now(UTC))


@contextmanager
def listening(status: int, headers: Mapping[str, str], heard: list[Mapping[str, str]]) -> Iterator[str]:
    """Serve one answer over plain HTTP to whoever asks, and keep what they showed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(dict(self.headers))
            self.send_response(status)
            for name, text in {**headers, "Content-Length": "2", "Content-Type": "application/json"}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_host_that_github_sends_to_is_shown_no_token(status: int) -> None:
    """A repository that was renamed is found where GitHub says; another host is told nothing by which to act."""
    asked_first: list[Mapping[str, str]] = []
    asked_then: list[Mapping[str, str]] = []
    with (
        listening(404, {}, asked_then) as there,
        listening(status, {"Location": f"{there.replace('127.0.0.1', 'localhost')}/x"}, asked_first) as first,
        pytest.raises(GitHubError),
    ):
        Repository("contoso/access", "ghs_planted", api=first).pull_request(1)
    assert asked_first
    assert all("ghs_planted" in str(each) for each in asked_first)
    assert asked_then
    assert "ghs_planted" not in str(asked_then)


def test_the_authority_of_a_certificate_must_be_trusted_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each client of ours meets a server that shows a certificate which nobody it trusts has signed."""
    monkeypatch.setattr(github_session, "_WAITS", (0.01,))
    with serve(Azure()) as stranger:
        credential: Any = Credential(stranger.azure.token())

        async def to_arm() -> Any:
            async with connect(
                SERVICE, subscription="s1", endpoint=stranger.url, credential=credential, backoff=0
            ) as session:
                return await session.rows("groups")

        async def to_gateway() -> Any:
            async with gateways() as opened:
                return await opened.ask(Call("GET", f"{stranger.url}/x", secrets=(("key", SecretStr("planted-key")),)))

        for attempt in (to_arm, to_gateway):
            with pytest.raises(Unavailable, match=r"(?i)certificate"):
                asyncio.run(attempt())
        with pytest.raises(Unavailable, match=r"(?i)certificate"):
            at_vault(stranger, lambda opened, vault: opened.kept(vault))
        with pytest.raises(GitHubError, match=r"(?i)certificate"):
            Repository("contoso/access", "ghs_planted", api=stranger.url).pull_request(1)
    assert stranger.azure.log.entries == []


@pytest.mark.story
def test_a_plan_believes_no_server_that_only_says_it_is_azure(
    running: Running, run: Callable[..., int], tmp_path: Path
) -> None:
    """In a process of its own, which trusts what the machine trusts."""
    unknown = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}
    trusting = {name: value for name, value in os.environ.items() if name not in unknown}
    command = [sys.executable, "-m", "reconciler", "plan"]
    done = subprocess.run(  # noqa: S603
        command, cwd=tmp_path, env=trusting, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, "failed to retrieve a token" in done.stderr) == (5, True), done.stderr
    assert running.azure.log.entries == []
    assert running.azure.log.token_requests == []
    assert run("plan") == 0  # who trusts it


@pytest.mark.parametrize(
    ("variable", "verb"),
    [
        ("GITHUB_API_URL", ("comment", "--pull-request", "1", "a.md")),
        ("GITHUB_SERVER_URL", ("plan", "--pull-request", "1")),
    ],
)
@pytest.mark.parametrize("url", ["http://github.example", "http://localhost.example", "ftp://127.0.0.1", "github.com"])
def test_a_token_of_github_is_shown_over_tls_alone(  # noqa: PLR0917  pytest gives them by name
    run: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    verb: tuple[str, ...],
    url: str,
) -> None:
    Path("a.md").write_text("a")
    for name, value in {**GITHUB, variable: url}.items():
        monkeypatch.setenv(name, value)
    assert run(*verb) == 2
    assert f"{variable} is {url}: a token is shown over https:// alone." in capsys.readouterr().err


@pytest.mark.parametrize("key", ["endpoint", "authority", "key_vault"])
def test_an_address_of_azure_without_tls_is_refused(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    places = {"prod": {**environment(), key: "http://management.azure.com"}}
    (tmp_path / "access/environments.yaml").write_text(json.dumps(places))
    assert run("plan") == 3
    assert f"`{key}`: 'http://management.azure.com' does not have the form it needs" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("audit", SERVICE), ("adopt", "-e", "new", "--service", SERVICE)])
def test_an_endpoint_without_tls_is_refused(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run(*arguments, "--endpoint", "http://management.azure.com") == 2
    assert "--service or --endpoint" in capsys.readouterr().err


def test_no_key_is_shown_to_a_gateway_without_tls() -> None:
    async def ask() -> Any:
        async with gateways() as opened:
            return await opened.ask(Call("GET", "http://127.0.0.1:9/x", secrets=(("key", SecretStr("planted-key")),)))

    with pytest.raises(Unavailable, match="no key goes where there is no TLS"):
        asyncio.run(ask())
