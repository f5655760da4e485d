"""What `usage`, `who-can`, `what-can` and `audit` share: where a service's log is, and a row for each who may call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.access import who
from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations
from reconciler.errors import ReconcilerError
from reconciler.history import added
from reconciler.resource import Address, State
from reconciler.usage import Seen, Usage, seen

if TYPE_CHECKING:
    from reconciler.azure.calling import Place

NOBODY: Final = "nobody declared"


def place(declarations: Declarations, environment: str) -> "Place":
    """Say where an environment's log is."""
    from reconciler.azure.calling import Place  # noqa: PLC0415  the help must not wait for Azure's client

    settings = declarations.environments[environment]
    return Place(settings.log_analytics, settings.authority)


def ages(access: Path) -> Mapping[str, date]:
    """Say when each file came: what is younger than a period is new in it. Without git nobody knows."""
    try:
        return added(access.parent, access.name)
    except ReconcilerError:
        return {}


@dataclass(frozen=True, slots=True)
class Row:
    """One key or application: whose it is, and how it is used."""

    who: str
    by: str
    seen: Seen
    is_client: bool = False

    @property
    def last(self) -> str:
        """Give the day of the last call, or why there is none."""
        used = self.seen.used
        if not used.calls:
            return str(self.seen)
        return f"{used.last}" if used.exact else f"since {used.last}"


def rows(declarations: Declarations, environment: str, usage: Usage, given: Mapping[str, date]) -> list[Row]:
    """Give what files declare, and what called or is there without: first whose it is, then the rest.

    `given` says when files came.
    """
    ours = _declared(declarations, environment)
    found = [
        Row(who(each), _called(by), told, by.kind == "client")
        for by, each in ours.items()
        if (told := seen(usage, by, given.get(each.origin.path if each.origin else ""))) is not None
    ]
    known = {by.name[0].lower() for by in ours if by.kind == "subscription"}
    others = sorted(({*usage.keys, *usage.made} - known) - {"master"})
    found += [_stranger(usage, Address("subscription", (name,))) for name in others]
    clients = {(by.name[0].lower(), by.name[1].lower()) for by in ours if by.kind == "client"}
    whoever = {client for _, client in clients}
    for product, client in sorted(usage.clients):
        if (product, client) not in clients and not (product == "" and client in whoever):
            found.append(_stranger(usage, Address("client", (product, client))))
    return sorted(found, key=lambda row: (row.who == NOBODY, row.who, row.by))


def _declared(declarations: Declarations, environment: str) -> State:
    """Give each key and application, also of what has ended: its key may live on."""
    found = meaning(declarations, environment, day=None).state
    return {by: each for by, each in found.items() if by.kind in ("subscription", "client")}


def _stranger(usage: Usage, by: Address) -> Row:
    return Row(NOBODY, _called(by), seen(usage, by) or Seen("not known"), by.kind == "client")


def _called(by: Address) -> str:
    if by.kind == "client":
        return f"application {by.name[1]}" + (f" at {by.name[0]}" if by.name[0] else "")
    return f"subscription {by.name[0]}"
