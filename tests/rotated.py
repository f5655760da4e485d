"""A company whose keys rotate, a clock, and a caller who follows the vault: what the tests of rotation share."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from organisations import declared
from starlette.types import ASGIApp, Receive, Scope, Send
from vaulted import NAME, Strongroom, company

from reconciler.delivery import rotating
from reconciler.delivery.doing import Done, Looked
from reconciler.delivery.reading import Order
from reconciler.delivery.turns import Ask, Turn
from reconciler.emulator import Azure, Settings, create_app
from reconciler.withheld import NOTHING, Withheld

BEGIN = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
ORDERS = "commerce/products/orders.yaml"
VAULT = "kv-checkout"


def product(**more: Any) -> dict[str, Any]:
    made = {"manage": "product", "display_name": "Orders", "environments": ["prod"], "apis": ["orders"]}
    return {**made, "rotation": "90 days", **more}


def rotating_company(**more: Any) -> dict[str, Any]:
    return company(**{ORDERS: product(), **more})


class Killed(BaseException):
    """The process is gone: nothing of it goes on, and nothing cleans up."""


@dataclass
class Door:
    """Lets each request through, tells who watches, and may kill whoever asks before or after one of them."""

    app: ASGIApp | None = None
    watch: Callable[[], Awaitable[None]] | None = None
    kill_at: tuple[int, str] | None = None
    passed: int = 0

    def __call__(self, app: ASGIApp) -> ASGIApp:
        async def through(scope: Scope, receive: Receive, send: Send) -> None:
            self.passed += 1
            mine = self.passed
            if self.kill_at == (mine, "before"):
                raise Killed
            await app(scope, receive, send)
            if self.watch:
                await self.watch()
            if self.kill_at == (mine, "after"):
                raise Killed

        return through


@dataclass
class Wheel:
    """The service, its vaults, and time."""

    now: datetime = BEGIN
    contents: Mapping[str, Any] = field(default_factory=rotating_company)
    door: Door = field(default_factory=Door)
    room: Strongroom = field(init=False)

    def __post_init__(self) -> None:
        azure = Azure(Settings(clock=self.moment))
        self.room = Strongroom()
        self.room.cloud.azure = azure
        self.room.cloud.door = self.door
        self.room.begin(self.contents)
        azure.seed(
            self.room.cloud.service,
            {
                "apis/orders": {"displayName": "orders", "path": "orders", "serviceUrl": "https://backend"},
                "policies/policy": {"value": POLICY},
            },
        )

    def moment(self) -> float:
        return self.now.timestamp()

    def deliver(self) -> list[tuple[str, str]]:
        """Deliver what is to be delivered now."""
        return self.room.told(self.contents, day=self.now.date())

    def rotate(
        self,
        *,
        dry: bool = False,
        withheld: Withheld = NOTHING,
        at_once: bool = False,
        overlap: int | None = None,
        stop: asyncio.Event | None = None,
        tell: Callable[[Done[Turn]], None] = lambda _: None,
        **only: str,
    ) -> tuple[Looked[Turn], tuple[Done[Turn], ...]]:
        now = declared(self.contents, self.now.date())
        ask = Ask(self.now, overlap, at_once=at_once, named="grant" in only)

        async def go() -> tuple[Looked[Turn], tuple[Done[Turn], ...]]:
            async with self.room.opened() as (session, vaults):
                order = Order(now, "prod", self.now.date(), withheld, **only)
                seen = await rotating.look(session, vaults, order, ask)
                if dry:
                    return seen, ()
                clock = partial(getattr, self, "now")
                return seen, await rotating.rotate(session, vaults, seen.steps, clock=clock, stop=stop, tell=tell)

        return asyncio.run(go())

    def moves(self, **more: Any) -> list[str]:
        """Rotate, sure that all was done, and give the moves."""
        seen, done = self.rotate(**more)
        assert seen.unread == {}
        assert [each for each in done if each.result != "done"] == []
        return [each.action for each in seen.steps]

    def later(self, days: float) -> "Wheel":
        self.now += timedelta(days=days)
        return self

    def spent(self) -> Counter[str]:
        """Count what was asked to be written so far, of the service and of vaults."""
        log = self.room.cloud.azure.log
        arm = (each.path.rpartition("/")[2] for each in log.entries if each.method == "POST")
        return Counter(arm) + Counter(f"vault {each.method}" for each in log.at("vault") if each.method != "GET")

    def keys(self, subscription: str = "checkout--orders") -> tuple[str, str]:
        held = self.room.cloud.azure.secrets(self.room.cloud.service, f"subscriptions/{subscription}")
        return held["primaryKey"], held["secondaryKey"]

    def tags(self, name: str = NAME) -> dict[str, str]:
        return dict(self.room.cloud.azure.vault(VAULT).find(name).latest.tags)

    def held(self, name: str = NAME) -> str:
        """Give what a caller who polls the vault has."""
        return self.room.value(name, VAULT)

    async def call(self, key: str) -> int:
        """Call the gateway."""
        return await called(self.room.cloud.azure, key)

    def answered(self, key: str) -> int:
        return asyncio.run(self.call(key))


POLICY = "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>"


async def called(azure: Azure, key: str) -> int:
    """Call the gateway of the one service there is, and give the status."""
    status: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "path": "/gateway/orders/1",
        "raw_path": b"/gateway/orders/1",
        "query_string": b"",
        "headers": [(b"host", b"localhost:8443"), (b"ocp-apim-subscription-key", key.encode())],
        "client": None,
    }
    await create_app(azure)(scope, receive, send)
    return status[0]
