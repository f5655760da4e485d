"""A local Azure in; the same with requests counted, what goes noted, and an act at one of them, out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.types import Receive, Scope, Send

from faults.doors import Facts, facts, keys_of
from reconciler.emulator import Azure, create_app

Side = Literal["before", "after"]
SIDES: tuple[Side, ...] = ("before", "after")
_READS = ("GET", "HEAD")


@dataclass
class Watch:
    """Every request goes by here. At the one with the number `at`, before or after its effect, `act` is done.

    `act` gives whether the request goes on: it is made, or its answer delivered. `gone` is what was there as the run
    began, or came by another hand, and no longer is.
    """

    azure: Azure
    service: str
    at: int = 0
    side: Side = "before"
    act: Callable[[], bool] = lambda: False
    passed: int = 0
    running: int = 0
    gone: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    _there: Facts = frozenset()
    _others: Facts = frozenset()

    def __post_init__(self) -> None:
        self._app = create_app(self.azure)

    def begin(self) -> None:
        """Forget what was, and look at what is there now."""
        self.at, self.passed = 0, 0
        self.gone, self.asked = set(), []
        self._there = self._others = self.facts()

    def facts(self) -> Facts:
        return facts(self.azure.snapshot(self.service), keys_of(self.azure, self.service))

    def look(self) -> None:
        """Note what went since the last look."""
        now = self.facts()
        self.gone |= (self._there - now) & self._others
        self._there = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.passed += 1
        number = self.passed
        self.asked.append((scope["method"], scope["path"]))
        self.running += 1
        try:
            await self._answered(number, scope, receive, send)
        finally:
            self.running -= 1

    async def _answered(self, number: int, scope: Scope, receive: Receive, send: Send) -> None:
        if number == self.at and self.side == "before":
            self._acted(scope)
        if number == self.at and self.side == "after":
            kept: list[Any] = []

            async def keep(message: Any) -> None:
                kept.append(message)

            await self._app(scope, receive, keep)
            self._acted(scope)
            for message in kept:
                await send(message)
            return
        await self._app(scope, receive, send)
        if scope["method"] not in _READS:
            self.look()

    def _acted(self, scope: Scope) -> None:
        """What another hand takes away is not what the run took."""
        self.look()
        goes_on = self.act()
        now = self.facts()
        self._others = (self._others | now - self._there) - (self._there - now)
        self._there = now
        if not goes_on:
            if transport := scope.get("state", {}).get("transport"):
                transport.abort()
            raise ConnectionError("the line is dead")
