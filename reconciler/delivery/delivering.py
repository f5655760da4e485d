"""A session, vaults and an order in; keys looked for and delivered, and what became of each secret, out."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from reconciler.azure.keys import read_key
from reconciler.azure.session import Session
from reconciler.azure.vault import Vaults
from reconciler.delivery.doing import Done, Looked, do_all
from reconciler.delivery.reading import Order, read
from reconciler.delivery.steps import Step, steps
from reconciler.delivery.wanted import Wanted
from reconciler.rotation import PRIMARY, Given


async def look(session: Session, vaults: Vaults, order: Order) -> Looked[Step]:
    """Read subscriptions and what vaults hold, never a key, and decide."""
    seen = await read(session, vaults, order, without_vaults=False)
    made = steps((each for each in seen.granted if isinstance(each, Wanted)), seen.scene)
    return Looked(tuple(each for each in made if order.means(each.mark.team, each.mark.grant)), seen.unread)


async def deliver(
    session: Session,
    vaults: Vaults,
    todo: Iterable[Step],
    *,
    clock: Callable[[], datetime],
    stop: asyncio.Event | None = None,
    tell: Callable[[Done[Step]], None] = lambda _: None,
) -> tuple[Done[Step], ...]:
    """Do what is to be done, a few side by side; what fails stops nothing else. `clock` gives what tags tell."""

    async def one(step: Step) -> tuple[str, ...]:
        await _do(session, vaults, step, clock)
        return ()

    return await do_all((step for step in todo if step.writes), one, stop=stop or asyncio.Event(), tell=tell)


async def _do(session: Session, vaults: Vaults, step: Step, clock: Callable[[], datetime]) -> None:
    if step.action == "enable":
        await vaults.enable(step.secret)
    elif step.action == "disable":
        await vaults.disable(step.secret)
    else:
        key = await read_key(session, step.mark.subscription, PRIMARY)
        now = clock()
        await vaults.write(step.secret, key, step.mark.tags(Given(PRIMARY, now)), now=now)
