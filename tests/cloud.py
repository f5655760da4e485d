"""Declared values in; planned and applied against the emulator in process, through the real client."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from asgi import AsgiTransport, Credential
from checked import checked
from organisations import ENDPOINT, SERVICE, TODAY, declared
from starlette.types import ASGIApp

from reconciler.apply import Outcome, apply
from reconciler.azure.connecting import connect
from reconciler.azure.kept import KeptPages
from reconciler.azure.limiter import Limiter
from reconciler.azure.session import Session
from reconciler.azure.writing import write
from reconciler.budget import budget
from reconciler.cli.run import plan as make_plan
from reconciler.cli.wanted import Wanted
from reconciler.declarations import Declarations
from reconciler.diff import Change
from reconciler.emulator import Azure
from reconciler.plan import Plan


@dataclass
class Cloud:
    """One emulated service and what can be done with it."""

    azure: Azure = field(default_factory=Azure)
    client: str = "tests"
    service: str = SERVICE
    environment: str = "prod"
    door: Callable[[ASGIApp], ASGIApp] = lambda app: app  # what clients go through

    def seed(self, entities: Mapping[str, Mapping[str, Any]]) -> "Cloud":
        self.azure.seed(self.service, dict(entities))
        return self

    def state(self) -> dict[str, Any]:
        """Everything in the service, keys left out: they are new on each creation."""
        return self.azure.snapshot(self.service)

    def session(
        self, client: str | None = None, *, limiter: Limiter | None = None, kept: KeptPages | None = None
    ) -> AbstractAsyncContextManager[Session]:
        return connect(
            self.service,
            subscription="s1",
            endpoint=ENDPOINT,
            credential=Credential(self.azure.token(client or self.client)),  # type: ignore[arg-type]
            transport=AsgiTransport(self.door(checked(self.azure))),
            limiter=limiter,
            kept=kept,
            backoff=0,
            poll=0,
        )

    def plan(
        self,
        contents: Mapping[str, Any] | Declarations,
        previous: Mapping[str, Any] | Declarations | None = None,
        *,
        day: date = TODAY,
        client: str | None = None,
        scoped: bool = False,
    ) -> Plan:
        async def run() -> Plan:
            async with self.session(client) as session:
                asked = replace(wanted(contents, previous, day), scoped=scoped)
                return await make_plan(session, asked, self.environment, day=day)

        return asyncio.run(run())

    def apply(self, plan: Plan, *, client: str | None = None) -> tuple[Outcome, ...]:
        async def run() -> tuple[Outcome, ...]:
            async with self.session(client) as session:
                return await apply(plan.written.changes, lambda changes: write(session, changes), stop=asyncio.Event())

        return asyncio.run(run())

    def converge(
        self,
        contents: Mapping[str, Any] | Declarations,
        previous: Mapping[str, Any] | Declarations | None = None,
        *,
        day: date = TODAY,
        scoped: bool = False,
    ) -> Plan:
        """Plan and apply, sure that everything was done and cost what it said."""
        plan = self.plan(contents, previous, day=day, scoped=scoped)
        before = self.spent()
        outcomes = self.apply(plan)
        assert [outcome for outcome in outcomes if outcome.result != "done"] == []
        spent, said = self.spent(), budget(plan.written.changes)
        deletes = spent["DELETE"] - before["DELETE"]
        policies = {change.unit for change in plan.written.changes if change.kind.index}
        gone = sum(change.cleans and change.action == "update" for change in plan.written.changes)  # perhaps, before
        assert -gone <= deletes - said.deletes <= len(policies)  # a policy that says nothing any more goes
        writes = sum(spent[each] - before[each] for each in ("PUT", "PATCH", "POST"))
        assert 0 <= said.writes + said.deletes - writes - deletes <= gone
        assert said.deletes + said.writes == plan.written.writes
        slow = len({change.unit for change in plan.written.changes if _is_put_into_fragment(change)})
        polls = slow * (1 + self.azure.settings.slow_polls)
        again = spent["GET"] + spent["HEAD"] - before["GET"] - before["HEAD"] - said.reads - polls
        assert again in [2 * each for each in range(gone + 1)]  # it is looked for three times
        return plan

    def spent(self) -> Counter[str]:
        return Counter(entry.method for entry in self.azure.log.entries)

    def writes(self) -> int:
        return self.azure.log.writes


def wanted(contents: Any, previous: Any, day: date) -> Wanted:
    now = contents if isinstance(contents, Declarations) else declared(contents, day)
    before = previous if previous is None or isinstance(previous, Declarations) else declared(previous, day)
    return Wanted(now, before)


def _is_put_into_fragment(change: Change) -> bool:
    """A client that goes is a PUT, too; with a gate, or a fragment of somebody's, the whole goes."""
    stays = change.after is not None or (change.kind.document is not None and not change.kind.ends_document)
    return change.kind.path.startswith("policyFragments/") and stays
