"""A session, vaults and an order in; subscriptions and what vaults hold, as far as they tell, out: never a key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from reconciler.asked import asked
from reconciler.azure.session import Session
from reconciler.azure.together import together
from reconciler.azure.vault import Vaults
from reconciler.declarations import Declarations
from reconciler.delivery.marks import Kept
from reconciler.delivery.steps import Scene
from reconciler.delivery.wanted import Granted, granted
from reconciler.delivery.wanted import vaults as vaults_of
from reconciler.errors import AzureError
from reconciler.kinds import KINDS
from reconciler.resource import State, state
from reconciler.withheld import Withheld


@dataclass(frozen=True, slots=True)
class Order:
    """What is approved and in force on a day; of it one team's or one grant's keys, where that is asked for."""

    declarations: Declarations
    environment: str
    day: date
    withheld: Withheld
    team: str | None = None
    grant: str | None = None

    def means(self, team: str, grant: str) -> bool:
        """Whether a grant's key is asked for."""
        return self.team in (None, team) and self.grant in (None, f"{team}/{grant}")


@dataclass(frozen=True, slots=True)
class Read:
    """What is granted and what is there; `unread` says of a vault why nobody knows what it holds."""

    granted: tuple[Granted, ...]
    scene: Scene
    unread: Mapping[str, AzureError] = field(default_factory=dict)


async def read(session: Session, vaults: Vaults, order: Order, *, without_vaults: bool) -> Read:
    """Read both side by side. A vault that refuses stops no other.

    Where nobody has a vault, subscriptions are read only where `without_vaults` there is something to do, too.
    """
    asks = asked(order.declarations, None, order.environment, day=order.day, scoped=False, withheld=order.withheld)
    addresses = sorted(vaults_of(order.declarations, order.environment))
    if not addresses and not without_vaults:
        return Read((), Scene(session.service, asks.declared, {}))
    actual, found = await together(_subscriptions(session), together(*(_kept(vaults, each) for each in addresses)))
    held = dict(zip(addresses, found, strict=True))
    kept = {vault: each for vault, each in held.items() if isinstance(each, tuple)}
    unread = {vault: each for vault, each in held.items() if isinstance(each, AzureError)}
    keys = granted(order.declarations, asks, actual)
    return Read(keys, Scene(session.service, asks.declared, actual, kept), unread)


async def _subscriptions(session: Session) -> State:
    (kind,) = (each for each in KINDS if each.name == "subscription")
    return state(*(each for row in await session.rows("subscriptions") for each in kind.rows(row)))


async def _kept(vaults: Vaults, address: str) -> tuple[Kept, ...] | AzureError:
    try:
        return await vaults.kept(address)
    except AzureError as error:
        return error
