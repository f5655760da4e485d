"""Calls through the gateway in, all of them, for the reports, out: counted by the gateway, by tests and seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

COUNTERS = ("success", "blocked", "failed", "other")


@dataclass(frozen=True, slots=True)
class Calls:
    """Some calls of one subscription at one moment. Names are short; empty is nobody, as for a call without a key."""

    when: str  # 2026-01-31T12:00:00, always UTC
    subscription: str = ""
    user: str = ""
    product: str = ""
    api: str = ""
    success: int = 0
    blocked: int = 0
    failed: int = 0
    other: int = 0
    bandwidth: int = 0
    traces: tuple[Mapping[str, Any], ...] = ()  # what policies told of each of them, as the gateway's log has it


@dataclass(slots=True)
class Usage:
    """What was called at one service."""

    calls: list[Calls] = field(default_factory=list)

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(item) for item in self.calls]

    def restore(self, held: Sequence[Mapping[str, Any]]) -> None:
        self.calls[:] = [Calls(**{**item, "traces": tuple(item.get("traces", ()))}) for item in held]
