"""The other door: Microsoft's own clients over TLS, set by environment variables alone, and the command that serves."""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from azure.identity import WorkloadIdentityCredential as SyncCredential
from azure.identity.aio import WorkloadIdentityCredential
from azure.mgmt.apimanagement import ApiManagementClient as SyncClient
from azure.mgmt.apimanagement.aio import ApiManagementClient
from caller import SERVICE

from reconciler.emulator import Azure, Running, serve

SCOPES = ["https://management.azure.com/.default"]
WHERE = ("rg", "apim-dev")
SUBSCRIPTION = SERVICE.split("/")[2]


def with_sdk(running: Running, work: Any, **options: Any) -> Any:
    async def run() -> Any:
        async with (
            WorkloadIdentityCredential() as credential,
            ApiManagementClient(
                credential,  # type: ignore[arg-type]
                SUBSCRIPTION,
                base_url=running.url,
                credential_scopes=SCOPES,
                **options,
            ) as client,
        ):
            return await work(client)

    return asyncio.run(run())


def test_the_official_client_creates_pages_polls_and_deletes(running: Running) -> None:
    running.azure.seed(SERVICE, {f"groups/g{index:03}": {} for index in range(120)})

    async def work(client: ApiManagementClient) -> None:
        assert len([group async for group in client.group.list_by_service(*WHERE)]) == 123
        product = await client.product.create_or_update(*WHERE, "orders", {"properties": {"displayName": "Orders"}})
        assert product.subscription_required is True
        poller = await client.policy_fragment.begin_create_or_update(
            *WHERE, "f", {"properties": {"value": "<fragment />", "format": "rawxml"}}
        )
        assert (await poller.result()).name == "f"
        poller = await client.named_value.begin_create_or_update(
            *WHERE, "n", {"properties": {"displayName": "N", "value": "1"}}
        )
        assert (await poller.result()).value == "1"
        secrets = await client.subscription.list_secrets(*WHERE, "master")
        assert len(secrets.primary_key) == 32
        assert await client.group_user.check_entity_exists(*WHERE, "administrators", "1")
        assert not await client.group_user.check_entity_exists(*WHERE, "guests", "1")
        await (await client.api.begin_delete(*WHERE, "echo-api", if_match="*")).result()
        await client.product.delete(*WHERE, "orders", if_match="*", delete_subscriptions=True)

    with_sdk(running, work)
    assert len(running.azure.log.token_requests) == 1
    assert {entry.principal for entry in running.azure.log} == {running.environment["AZURE_CLIENT_ID"]}
    assert "echo-api" not in str(running.azure.snapshot(SERVICE))


def test_the_synchronous_client_works_by_the_same_environment(running: Running) -> None:
    with (
        SyncCredential() as credential,
        SyncClient(credential, SUBSCRIPTION, base_url=running.url, credential_scopes=SCOPES) as client,
    ):
        assert [product.name for product in client.product.list_by_service(*WHERE)] == ["starter", "unlimited"]


def test_a_reader_gets_azures_403(running: Running) -> None:
    running.azure.grant(running.environment["AZURE_CLIENT_ID"], "Reader")

    async def work(client: ApiManagementClient) -> HttpResponseError:
        assert [product.name async for product in client.product.list_by_service(*WHERE)]
        with pytest.raises(HttpResponseError) as raised:
            await client.tag.create_or_update(*WHERE, "t", {"properties": {"displayName": "T"}})
        return raised.value

    refused = with_sdk(running, work)
    assert refused.status_code == 403
    assert refused.error.code == "AuthorizationFailed"


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"cut": "after"}, {"truncate": 30}])
def test_a_cut_connection_is_one_to_the_client_too(running: Running, fault: dict[str, Any]) -> None:
    running.azure.fault(method="GET", path="/groups", times=None, **fault)

    async def work(client: ApiManagementClient) -> None:
        with pytest.raises(AzureError) as raised:
            [group async for group in client.group.list_by_service(*WHERE)]
        assert getattr(raised.value, "status_code", None) is None  # not an answer: no 500 in place of the cut

    with_sdk(running, work, retry_total=0)


def test_throttling_is_waited_for_by_the_client(running: Running) -> None:
    running.azure.fault(method="GET", path="/groups", status=429, headers={"Retry-After": "0"})

    async def work(client: ApiManagementClient) -> int:
        return len([group async for group in client.group.list_by_service(*WHERE)])

    assert with_sdk(running, work) == 3
    assert [entry.status for entry in running.azure.log] == [429, 200]


def test_the_command_tells_what_to_export_keeps_its_state_and_stops(tmp_path: Path) -> None:
    seed, state, env = (tmp_path / name for name in ("seed.json", "state.json", "env"))
    seed.write_text(json.dumps({"services": {SERVICE: {"entities": {"groups/g": {}}}}}))
    code = (
        "import sys; from pathlib import Path; from reconciler.emulator import run;"
        " run(port=0, seed=Path(sys.argv[1]), state=Path(sys.argv[2]), env=Path(sys.argv[3]), log=True)"
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen(  # noqa: S603  our own interpreter and code
            [sys.executable, "-c", code, str(seed), str(state), str(env)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            told = [process.stdout.readline().removeprefix("export ") for _ in range(11)]
            environment = dict(line.strip().split("=", 1) for line in told)
            assert {"AZURE_AUTHORITY_HOST", "AZURE_FEDERATED_TOKEN_FILE", "SSL_CERT_FILE"} <= set(environment)
            put(environment, f"{SERVICE}/groups/made-{number}")
            process.send_signal(number)
            logged = process.communicate(timeout=10)[0]
        finally:
            process.kill()
            process.wait()
        assert process.returncode == 0
        assert logged.splitlines() == ["- POST /t/oauth2/v2.0/token 200", f"me PUT {SERVICE}/groups/made-{number} 201"]
        assert env.read_text() == "".join(told)
    assert {"groups/g", f"groups/made-{signal.SIGTERM}", f"groups/made-{signal.SIGINT}"} < set(saved(state))


def put(environment: dict[str, str], path: str) -> None:
    """Ask with the standard library alone, token and all."""
    context = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
    base = environment["AZURE_AUTHORITY_HOST"]
    form = b"grant_type=client_credentials&client_id=me&client_secret=x"
    with urllib.request.urlopen(f"{base}/t/oauth2/v2.0/token", form, context=context) as reply:  # noqa: S310
        token = reply.read().decode().split('"access_token":"')[1].split('"')[0]
    request = urllib.request.Request(  # noqa: S310
        f"{base}{path}?api-version=2024-05-01",
        b'{"properties": {"displayName": "G"}}',
        {"Authorization": f"Bearer {token}"},
        method="PUT",
    )
    with urllib.request.urlopen(request, context=context) as reply:  # noqa: S310
        assert reply.status == 201


def saved(state: Path) -> dict[str, Any]:
    from reconciler.emulator.state_file import load  # noqa: PLC0415

    azure = Azure()
    load(azure, state)
    return azure.snapshot(SERVICE)


def test_nothing_is_left_behind_when_the_server_stops() -> None:
    with serve() as running:
        authority = running.certificate_authority
        assert authority.exists()
        port = int(running.url.rpartition(":")[2])
    assert not authority.exists()
    with serve(port=port) as again:
        assert again.url == running.url
    assert "local-azure" not in os.environ.get("SSL_CERT_FILE", "")
