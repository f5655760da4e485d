"""An office and what is to be cut off there in; access ended, or given back, by the real client, out."""

import asyncio
from typing import Any

from office import KEY, Office

from reconciler.apply import Outcome, apply
from reconciler.azure.writing import write
from reconciler.cutting import acting
from reconciler.cutting.acting import Acted, Order
from reconciler.cutting.changes import Cut
from reconciler.cutting.lifting import to_lift
from reconciler.cutting.named import meant, sound
from reconciler.load import load
from reconciler.plan import Plan
from reconciler.sources import from_folder
from reconciler.withheld import selector

LINK = "products/orders/groups/checkout"
OLD = {"scope": "/products/orders", "displayName": "Old ERP", "state": "active"}


def order(office: Office, what: str, reason: str = "Their laptop was stolen") -> Order:
    office.git("fetch", "--quiet", "origin")
    office.git("reset", "--quiet", "--hard", "origin/main")
    here = sound(load(from_folder(office.clone / "access")).declarations)
    return Order(meant(selector(what), here, "prod"), "prod", office.day, reason, here)


def cut(office: Office, what: str, *, client: str = "tests", first: Any = None, between: Any = None) -> Acted:
    async def run() -> Acted:
        async with office.cloud.session(client) as session:
            asked = order(office, what)

            async def make(plan: Plan) -> tuple[Outcome, ...]:
                if first:
                    await first()
                made = await apply(plan.written.changes, lambda changes: write(session, changes), stop=asyncio.Event())
                if between:
                    between()
                return made

            return await acting.end(session, asked, await acting.look(session, asked), make)

    return asyncio.run(run())


def lift(office: Office, what: str) -> Acted:
    async def run() -> Acted:
        async with office.cloud.session() as session:

            async def make(plan: Plan) -> tuple[Outcome, ...]:
                return await apply(plan.written.changes, lambda changes: write(session, changes), stop=asyncio.Event())

            asked, seen = await to_lift(session, order(office, what), office.clone / "access")
            return await acting.lift(session, asked, seen, make)

    return asyncio.run(run())


def look(office: Office, what: str) -> Cut:
    async def run() -> Cut:
        async with office.cloud.session() as session:
            return await acting.look(session, order(office, what))

    return asyncio.run(run())


def results(acted: Acted) -> dict[str, str]:
    return {str(each.change.address): each.result for each in acted.outcomes}


def state(office: Office, key: str = KEY) -> str:
    return str(office.cloud.state()[key]["state"])


def withheld(office: Office) -> tuple[str, ...]:
    found = office.recall().applied
    assert found
    return found.withheld
