"""A session, vaults and an order in; keys made anew and delivered as their turn comes, and what became of each, out."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.azure.keys import make_anew, read_key
from reconciler.azure.session import Session
from reconciler.azure.vault import Vaults
from reconciler.delivery.doing import Done, Looked, do_all
from reconciler.delivery.reading import Order, read
from reconciler.delivery.turns import Ask, Turn, turns
from reconciler.rotation import Given, other


async def look(session: Session, vaults: Vaults, order: Order, ask: Ask) -> Looked[Turn]:
    """Read subscriptions and what vaults hold, never a key, and decide."""
    seen = await read(session, vaults, order, without_vaults=True)
    keys = (each for each in seen.granted if order.means(each.team, each.grant))
    return Looked(turns(keys, seen.scene, ask), seen.unread)


async def rotate(
    session: Session,
    vaults: Vaults,
    todo: Iterable[Turn],
    *,
    clock: Callable[[], datetime],
    stop: asyncio.Event | None = None,
    tell: Callable[[Done[Turn]], None] = lambda _: None,
) -> tuple[Done[Turn], ...]:
    """Make each move, a few side by side. `clock` gives the moment that tags tell."""

    async def one(turn: Turn) -> tuple[str, ...]:
        return await (_end if turn.action == "end" else _renew)(session, vaults, turn, clock)

    return await do_all((turn for turn in todo if turn.writes), one, stop=stop or asyncio.Event(), tell=tell)


async def _renew(session: Session, vaults: Vaults, turn: Turn, clock: Callable[[], datetime]) -> tuple[str, ...]:
    """Make the key anew that nobody uses, and give it out. Where that is done at once, then end the one given before.

    In that order the vault never holds a dead key. What is cut off on the way, the next run begins again.
    """
    subscription, slot = turn.mark.subscription, other(turn.given.slot)
    requests = [await make_anew(session, subscription, slot)]
    key = await read_key(session, subscription, slot) if turn.secret is not None else None
    now = clock()
    given = Given(slot, now, now + timedelta(days=turn.overlap))
    if turn.secret is not None and key is not None:
        await vaults.write(turn.secret, key, turn.mark.tags(given), now=now)
    if turn.at_once:
        requests += await _end(session, vaults, replace(turn, given=given), clock)
    return tuple(requests)


async def _end(session: Session, vaults: Vaults, turn: Turn, clock: Callable[[], datetime]) -> tuple[str, ...]:
    """Make the old key anew, which everybody has had time to leave, and say so."""
    if turn.closes is not None:
        await vaults.disable(turn.closes)
    request = await make_anew(session, turn.mark.subscription, other(turn.given.slot))
    if turn.secret is not None:
        said = turn.mark.tags(replace(turn.given, old_ends=None), old_ended=clock())
        await vaults.tag(turn.secret, said)
    return (request,)
