"""A session, vaults and an order in; keys looked for and delivered, and what became of each secret, out."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

from reconciler.asked import asked
from reconciler.azure.keys import primary_key
from reconciler.azure.session import Session
from reconciler.azure.vault import Vaults
from reconciler.declarations import Declarations
from reconciler.delivery.marks import Kept
from reconciler.delivery.steps import Scene, Step, steps
from reconciler.delivery.wanted import vaults as vaults_of
from reconciler.delivery.wanted import wanted
from reconciler.errors import AzureError
from reconciler.kinds import KINDS
from reconciler.resource import State, state
from reconciler.withheld import Withheld

_AT_ONCE = 8  # keys in memory


@dataclass(frozen=True, slots=True)
class Order:
    """What is approved and in force on a day; of it one team's or one grant's keys, where that is asked for."""

    declarations: Declarations
    environment: str
    day: date
    withheld: Withheld
    team: str | None = None
    grant: str | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What is to be done; `unread` says of a vault why nobody knows what it holds."""

    steps: tuple[Step, ...]
    unread: Mapping[str, AzureError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a step; `because` says why it was not done."""

    step: Step
    result: Literal["done", "failed"]
    because: str = ""


async def look(session: Session, vaults: Vaults, order: Order) -> Looked:
    """Read subscriptions and what vaults hold, never a key, and decide. A vault that refuses stops no other."""
    asks = asked(order.declarations, None, order.environment, day=order.day, scoped=False, withheld=order.withheld)
    addresses = sorted(vaults_of(order.declarations, order.environment))
    if not addresses:
        return Looked(())
    actual, found = await asyncio.gather(
        _subscriptions(session), asyncio.gather(*(_kept(vaults, each) for each in addresses))
    )
    read = dict(zip(addresses, found, strict=True))
    kept = {vault: each for vault, each in read.items() if isinstance(each, tuple)}
    scene = Scene(session.service, asks.declared, actual, kept)
    made = steps(wanted(order.declarations, asks, actual), scene)
    unread = {vault: each for vault, each in read.items() if isinstance(each, AzureError)}
    return Looked(tuple(each for each in made if _meant(each, order)), unread)


async def deliver(
    session: Session, vaults: Vaults, todo: Iterable[Step], *, tell: Callable[[Done], None] = lambda _: None
) -> tuple[Done, ...]:
    """Do what is to be done, a few side by side; what fails stops nothing else."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(step: Step) -> Done:
        async with room:
            try:
                await _do(session, vaults, step)
                done = Done(step, "done")
            except AzureError as error:
                done = Done(step, "failed", str(error))
        tell(done)
        return done

    return tuple(await asyncio.gather(*(one(step) for step in todo if step.writes)))


async def _do(session: Session, vaults: Vaults, step: Step) -> None:
    if step.action == "enable":
        await vaults.enable(step.secret)
    elif step.action == "disable":
        await vaults.disable(step.secret)
    else:
        now = datetime.now(UTC)
        key = await primary_key(session, step.mark.subscription)
        await vaults.write(step.secret, key, step.mark.tags(now=now), now=now)


async def _subscriptions(session: Session) -> State:
    (kind,) = (each for each in KINDS if each.name == "subscription")
    return state(*(each for row in await session.rows("subscriptions") for each in kind.rows(row)))


async def _kept(vaults: Vaults, address: str) -> tuple[Kept, ...] | AzureError:
    try:
        return await vaults.kept(address)
    except AzureError as error:
        return error


def _meant(step: Step, order: Order) -> bool:
    named = f"{step.mark.team}/{step.mark.grant}"
    return order.team in (None, step.mark.team) and order.grant in (None, named)
