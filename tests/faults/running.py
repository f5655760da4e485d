"""What is declared and a local Azure behind a door in; one run of the tool, and what it said of it, out: in process."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import date
from typing import Any

from asgi import AsgiTransport, Credential
from clocked import Clock
from organisations import ENDPOINT

from faults.watch import Watch
from reconciler.apply import Outcome, apply
from reconciler.azure.connecting import connect
from reconciler.azure.limiter import Limiter
from reconciler.azure.session import Session
from reconciler.azure.writing import write
from reconciler.cli.run import plan as make_plan
from reconciler.cli.run import withheld
from reconciler.cli.wanted import Wanted
from reconciler.errors import ReconcilerError

DAY = date(2026, 11, 25)
PATIENCE = 60.0  # seconds of the real clock, after which a run hangs


class Killed(BaseException):
    """The process is gone: nothing of it goes on, and nothing cleans up."""


@dataclass(frozen=True)
class Ran:
    """What a run said: an outcome of each change, or why there is no plan. What nobody may see is `broken`."""

    outcomes: tuple[Outcome, ...] = ()
    refused: str = ""
    broken: str = ""
    killed: bool = False

    @property
    def whole(self) -> bool:
        """Whether it said that everything is done."""
        return not (self.refused or self.broken or self.killed or self.undone)

    @property
    def undone(self) -> tuple[Outcome, ...]:
        return tuple(each for each in self.outcomes if each.result != "done")

    @property
    def said(self) -> str:
        """Give its words, the first of each kind."""
        words = [self.refused, self.broken, *(f"{each.change.address}: {each.because}" for each in self.undone[:3])]
        return "; ".join(filter(None, words))


class Waiting(AsgiTransport):
    """A door where waiting costs nothing."""

    def __init__(self, app: Any, clock: Clock) -> None:
        super().__init__(app)
        self._clock = clock

    async def sleep(self, duration: float) -> None:
        await self._clock.sleep(duration)


def run(watch: Watch, wanted: Wanted, service: str, environment: str = "prod") -> Ran:
    """Plan and apply through the real client, as `reconciler apply` does."""
    return _told(lambda said: _applied(watch, wanted, service, environment=environment, said=said))


def _told(make: Callable[[list[Outcome]], Coroutine[Any, Any, tuple[Outcome, ...]]]) -> Ran:
    said: list[Outcome] = []
    try:
        return Ran(asyncio.run(asyncio.wait_for(make(said), PATIENCE)))
    except Killed:
        return Ran(tuple(said), killed=True)
    except ReconcilerError as error:
        return Ran(tuple(said), refused=str(error))
    except Exception as error:  # noqa: BLE001  it is counted: no fault may come out as this
        return Ran(tuple(said), broken=f"{type(error).__name__}: {error}")


def run_over_tls(watch: Watch, wanted: Wanted, service: str, endpoint: str, *, patience: float) -> Ran:
    """Do the same over a socket, by the real clock, with a client that waits so long for an answer to go on."""
    return _told(lambda said: _over_tls(watch, wanted, service, endpoint, patience=patience, said=said))


async def _over_tls(
    watch: Watch, wanted: Wanted, service: str, endpoint: str, *, patience: float, said: list[Outcome]
) -> tuple[Outcome, ...]:
    async with connect(
        service,
        subscription="s1",
        endpoint=endpoint,
        credential=Credential(watch.azure.token("tests")),  # type: ignore[arg-type]
        backoff=0,
        poll=0,
        patience=patience,
    ) as session:
        return await _made(session, wanted, "prod", said)


async def _applied(
    watch: Watch, wanted: Wanted, service: str, *, environment: str, said: list[Outcome]
) -> tuple[Outcome, ...]:
    clock = Clock()
    async with connect(
        service,
        subscription="s1",
        endpoint=ENDPOINT,
        credential=Credential(watch.azure.token("tests")),  # type: ignore[arg-type]
        transport=Waiting(watch, clock),
        limiter=Limiter(clock=clock, sleep=clock.sleep),
        backoff=0,
        poll=0,
    ) as session:
        return await _made(session, wanted, environment, said)


async def _made(session: Session, wanted: Wanted, environment: str, said: list[Outcome]) -> tuple[Outcome, ...]:
    held = await withheld(session, needed=True)
    plan = await make_plan(session, wanted, environment, day=DAY, withheld=held)
    return await apply(
        plan.written.changes, lambda changes: write(session, changes), stop=asyncio.Event(), tell=said.append
    )
