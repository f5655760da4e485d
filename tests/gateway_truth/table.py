"""A situation and fates in; each call that anybody could make after each step, what is said and what must be, out."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cloud import Cloud, wanted

from gateway_truth.company import Fate, Situation, Step, living, steps
from gateway_truth.oracle import NONSENSE, Answer, Call, Oracle, Shown
from reconciler.cli.run import plan
from reconciler.emulator import create_app
from reconciler.withheld import withheld

SLOTS = ("primaryKey", "secondaryKey")


@dataclass(frozen=True)
class Row:
    """A call after so many steps, under one edition of Microsoft's page."""

    step: int
    call: Call
    ignored: bool
    found: Answer
    must: Answer


def held(situation: Situation, fates: Iterable[Fate]) -> int:
    """Hold every answer against what it must be; give how many there were."""
    rows = list(table(situation, fates))
    wrong = [row for row in rows if row.found != row.must]
    assert not wrong, f"{len(wrong)} of {len(rows)}:\n" + "\n".join(map(str, wrong[:10]))
    assert {row.must.status for row in rows} == {200, 401}
    return len(rows)


def table(situation: Situation, fates: Iterable[Fate]) -> Iterator[Row]:
    """Apply step after step by the real client, and after each ask the gateway with every key there ever was."""
    stage = Stage().begin(situation)
    for index, step in enumerate(steps(situation, fates)):
        stage.go(step)
        for ignored in (False, True):
            stage.cloud.azure.settings.ignored_keys = ignored
            calls = list(stage.calls())
            for (call, _), found in zip(calls, stage.ask(calls), strict=True):
                yield Row(index, call, ignored, found, stage.oracle.answer(call, ignored=ignored))
    assert not stage.cloud.azure.journal.unknown


@dataclass
class Stage:
    """A service, whoever must know better, and every key that was ever made."""

    cloud: Cloud = field(default_factory=Cloud)
    oracle: Oracle = field(default_factory=Oracle)
    keys: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    before: dict[str, Any] | None = None

    def begin(self, situation: Situation) -> "Stage":
        entities = living(situation)
        self.cloud.seed(entities)
        self.oracle = Oracle.of(entities)
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

    def calls(self) -> Iterator[tuple[Call, str]]:
        """Give every call that shows a key, none or nonsense, each with the slot that its key is taken from."""
        for api in ("orders", "refunds"):
            yield Call(api), ""
            yield Call(api, header=NONSENSE), ""
            yield Call(api, query=NONSENSE), ""
            for name, pairs in self.keys.items():
                for made in range(1, len(pairs) + 1):
                    shown = (name, made)
                    yield Call(api, header=shown), SLOTS[0]
                    yield Call(api, query=shown), SLOTS[1]
                    yield Call(api, header=shown, query=NONSENSE), SLOTS[1]
                    yield Call(api, header=NONSENSE, query=shown), SLOTS[0]

    def ask(self, calls: Iterable[tuple[Call, str]]) -> list[Answer]:
        """Call the gateway."""
        app = create_app(self.cloud.azure)

        async def run() -> list[Answer]:
            return [await self._asked(app, call, slot) for call, slot in calls]

        return asyncio.run(run())

    async def _asked(self, app: Any, call: Call, slot: str) -> Answer:
        sent = [(b"host", b"localhost:8443")]
        if call.header:
            sent.append((b"ocp-apim-subscription-key", self._key(call.header, slot).encode()))
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/gateway/{call.api}/1",
            "raw_path": f"/gateway/{call.api}/1".encode(),
            "query_string": f"subscription-key={self._key(call.query, slot)}".encode() if call.query else b"",
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
        status = parts[0]["status"]
        if status == 401:
            assert json.loads(parts[1]["body"])["statusCode"] == 401
        return Answer(status, self.cloud.azure.journal.calls[-1].product)

    def _key(self, shown: Shown, slot: str) -> str:
        name, made = shown
        return self.keys[name][made - 1][slot] if name else "nonsense"
