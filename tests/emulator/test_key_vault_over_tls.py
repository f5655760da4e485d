"""The official Key Vault client over TLS: found by environment, challenge and host alone, sync and aio."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AsyncCredential
from azure.keyvault.secrets import SecretClient
from azure.keyvault.secrets.aio import SecretClient as AsyncClient

from reconciler.emulator import Running


@pytest.fixture
def addresses(running: Running, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Give the address of a vault, and let this process find it, as a line in the hosts file would."""
    ask = socket.getaddrinfo

    def found(host: Any, *rest: Any, **more: Any) -> Any:
        return ask("127.0.0.1" if str(host).endswith(".vault.localhost") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    port = running.url.rpartition(":")[2]
    return lambda vault: f"https://{vault}.vault.localhost:{port}"


def test_the_official_client_goes_through_a_secrets_life(running: Running, addresses: Callable[[str], str]) -> None:
    with DefaultAzureCredential() as credential, SecretClient(addresses("kv-dev"), credential) as client:
        first = client.set_secret("s", "old", tags={"owner": "checkout"}, content_type="text/plain")
        client.set_secret("s", "new")
        assert client.get_secret("s").value == "new"
        assert client.get_secret("s", first.properties.version).value == "old"
        assert len(list(client.list_properties_of_secret_versions("s"))) == 2
        client.update_secret_properties("s", first.properties.version, enabled=False)
        with pytest.raises(HttpResponseError) as raised:
            client.get_secret("s", first.properties.version)
        assert raised.value.status_code == 403
        assert [secret.name for secret in client.list_properties_of_secrets()] == ["s"]
        client.begin_delete_secret("s").wait()
        with pytest.raises(ResourceNotFoundError):
            client.get_secret("s")
        with pytest.raises(ResourceExistsError, match="deleted but recoverable"):
            client.set_secret("s", "again")
        client.begin_recover_deleted_secret("s").wait()
        assert client.get_secret("s").value == "new"
        client.begin_delete_secret("s").wait()
        client.purge_deleted_secret("s")
        assert list(client.list_deleted_secrets()) == []
    assert len(running.azure.log.token_requests) == 1
    assert running.azure.log.entries == []


def test_the_asynchronous_client_tells_two_vaults_apart(running: Running, addresses: Callable[[str], str]) -> None:
    for number in range(60):
        running.azure.vault("kv-prod").set(f"s{number}", "v", tags={"number": str(number)})

    async def run() -> None:
        async with (
            AsyncCredential() as credential,
            AsyncClient(addresses("kv-dev"), credential) as dev,
            AsyncClient(addresses("kv-prod"), credential) as prod,
        ):
            await dev.set_secret("s1", "dev")
            assert (await dev.get_secret("s1")).value == "dev"
            assert (await prod.get_secret("s1")).value == "v"
            assert len([secret async for secret in prod.list_properties_of_secrets()]) == 60
            assert [secret.tags async for secret in dev.list_properties_of_secrets()] == [None]
            await prod.delete_secret("s1")
            assert (await prod.get_deleted_secret("s1")).name == "s1"

    asyncio.run(run())


def test_without_names_that_resolve_one_vault_is_left(running: Running) -> None:
    with DefaultAzureCredential() as credential:
        with SecretClient(running.url, credential, verify_challenge_resource=False) as client:
            client.set_secret("s", "v")
        assert running.azure.vault().value("s") == "v"
        with SecretClient(running.url, credential) as client, pytest.raises(ValueError, match="verify_challenge"):
            client.get_secret("s")


def test_a_missing_role_is_named_to_the_client(running: Running, addresses: Callable[[str], str]) -> None:
    running.azure.grant(running.environment["AZURE_CLIENT_ID"], "Key Vault Secrets User")
    with DefaultAzureCredential() as credential, SecretClient(addresses("kv-dev"), credential) as client:
        with pytest.raises(HttpResponseError, match="setSecret/action") as raised:
            client.set_secret("s", "v")
        assert raised.value.status_code == 403
