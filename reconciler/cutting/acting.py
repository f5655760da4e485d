"""A session and what somebody ordered in; access ended, or given back, and what became of it, out.

It acts first. Then the service remembers it, and then it is looked at again: whatever a run that was under way has
given back meanwhile goes, too, and a run that writes later sees what is remembered.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from reconciler.apply import Outcome
from reconciler.asked import Asked, asked
from reconciler.azure.reading_to_cut import read_to_cut
from reconciler.azure.remembering import Remembered, amend, following
from reconciler.azure.scoped_reading import read_for
from reconciler.azure.session import Session
from reconciler.cutting.changes import Cut, cut, given_back, reach
from reconciler.cutting.named import Unknown, not_there
from reconciler.cutting.tokens import named
from reconciler.declarations import Declarations
from reconciler.errors import AzureError, NotFound
from reconciler.kinds import kind_of
from reconciler.memory import Applied, Full
from reconciler.plan import Plan, Target, plan_for, settings_of
from reconciler.resource import Address, State
from reconciler.scope import Scope
from reconciler.withheld import Selector, Withheld

Write = Callable[[Plan], Awaitable[tuple[Outcome, ...]]]
_FULL = "more is cut off than the service can remember: lift what is over"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be cut off, or given back, where and why; `declarations` say what that is."""

    what: Selector
    environment: str
    day: date
    reason: str
    declarations: Declarations

    @property
    def alone(self) -> Asked:
        """What is declared, with nothing withheld but this."""
        return _asks(self, Withheld(frozenset({self.what})))

    @property
    def clients(self) -> frozenset[Address]:
        """The applications that it is about, where files name them."""
        return named(self.what, self.declarations, self.environment)


@dataclass(frozen=True, slots=True)
class Acted:
    """What became of each change; `forgotten` says why the service does not remember it."""

    cut: Cut
    outcomes: tuple[Outcome, ...]
    forgotten: str = ""


async def look(session: Session, order: Order) -> Cut:
    """Find what opens it. Raises Unknown where it is neither declared nor there."""
    asks, clients = order.alone, order.clients
    try:
        there = await read_to_cut(session, reach(order.what, asks, clients))
    except NotFound as error:
        if order.what.what == "product":
            raise not_there(order.what, asks.declared.products) from error
        raise
    seen = cut(
        Target(order.environment, session.service),
        order.what,
        asks,
        there,
        clients=clients,
        day=order.day,
        reason=order.reason,
        settings=settings_of(order.declarations.guardrails),
    )
    if order.what.what == "subscription" and not seen.found:
        raise not_there(order.what, (each.name[0] for each in asks.declared.state if each.kind == "subscription"))
    if order.what.what == "client" and not (seen.found or clients or seen.missed):
        raise not_there(order.what, (each.name[1] for each in there.state if each.kind == "client"))
    return seen


async def end(session: Session, order: Order, seen: Cut, write: Write) -> Acted:
    """End what was seen, have it remembered, and look again."""
    made = {each.change.address: each for each in await write(seen.plan)}
    forgotten = await _remembered(session, order, made)
    try:
        again = await look(session, order)
    except (Unknown, NotFound):
        return Acted(seen, tuple(map(_over, _sorted(made))), forgotten)  # somebody has deleted it
    except AzureError as error:
        return Acted(seen, _sorted(made), forgotten or f"it was not looked at again: {error}")
    seen = replace(seen, missed=again.missed)
    still = {each.address for each in again.plan.written.changes}
    made = {address: each if address in still else _over(each) for address, each in made.items()}
    made |= {each.change.address: each for each in await write(again.plan)}
    return Acted(seen, _sorted(made), forgotten)


async def look_to_lift(session: Session, order: Order, others: Withheld) -> Cut:
    """Find what comes back: what is declared and approved, and what no file declares, as far as nothing else has it."""
    alone, rest = order.alone, _asks(order, others)
    declared = alone.declared.state
    things = {each: declared[each] for each in alone.desired.cut_off if each in declared}
    known = {each for thing in things.values() for each in kind_of(thing).refers(thing) if kind_of(each).identified_by}
    asks = replace(rest, scope=Scope({**{each: declared[each] for each in known if each in declared}, **things}))
    actual = {**await read_for(session, asks), **await _covered(session, order, alone)}
    target, settings = Target(order.environment, session.service), settings_of(order.declarations.guardrails)
    return given_back(plan_for(asks, target, actual, day=order.day, settings=settings), order.what, asks, actual)


async def lift(session: Session, order: Order, seen: Cut, write: Write) -> Acted:
    """Have the service forget it, and give back what was seen: no run must take it away again meanwhile."""

    def forgotten(applied: Applied) -> Applied:
        left = tuple(each for each in applied.withheld if each != str(order.what))
        return applied if left == applied.withheld else following(applied, withheld=left)

    await amend(session, forgotten)
    return Acted(seen, await write(seen.plan))


async def held(session: Session, order: Order, write: Write) -> tuple[Outcome, ...]:
    """End what is cut off already, where a run has given it back."""
    try:
        return await write((await look(session, order)).plan)
    except (Unknown, NotFound):
        return ()


async def _covered(session: Session, order: Order, alone: Asked) -> State:
    try:
        return (await read_to_cut(session, reach(order.what, alone, order.clients))).state
    except NotFound:
        return {}  # the product is gone: nothing of it can come back


async def _remembered(session: Session, order: Order, made: Mapping[Address, Outcome]) -> str:
    """Give why it is not remembered, or nothing. That must not keep anybody from ending access."""

    def known(applied: Applied) -> Applied:
        kept = tuple(sorted({*applied.withheld, str(order.what)}))
        requests = tuple(request for each in made.values() for request in each.requests)
        counted = dict(Counter(each.result for each in made.values()))
        told = {"outcomes": counted, "requests": requests} if made else {}
        return applied if kept == applied.withheld else following(applied, withheld=kept, **told)

    try:
        found: Remembered = await amend(session, known)
    except AzureError as error:
        return str(error)
    except Full:
        return _FULL
    return found.trouble


def _asks(order: Order, held_back: Withheld) -> Asked:
    declared = order.declarations
    return asked(declared, declared, order.environment, day=order.day, scoped=False, withheld=held_back)


def _over(outcome: Outcome) -> Outcome:
    """What could not be ended and opens nothing any more was ended by somebody else."""
    if outcome.result == "done":
        return outcome
    return Outcome(outcome.change, "done", "it opened nothing any more when it was looked at again", outcome.requests)


def _sorted(made: Mapping[Address, Outcome]) -> tuple[Outcome, ...]:
    return tuple(made[each] for each in sorted(made))
