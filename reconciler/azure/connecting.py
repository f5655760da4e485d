"""A service's address, and whom to be, in; a session with it, for as long as it is needed, out."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline.policies import AsyncRetryPolicy
from azure.mgmt.apimanagement.aio import ApiManagementClient

from reconciler.azure.errors import code_of
from reconciler.azure.identity import credential as environments_own
from reconciler.azure.kept import KeptPages
from reconciler.azure.limiter import Limited, Limiter
from reconciler.azure.session import LOOPBACK, Session
from reconciler.azure.staying import Staying

_PUBLIC_SCOPE = "https://management.azure.com/.default"
_CONFLICT, _TOO_MANY = 409, 429


@asynccontextmanager
async def connect(
    service: str,
    *,
    subscription: str,
    endpoint: str,
    scope: str = "",
    credential: AsyncTokenCredential | None = None,
    transport: Any = None,
    limiter: Limiter | None = None,
    kept: KeptPages | None = None,
    backoff: float = 0.8,
    poll: float = 2,
    patience: float = 60,
) -> AsyncIterator[Session]:
    """Open a session with the credential that the environment calls for; tests pass a transport, and waits in seconds.

    Whoever asks something else than Resource Manager names its scope. Sessions that act as one principal in one Azure
    subscription at the same time share a limiter. What is `kept` of a run that was stopped is not read again.
    Azure's client waits five minutes, and three times, for an answer that stops on its way; `patience` is ours.
    """
    logging.getLogger("azure").addHandler(logging.NullHandler())  # it warns of what is raised and reported anyway
    own = None if credential else environments_own(os.environ)
    host = urlsplit(endpoint).hostname or ""
    scope = scope or (_PUBLIC_SCOPE if host in LOOPBACK else f"{endpoint.rstrip('/')}/.default")
    limiter = limiter or Limiter()
    options: dict[str, Any] = {"transport": transport} if transport else {}
    client = ApiManagementClient(
        credential or own,  # type: ignore[arg-type]
        subscription,
        base_url=endpoint,
        credential_scopes=[scope],
        retry_policy=_RetryBusy(retry_backoff_factor=backoff),
        per_retry_policies=[Staying(endpoint), Limited(limiter, backoff=backoff)],
        user_agent="reconciler",
        read_timeout=patience,
        **options,
    )
    try:
        async with client:
            yield Session(client, service, limiter, endpoint=endpoint, kept=kept, poll=poll)
    finally:
        if own:
            await own.close()
        await asyncio.sleep(0)  # aiohttp's connections end one turn of the loop after they were closed


class _RetryBusy(AsyncRetryPolicy[Any, Any]):
    """The client's own policy, and beyond it the lock that an API keeps after a write (apiops #379): it clears."""

    def is_retry(self, settings: dict[str, Any], response: Any) -> bool:
        status = response.http_response.status_code
        if status == _TOO_MANY:
            return False  # the limiter's, which has tried it again
        busy = status == _CONFLICT and settings["total"] > 0
        if busy and code_of(response.http_response) == "PessimisticConcurrencyConflict":
            return True
        return bool(super().is_retry(settings, response))
