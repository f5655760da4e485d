"""With a service to read and a repository to propose in, an assistant is told more, and asks by pull requests alone."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checked import checked
from mcp import Client
from mcp_types import CallToolResult
from on_github import Site, github
from organisations import SERVICE, environment, files, organisation

from reconciler.assist.server import server
from reconciler.assist.tools import Propose
from reconciler.cli.mcp import proposer
from reconciler.cli.watching import Watched
from reconciler.emulator import Azure, Certificates, Fault, Running, serve

REQUEST = {"team": "commerce", "product": "orders", "environments": ["prod"], "reason": "See it as others do"}


@pytest.fixture
def running(certified: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    azure = Azure()
    azure.seed(
        SERVICE,
        {
            "apiVersionSets/orders": {"displayName": "Orders", "versioningScheme": "Segment"},
            "apis/orders": {
                "displayName": "Orders of the shop",
                "path": "orders",
                "apiVersion": "v2",
                "apiVersionSetId": "/apiVersionSets/orders",
            },
            "apis/orders/operations/get": {"displayName": "Look up", "method": "GET", "urlTemplate": "/orders"},
            "apis/forgotten": {"displayName": "Forgotten", "path": "forgotten"},
        },
    )
    with serve(azure, app=checked(azure), certified=certified) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def folder(at: Path, **more: Any) -> Path:
    for path, content in files(organisation(**more)).contents.items():
        (at / path).parent.mkdir(parents=True, exist_ok=True)
        (at / path).write_bytes(content)
    return at


def ask(watched: Watched, *calls: tuple[str, dict[str, Any]], propose: Propose | None = None) -> list[CallToolResult]:
    async def run() -> list[CallToolResult]:
        async with Client(server(watched, propose=propose)) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(run())


def test_names_endpoints_and_operations_come_from_the_service(running: Running, tmp_path: Path) -> None:
    place = environment(endpoint=running.url)
    watched = Watched(folder(tmp_path, **{"environments.yaml": {"prod": place}}), environment="prod", live=True)
    api, operations, one, found = ask(
        watched,
        ("api", {"name": "orders"}),
        ("api", {"name": "orders", "part": "operations"}),
        ("api", {"name": "orders", "operation": "get"}),
        ("find_api", {"words": "forgotten"}),
    )
    assert api.structured_content is not None
    assert api.structured_content["display_name"] == {"text_from_others": "Orders of the shop"}
    (there,) = api.structured_content["places"]
    url = f"{running.url}/gateways/apim-test/orders/v2"
    assert (there["endpoints"], there["endpoints_from"]) == ([{"text_from_others": url}], "the service")
    assert operations.structured_content is not None
    assert operations.structured_content["operations"] == [
        {
            "name": "get",
            "method": "GET",
            "path": {"text_from_others": "/orders"},
            "summary": {"text_from_others": "Look up"},
        }
    ]
    assert "Look up" in str(one.structured_content)
    assert found.structured_content is not None
    assert [match["name"] for match in found.structured_content["matches"]] == ["forgotten"]
    assert {entry.method for entry in running.azure.log.entries} <= {"GET"}
    asked = len(running.azure.log.entries)
    ask(watched, ("api", {"name": "orders", "part": "operations"}), ("team", {"name": "checkout"}))
    assert len(running.azure.log.entries) == asked


@pytest.mark.parametrize(
    ("fault", "patience", "words"),
    [
        (
            Fault(path="/apis$", status=403, code="Denied", message="no \u202eright", times=None),
            30,
            "403 Denied: no \\u202e",
        ),
        (Fault(path="/apis$", delay=1.0, times=None), 0.2, "no whole answer within 0.2 seconds"),
    ],
)
def test_a_service_that_does_not_answer_is_said_so(
    fault: Fault, patience: float, words: str, running: Running, tmp_path: Path
) -> None:
    running.azure.faults.add(fault)
    place = environment(endpoint=running.url)
    watched = Watched(folder(tmp_path, **{"environments.yaml": {"prod": place}}), live=True, patience=patience)
    (answer,) = ask(watched, ("team", {"name": "checkout"}))
    assert answer.is_error
    (content,) = answer.content
    assert content.type == "text"
    assert words in content.text
    assert "Traceback" not in content.text
    running.azure.faults.clear()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with github({f"access/{path}": text.decode() for path, text in files(organisation()).contents.items()}) as site:
        site.clone(tmp_path / "clone", by="pat")
        monkeypatch.chdir(tmp_path / "clone")
        monkeypatch.setenv("GITHUB_API_URL", site.url)
        monkeypatch.setenv("GITHUB_TOKEN", site.token())
        yield site


def test_a_request_is_proposed_as_it_was_drafted(site: Site) -> None:
    watched = Watched(Path("access"))
    propose = proposer(Path("access"), "main", "contoso/access")
    drafted, opened, again = ask(
        watched, ("draft_request", REQUEST), ("open_request", REQUEST), ("open_request", REQUEST), propose=propose
    )
    assert drafted.structured_content is not None
    assert opened.structured_content is not None
    number = opened.structured_content["pull_request"]
    assert opened.structured_content == {
        "pull_request": number,
        "title": "commerce asks for orders in prod",
        "decides": "commerce",
    }
    branch = "access/request-commerce-orders"
    assert site.git("diff", "--name-only", "main", branch) == drafted.structured_content["file"]
    added = [line[1:] for line in drafted.structured_content["patch"]["text_from_others"].splitlines()[5:]]
    assert site.git("show", f"{branch}:access/commerce/grants/orders.yaml").splitlines() == added
    assert again.structured_content is not None
    assert again.structured_content["pull_request"] == number


def test_what_github_refuses_is_said_without_the_token(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "a-token-that-is-none")
    propose = proposer(Path("access"), "main", "contoso/access")
    watched = Watched(Path("access"))
    wrong, refused = ask(
        watched, ("open_request", {**REQUEST, "product": "order"}), ("open_request", REQUEST), propose=propose
    )
    assert "there is no product `order` (did you mean `orders`?)" in str(wrong)
    assert refused.is_error
    assert "a-token-that-is-none" not in str(refused)
    assert "Traceback" not in str(refused)
    assert site.git("branch", "--list", "access/*") == ""
