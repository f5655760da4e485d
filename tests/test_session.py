"""The one private door into the official client, logging in over TLS, and what happens when neither can be had."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from asgi import AsgiTransport, Credential
from azure.core.pipeline import PipelineResponse
from azure.core.rest import HttpRequest
from azure.mgmt.apimanagement.aio import ApiManagementClient
from checked import checked
from cloud import Cloud
from organisations import ENDPOINT, SERVICE

from reconciler.azure.connecting import connect
from reconciler.azure.reading import read
from reconciler.azure.session import Session
from reconciler.emulator import Azure, Certificates, Running, create_app, serve
from reconciler.errors import AccessDenied, NotFound, Unavailable
from reconciler.resource import Address

ANSWERS = {"url": ENDPOINT + SERVICE + "/products"}


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch, certified: Certificates) -> Iterator[Running]:
    azure = Azure()
    with serve(azure, certified=certified, app=checked(azure)) as served:
        alone(monkeypatch, served.environment)
        yield served


def alone(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    """Leave no credential of the desk that runs the tests, and no way to find one."""
    for name in ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_USERNAME", "AZURE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def run(endpoint: str, ask: Callable[[Session], Any], **options: Any) -> Any:
    async def asked() -> Any:
        async with connect(SERVICE, subscription="s1", endpoint=endpoint, backoff=0, **options) as session:
            return await ask(session)

    return asyncio.run(asked())


def test_the_official_client_still_has_the_pipeline_that_the_session_goes_through() -> None:
    cloud = Cloud()

    async def ask() -> tuple[str, Any]:
        transport = AsgiTransport(create_app(cloud.azure))
        credential: Any = Credential(cloud.azure.token())
        async with ApiManagementClient(credential, "s1", base_url=ENDPOINT, transport=transport) as client:
            pipeline: Any = getattr(client, "_client", None)
            why = "ApiManagementClient._client has gone: reconciler/azure/session.py needs another way to its pipeline"
            assert pipeline is not None, why
            for name in ("send_request", "format_url"):
                assert callable(getattr(pipeline, name, None)), f"ApiManagementClient._client.{name} has gone: {why}"
            url = pipeline.format_url(f"{SERVICE}/products")
            request = HttpRequest("GET", url, params={"api-version": "2024-05-01"})
            return url, await pipeline.send_request(request, _return_pipeline_response=True)

    url, answer = asyncio.run(ask())
    assert url == ANSWERS["url"], "format_url no longer puts the endpoint before a path"
    assert isinstance(answer, PipelineResponse), "send_request has stopped to know _return_pipeline_response"
    assert answer.http_request.url.startswith(ANSWERS["url"])
    assert answer.context is not None
    assert {row["name"] for row in answer.http_response.json()["value"]} == {"starter", "unlimited"}


def test_the_default_credential_logs_in_and_reads_over_tls(running: Running) -> None:
    state = run(running.url, read)
    assert Address("product", ("starter",)) in state
    assert Address("product-api", ("starter", "echo-api")) in state
    assert running.azure.log.token_requests
    assert running.azure.log.writes == 0
    assert {entry.principal for entry in running.azure.log.entries} == {running.environment["AZURE_CLIENT_ID"]}


def test_a_write_over_tls_is_made_with_its_operation_waited_for(running: Running) -> None:
    async def ask(session: Session) -> str:
        xml = {"value": "<fragment><trace /></fragment>", "format": "rawxml"}
        await session.put("policyFragments/cors", xml, "creating fragment cors")
        found = await session.get("policyFragments/cors", "reading it")
        assert found
        return found.etag

    assert run(running.url, ask) == running.azure.etag(SERVICE, "policyFragments/cors")


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_line_cut_over_tls_is_tried_again_and_then_unavailable(running: Running, cut: str) -> None:
    running.azure.fault(path="/groups$", cut=cut)
    assert run(running.url, lambda session: session.rows("groups"))
    running.azure.fault(path="/groups$", cut=cut, times=None)
    with pytest.raises(Unavailable, match=r"^reading groups of apim-test: "):
        run(running.url, lambda session: session.rows("groups"))


def test_half_a_page_over_tls_is_unavailable(running: Running) -> None:
    running.azure.fault(path="/groups$", truncate=50, times=None)
    with pytest.raises(Unavailable, match=r"^reading groups of apim-test: "):
        run(running.url, lambda session: session.rows("groups"))


def test_an_answer_that_stops_on_its_way_is_given_up_and_asked_for_again(running: Running) -> None:
    quick = {"patience": 0.3}
    whole = run(running.url, lambda session: session.rows("groups"))
    running.azure.fault(path="/groups$", pause=5)
    assert run(running.url, lambda session: session.rows("groups"), **quick) == whole
    running.azure.fault(path="/groups$", pause=5, times=None)
    with pytest.raises(Unavailable, match=r"^reading groups of apim-test: "):
        run(running.url, lambda session: session.rows("groups"), **quick)


def test_an_identity_without_a_role_is_denied_over_tls(running: Running) -> None:
    running.azure.grant(running.environment["AZURE_CLIENT_ID"], {"actions": []})
    with pytest.raises(AccessDenied, match=r"^reading groups of apim-test: 403 AuthorizationFailed: .*request id"):
        run(running.url, lambda session: session.rows("groups"))


def test_a_service_path_that_azure_does_not_know_is_not_found(running: Running) -> None:
    async def asked() -> Any:
        service = SERVICE.replace("apim-test", "apim--test-")
        async with connect(service, subscription="s1", endpoint=running.url, backoff=0) as session:
            return await session.rows("groups")

    with pytest.raises(NotFound, match=r"^reading groups of apim--test-: 404 "):
        asyncio.run(asked())


def test_without_any_credential_access_is_denied(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    alone(monkeypatch, {})
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")  # or it looks for a virtual machine's
    with pytest.raises(AccessDenied, match=r"^reading groups of apim-test: .*Log in \(`az login`\) or give"):
        run(running.url, lambda session: session.rows("groups"))
    assert running.azure.log.entries == []


def test_an_authority_that_refuses_the_login_is_access_denied(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "WorkloadIdentityCredential")
    body = {"error": "invalid_client", "error_description": "AADSTS700213: No matching federated identity record."}
    running.azure.fault(path="/token$", status=401, body=body, times=None)
    with pytest.raises(AccessDenied, match=r"^reading groups of apim-test: ") as caught:
        run(running.url, lambda session: session.rows("groups"))
    assert "\n" not in str(caught.value)
    assert running.azure.log.entries == []


def test_a_port_that_nobody_listens_on_is_unavailable_soon() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: the port is refused, and nobody else gets it
        endpoint = f"https://localhost:{taken.getsockname()[1]}"
        with pytest.raises(Unavailable, match=r"^reading groups of apim-test: "):
            run(endpoint, lambda session: session.rows("groups"), credential=Credential(Cloud().azure.token()))


def test_a_certificate_of_an_authority_nobody_trusts_is_unavailable() -> None:
    with serve() as running, pytest.raises(Unavailable, match=r"^reading groups of apim-test: .*certificate"):
        run(running.url, lambda session: session.rows("groups"), credential=Credential(running.azure.token()))
    assert running.azure.log.entries == []
