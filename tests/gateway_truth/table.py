"""Steps in; sequences of calls that somebody could make after each, what is said and what must be said, out."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cloud import Cloud, wanted

from gateway_truth.company import Step
from gateway_truth.oracle import Answer, Call, Oracle, Shown
from gateway_truth.tokens import Mint
from reconciler.cli.run import plan
from reconciler.emulator import create_app
from reconciler.withheld import withheld

SLOTS = ("primaryKey", "secondaryKey")
LONG = 3_600  # seconds: no counter remembers so long
Keys = Mapping[str, Sequence[Mapping[str, str]]]
Sequences = Callable[[Keys], Iterable[tuple[Call, ...]]]


@dataclass(frozen=True)
class Row:
    """Calls of one moment after so many steps, under one edition of Microsoft's page."""

    step: int
    calls: tuple[Call, ...]
    ignored: bool
    found: tuple[Answer, ...]
    must: tuple[Answer, ...]


def held(living: Mapping[str, Any], steps: Iterable[Step], sequences: Sequences, statuses: set[int]) -> int:
    """Hold every answer against what it must be, and see each status; give how many calls there were."""
    rows = list(table(living, steps, sequences))
    wrong = [row for row in rows if row.found != row.must]
    assert not wrong, f"{len(wrong)} of {len(rows)}:\n" + "\n".join(map(str, wrong[:10]))
    assert {answer.status for row in rows for answer in row.must} == statuses
    return sum(len(row.calls) for row in rows)


def table(living: Mapping[str, Any], steps: Iterable[Step], sequences: Sequences) -> Iterator[Row]:
    """Apply step after step by the real client, and after each call the gateway with every key there ever was."""
    stage = Stage().begin(living)
    for index, step in enumerate(steps):
        stage.go(step)
        for ignored in (False, True):
            stage.cloud.azure.settings.ignored_keys = ignored
            asked = list(sequences(stage.keys))
            for calls, found in zip(asked, stage.ask(asked), strict=True):
                yield Row(index, calls, ignored, found, tuple(stage.oracle.answers(calls, ignored=ignored)))
    assert not stage.cloud.azure.journal.unknown


@dataclass
class Stage:
    """A service, whoever must know better, and every key that was ever made."""

    cloud: Cloud = field(default_factory=Cloud)
    oracle: Oracle = field(default_factory=Oracle)
    keys: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    before: dict[str, Any] | None = None
    now: float = 1_800_000_000

    def begin(self, living: Mapping[str, Any]) -> "Stage":
        """Let live what nobody declares."""
        self.cloud.azure.settings.clock = lambda: self.now
        self.cloud.seed(living)
        self.oracle = Oracle.of(living)
        self.mint = Mint(self.cloud.azure)
        return self

    def go(self, step: Step) -> None:
        """Plan and apply; then both sides must know of the same keys."""
        outcomes = self.cloud.apply(asyncio.run(self._planned(step)))
        assert [each for each in outcomes if each.result != "done"] == []
        self.before = step.contents
        self.oracle.step(step.contents, step.withheld, step.day)
        self._look()
        made = {name: key.made for name, key in self.oracle.keys.items() if key.made}
        assert {name: len(each) for name, each in self.keys.items() if name in made or "--" in name} == made

    async def _planned(self, step: Step) -> Any:
        async with self.cloud.session() as session:
            asks = wanted(step.contents, self.before, step.day)
            return await plan(session, asks, "prod", day=step.day, withheld=withheld(step.withheld))

    def _look(self) -> None:
        """Note each pair of keys that is new."""
        for path in self.cloud.state():
            collection, _, name = path.partition("/")
            if collection == "subscriptions":
                pair = dict(self.cloud.azure.secrets(self.cloud.service, path))
                if pair not in self.keys[name]:
                    self.keys[name].append(pair)

    def ask(self, sequences: Iterable[Iterable[Call]]) -> list[tuple[Answer, ...]]:
        """Call the gateway; counters forget between two sequences."""
        app = create_app(self.cloud.azure)

        async def run() -> list[tuple[Answer, ...]]:
            found = []
            for calls in sequences:
                self.now += LONG
                found.append(tuple([await self._asked(app, call) for call in calls]))
            return found

        return asyncio.run(run())

    async def _asked(self, app: Any, call: Call) -> Answer:
        sent = [(b"host", b"localhost:8443")]
        if call.header:
            sent.append((b"ocp-apim-subscription-key", self._key(call.header).encode()))
        if call.token:
            sent.append((b"authorization", self.mint.header(call.token).encode()))
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/gateway/{call.api}/1",
            "raw_path": f"/gateway/{call.api}/1".encode(),
            "query_string": f"subscription-key={self._key(call.query)}".encode() if call.query else b"",
            "scheme": "https",
            "headers": sent,
            "client": None,
        }
        parts: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            parts.append(message)

        await app(scope, receive, send)
        return Answer(parts[0]["status"], self.cloud.azure.journal.calls[-1].product)

    def _key(self, shown: Shown) -> str:
        name, made, slot = shown
        return self.keys[name][made - 1][SLOTS[slot]] if name else "nonsense"
