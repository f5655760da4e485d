"""Addresses of Key Vaults in; which secrets they hold, and secrets written, out: no value is ever read."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.keyvault.secrets.aio import SecretClient
from pydantic import SecretStr

from reconciler.azure.errors import translated
from reconciler.azure.identity import credential as environments_own
from reconciler.azure.keys import bare
from reconciler.azure.staying import Staying
from reconciler.delivery.marks import CONTENT_TYPE, Kept
from reconciler.errors import AccessDenied, AzureError, Conflict, Unavailable
from reconciler.resource import Secret


class VaultDenied(AccessDenied):
    """401 or 403 of a vault: another role than the service's."""

    advice = "Give this identity the role Key Vault Secrets Officer on that vault, and let it through its firewall"


class NameKept(Conflict):
    """409 of a vault: a deleted secret keeps its name until it is purged."""

    advice = "Recover it (`az keyvault secret recover`) or purge it, and run again"


class Vaults:
    """The vaults of one run, each with a client of its own."""

    def __init__(self, credential: AsyncTokenCredential, options: Mapping[str, Any]) -> None:
        self._credential, self._options = credential, options
        self._clients: dict[str, SecretClient] = {}

    async def kept(self, vault: str) -> tuple[Kept, ...]:
        """List what it holds, without values."""
        with _translated(f"listing the secrets of {vault}"):
            rows = [row async for row in self._client(vault).list_properties_of_secrets()]
        return tuple(Kept(Secret(vault, row.name or ""), bool(row.enabled), row.tags or {}) for row in rows)

    async def write(self, secret: Secret, key: SecretStr, tags: Mapping[str, str], *, now: datetime) -> None:
        """Write a version. Whatever goes wrong, no error leads to the key."""
        failed: AzureError | None = None
        try:
            with _translated(f"writing {secret.name} to {secret.vault}"):
                await self._client(secret.vault).set_secret(
                    secret.name, key.get_secret_value(), tags=dict(tags), content_type=CONTENT_TYPE, not_before=now
                )
        except AzureError as error:
            failed = bare(error, hiding=key.get_secret_value())
        if failed is not None:
            raise failed

    async def tag(self, secret: Secret, tags: Mapping[str, str]) -> None:
        """Say something else of the latest version, and leave it as it is."""
        with _translated(f"writing the tags of {secret.name} in {secret.vault}"):
            await self._client(secret.vault).update_secret_properties(secret.name, tags=dict(tags))

    async def enable(self, secret: Secret) -> None:
        """Make the latest version readable again."""
        with _translated(f"enabling {secret.name} in {secret.vault}"):
            await self._client(secret.vault).update_secret_properties(secret.name, enabled=True)

    async def disable(self, secret: Secret) -> None:
        """Close every version, the latest last: as long as that is open the list tells that this is not done."""
        client = self._client(secret.vault)
        with _translated(f"disabling {secret.name} in {secret.vault}"):
            versions = [each async for each in client.list_properties_of_secret_versions(secret.name)]
            for each in sorted(versions, key=lambda each: str(each.created_on)):
                if each.enabled:
                    await client.update_secret_properties(secret.name, each.version, enabled=False)

    async def close(self) -> None:
        """Close every client."""
        for client in self._clients.values():
            await client.close()

    def _client(self, vault: str) -> SecretClient:
        if vault not in self._clients:
            stays = {"per_retry_policies": [Staying(vault)]}
            self._clients[vault] = SecretClient(vault, self._credential, **self._options, **stays)
        return self._clients[vault]


@asynccontextmanager
async def vaults(
    *, credential: AsyncTokenCredential | None = None, transport: Any = None, backoff: float = 0.8
) -> AsyncIterator[Vaults]:
    """Open them with the credential that the environment calls for; tests pass a transport, and waits in seconds."""
    own = None if credential else environments_own(os.environ)
    options: dict[str, Any] = {"user_agent": "reconciler", "retry_backoff_factor": backoff}
    opened = Vaults(credential or own, options | ({"transport": transport} if transport else {}))  # type: ignore[arg-type]
    try:
        yield opened
    finally:
        await opened.close()
        if own:
            await own.close()


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    """Turn refusals into those of a vault. Where no vault answers, the client raises ValueError."""
    try:
        with translated(doing):
            yield
    except AccessDenied as error:
        detail = (error.detail.splitlines() or [""])[0]
        raise VaultDenied(
            doing, status=error.status, code=error.code, detail=detail, request_id=error.request_id
        ) from error
    except Conflict as error:
        detail = "a deleted secret keeps this name"
        raise NameKept(doing, status=error.status, code=error.code, detail=detail) from error
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError) as error:  # of what it makes of the answer
        raise Unavailable(doing, detail="this is no Key Vault: it did not answer as one") from error
