"""What a pack says, as rows: each grant, each event, each exception, each day; every cell a text or a number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Cell = str | int | bool | None
Row = Mapping[str, Cell]

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "exceptions": ("kind", "day", "environment", "who", "what", "said", "by", "commit", "pull_request", "grant_id"),
    "grants": (
        "grant_id",
        "environment",
        "team",
        "grant",
        "product",
        "opens",
        "apis",
        "how",
        "tier",
        "owner",
        "reason",
        "component",
        "asked_by",
        "since",
        "until",
        "ended",
        "end",
        "approval",
        "approved_by",
        "approval_says",
        "entitled",
        "applied",
        "fingerprint",
        "correlation_ids",
        "use",
        "last_call",
        "calls",
        "errors",
        "reviewed_by",
        "reviewed_on",
        "changes",
        "file",
    ),
    "events": (
        "grant_id",
        "in_period",
        "day",
        "kind",
        "said",
        "by",
        "commit",
        "pull_request",
        "subject",
        "needed",
        "approval",
        "approved_by",
        "approval_says",
        "entitled",
        "applied",
        "applied_says",
        "applied_when",
        "fingerprint",
        "correlation_ids",
        "file",
        "line",
    ),
    "days": ("day", "commit", "in_force", "requested", "changed", "ended"),
}
"""The tables of a pack, exceptions first, and the columns of each."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A whole pack before it is written; `missing` says what nobody knows here, and how it could be known."""

    folder: str
    commit: str
    first: str
    last: str
    product: str | None
    team: str | None
    missing: tuple[str, ...]
    tables: Mapping[str, tuple[Row, ...]]
