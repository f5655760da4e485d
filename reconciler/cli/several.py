"""Environments in; a session with each, and what came of it to do something in all of them side by side, out.

What goes wrong in one environment stops no other. Whatever is said is said in the order of environments.yaml,
whichever was through first.
"""

import asyncio
import os
import time
import traceback
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.cli.console import Bar, err, progresses
from reconciler.cli.run import connected
from reconciler.declarations import Declarations
from reconciler.errors import FINE, ReconcilerError, ended_by

if TYPE_CHECKING:
    from rich.console import Console

    from reconciler.apply import Outcome
    from reconciler.azure.limiters import Limiters
    from reconciler.azure.session import Session
    from reconciler.report.document import FailedDocument

_AT_ONCE = 8  # environments: whoever asks `az` for a token does so for each

T = TypeVar("T")


@asynccontextmanager
async def several(
    declarations: Declarations,
    names: Iterable[str],
    *,
    limiters: "Limiters | None" = None,
    clock: Callable[[], float] = time.monotonic,
    **options: Any,
) -> AsyncIterator["Several"]:
    """Open a session with the service of each environment; those in one Azure subscription share its limits."""
    from reconciler.azure.limiters import Limiters  # noqa: PLC0415  the help must not wait for Azure's client

    shared = limiters or Limiters()
    async with AsyncExitStack() as stack:
        sessions = {}
        for name in names:
            place = declarations.environments[name]
            limiter = shared.of(place.endpoint, place.subscription_id)
            session = connected(declarations, name, limiter=limiter, **options)
            sessions[name] = await stack.enter_async_context(session)
        yield Several(sessions, clock)


@dataclass(frozen=True, slots=True)
class Here:
    """One environment while something is done in it. What is noted is said when all are through."""

    name: str
    session: "Session"
    bar: Bar
    note: Callable[[str], None]


class Several:
    """The environments of one run: why something failed in one, and how long all of it took there."""

    def __init__(self, sessions: "Mapping[str, Session]", clock: Callable[[], float] = time.monotonic) -> None:
        self.sessions, self._clock = sessions, clock
        self.failures: dict[str, Exception] = {}
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.took = 0.0
        self._told: set[str] = set()

    @property
    def alone(self) -> bool:
        """Whether it is one environment, which needs neither its name at each line nor a summary."""
        return len(self.sessions) == 1

    async def each(
        self, doing: str, one: Callable[[Here], Awaitable[T]], *, steps: Mapping[str, int] | None = None
    ) -> dict[str, T]:
        """Do something wherever nothing has failed yet; `steps` says in which environments, and how many it takes."""
        names = [name for name in self.sessions if name not in self.failures and (steps is None or name in steps)]
        whats = {name: f"{doing} {self.sessions[name].service.rsplit('/', 1)[-1]}" for name in names}
        notes: dict[str, list[str]] = {name: [] for name in names}
        done: dict[str, T] = {}
        places, begun = asyncio.Semaphore(_AT_ONCE), self._clock()

        async def tried(name: str, bar: Bar) -> None:
            async with places:
                session = self.sessions[name]
                session.limiter.tell = bar.note
                with self._timed(name):
                    try:
                        done[name] = await one(Here(name, session, bar, notes[name].append))
                    except Exception as error:  # noqa: BLE001  whatever it is, others are not stopped amid their writes
                        self.failures[name] = error

        with progresses(whats, steps or {}, named=not self.alone) as bars:
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(tried(name, bars[name]))
        self.took += self._clock() - begun
        self._say("! {}", notes)
        return {name: done[name] for name in names if name in done}

    def tell_failures(self) -> None:
        """Say why something failed, where that was not said yet; of one environment alone it is raised."""
        failures = {name: self.failures[name] for name in self.sessions if name in self.failures}
        if self.alone and failures:
            raise next(iter(failures.values()))
        self._say("{}", {name: ended_by(error)[1] for name, error in failures.items() if name not in self._told})
        self._told |= failures.keys()
        for error in failures.values():
            if os.environ.get("RECONCILER_DEBUG") and not isinstance(error, ReconcilerError):
                traceback.print_exception(error)

    def tell_summary(
        self,
        console: "Console",
        counts: Mapping[str, int],
        outcomes: "Mapping[str, tuple[Outcome, ...]] | None" = None,
        *,
        what: str = "changes",
    ) -> None:
        """Print one table of all environments; of one alone there is nothing to sum up."""
        from reconciler.report.summary import Line, summarise  # noqa: PLC0415  as above

        codes = self.codes()
        lines = [
            Line(
                name,
                counts.get(name),
                outcomes.get(name, ()) if outcomes is not None else None,
                session.limiter.sent,
                self.seconds[name],
                codes.get(name, FINE),
            )
            for name, session in self.sessions.items()
        ]
        if len(lines) > 1:
            summarise(console, lines, what=what, took=self.took)

    def documents(self) -> "list[FailedDocument]":
        """Give what failed for machines."""
        from reconciler.report.document import FailedDocument  # noqa: PLC0415  as above

        ends = {name: ended_by(error) for name, error in self.failures.items()}
        return [
            FailedDocument(environment=name, service=session.service, exit_code=ends[name][0], why=list(ends[name][1]))
            for name, session in self.sessions.items()
            if name in ends
        ]

    def codes(self) -> dict[str, int]:
        """Give the exit codes of the environments in which something failed."""
        return {name: ended_by(self.failures[name])[0] for name in self.sessions if name in self.failures}

    def _say(self, form: str, lines: Mapping[str, Iterable[str]]) -> None:
        for name, texts in lines.items():
            for text in texts:
                named = self.alone or text.startswith(f"{name}: ")
                said = form.format(text if named else f"{name}: {text}")
                err().print(said, style="bold yellow", soft_wrap=True)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        begun = self._clock()
        try:
            yield
        finally:
            self.seconds[name] += self._clock() - begun
