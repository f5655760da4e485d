"""Declared values in; keys delivered against the emulator in process, through the real clients, out."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from asgi import AsgiTransport, Credential
from cloud import Cloud
from organisations import TODAY, declared, environment, organisation

from reconciler.azure.limiter import Limiter
from reconciler.azure.session import Session
from reconciler.azure.vault import Vaults, vaults
from reconciler.declarations import Declarations
from reconciler.delivery.delivering import deliver, look
from reconciler.delivery.doing import Done, Looked
from reconciler.delivery.reading import Order
from reconciler.delivery.steps import Step
from reconciler.emulator import create_app
from reconciler.withheld import NOTHING, Withheld

TEAMS, SHARED = "https://kv-checkout.vault.azure.net", "https://kv-shared.vault.azure.net"
CHECKOUT = {"display_name": "Checkout", "key_vault": {"prod": TEAMS}}
GRANT = "checkout/grants/orders.yaml"
NAME = "prod--checkout--orders"
KEY = "checkout--orders"


def company(**more: Any) -> dict[str, Any]:
    """Give a company whose checkout has a vault of its own; `more` adds files or takes them."""
    return organisation(**{"checkout/team.yaml": CHECKOUT, **more})


def grant(**more: Any) -> dict[str, Any]:
    return {"environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30", **more}


def shared(**more: Any) -> dict[str, Any]:
    """Describe the environment with a vault of its own."""
    return {"prod": environment(key_vault=SHARED, **more)}


@dataclass
class Strongroom:
    """A service, the vaults beside it, and whoever delivers."""

    cloud: Cloud = field(default_factory=Cloud)
    client: str = "keys"

    def begin(self, contents: Mapping[str, Any]) -> "Strongroom":
        """Apply, with the APIs there."""
        self.cloud.seed({f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")})
        self.cloud.converge(contents)
        return self

    def run(
        self,
        contents: Mapping[str, Any] | Declarations,
        *,
        day: date = TODAY,
        withheld: Withheld = NOTHING,
        dry: bool = False,
        **only: str,
    ) -> tuple[Looked[Step], tuple[Done[Step], ...]]:
        """Look, and deliver."""
        now = contents if isinstance(contents, Declarations) else declared(contents, day)

        async def go() -> tuple[Looked[Step], tuple[Done[Step], ...]]:
            async with self.opened() as (session, opened):
                order = Order(now, self.cloud.environment, day, withheld, **only)
                seen = await look(session, opened, order)
                return seen, () if dry else await deliver(session, opened, seen.steps, clock=self.now)

        return asyncio.run(go())

    def now(self) -> datetime:
        """Give the moment that it is at Azure, too."""
        return datetime.fromtimestamp(self.cloud.azure.settings.clock(), UTC)

    @asynccontextmanager
    async def opened(self, limiter: Limiter | None = None) -> AsyncIterator[tuple[Session, Vaults]]:
        """Open the service and its vaults."""
        azure = self.cloud.azure
        credential: Any = Credential(azure.token(self.client, audience="https://vault.azure.net"))
        transport = AsgiTransport(self.cloud.door(create_app(azure)))
        async with (
            self.cloud.session(self.client, limiter=limiter) as session,
            vaults(credential=credential, transport=transport, backoff=0) as there,
        ):
            yield session, there

    def told(self, contents: Mapping[str, Any] | Declarations, **more: Any) -> list[tuple[str, str]]:
        """Give each step's action and why."""
        seen, done = self.run(contents, **more)
        assert seen.unread == {}
        assert [each for each in done if each.result != "done"] == []
        return [(each.action, each.why) for each in seen.steps]

    def key(self, subscription: str = KEY) -> str:
        """Give the primary key that the service has."""
        return str(self.cloud.azure.secrets(self.cloud.service, f"subscriptions/{subscription}")["primaryKey"])

    def value(self, name: str = NAME, vault: str = "kv-checkout") -> str:
        return self.cloud.azure.vault(vault).value(name)

    def secrets(self, vault: str = "kv-checkout") -> dict[str, bool]:
        """Name what a vault holds, and whether it is enabled."""
        return {name: each["enabled"] for name, each in self.cloud.azure.vault(vault).snapshot().items()}

    def asked(self) -> int:
        """Count the keys that were read so far."""
        return sum("/listSecrets" in str(entry) for entry in self.cloud.azure.log.entries)

    def written(self) -> Counter[str]:
        """Count by method what was written to vaults so far."""
        return Counter(entry.method for entry in self.cloud.azure.log.at("vault") if entry.method != "GET")
