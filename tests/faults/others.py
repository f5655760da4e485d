"""A stage in; what another hand, Azure's late word or a clock does in the middle of a run, judged, out: in process."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from faults.stage import Stage
from faults.verdict import Verdict, verdict
from faults.watch import SIDES

_HOUR = 3600.0


@dataclass(frozen=True)
class Act:
    """What another hand writes: entities of the service, and the changes that may be to make again after it."""

    entities: Mapping[str, Mapping[str, Any]]
    touches: tuple[str, ...] = ()


ACTS: Mapping[str, Act] = {
    "what is declared": Act({"products/old-0": {"displayName": "By hand"}}, ("product old-0",)),
    "what nobody declared": Act({"products/old-0": {"description": "By hand"}}),
    "a name of a group": Act({"groups/crew-0": {"displayName": "By hand"}}, ("group crew-0",)),
    "what we are about to make": Act({"groups/team-0": {"displayName": "By hand"}}, ("group team-0",)),
    "a fragment": Act(
        {"policyFragments/shared-0": {"value": "<fragment><trace /></fragment>", "format": "rawxml"}},
        ("fragment shared-0",),
    ),
    "a key on our product": Act(
        {"subscriptions/erp": {"scope": "/products/old-0", "displayName": "ERP", "state": "active"}},
        ("subscription erp",),
    ),
    "a key on another product": Act(
        {"subscriptions/erp": {"scope": "/products/foreign", "displayName": "ERP", "state": "active"}}
    ),
    "a contact of an API": Act(
        {"apis/new-api-0": {"displayName": "new-api-0", "path": "new-api-0", "contact": {"name": "By hand"}}},
        ("api-contact new-api-0",),
    ),
}


def second_writer(stage: Stage, *, each: int, part: int = 0, parts: int = 1) -> Iterator[Verdict]:
    """Before every so many-th request somebody writes something. What is expected is a run after that."""
    for number, (name, act) in enumerate(ACTS.items()):
        expected = stage.reference(lambda stage, act=act: _write(stage, act))
        for at in range(1 + (part + number) % each, len(stage.undisturbed.asked) + 1, each * parts):
            stage.reset()
            _at(stage, at, "before", lambda act=act: _write(stage, act))
            first = stage.run()
            yield verdict(stage, f"{name}, before {at}", first, expected=expected, others=act.touches)


def _write(stage: Stage, act: Act) -> bool:
    """Write as Azure's portal does: what is not named stays."""
    there = stage.azure.snapshot(stage.service)
    stage.azure.seed(stage.service, {path: {**there.get(path, {}), **each} for path, each in act.entities.items()})
    return True


def late_failures(stage: Stage, *, part: int = 0, parts: int = 1, **_: int) -> Iterator[Verdict]:
    """Each operation that goes on in the background fails in the end, at once or after polls."""
    slow = [
        path for method, path in stage.undisturbed.asked if method in ("PUT", "PATCH") and "/policyFragments/" in path
    ]
    for path in sorted(set(slow))[part::parts]:
        entity = path.partition("/apim-test/")[2]
        for polls in (0, 2):
            stage.reset()
            stage.azure.settings.slow_polls, stage.azure.settings.slow_retry_after = polls, 1
            stage.azure.fail_late(f"^{entity}$")
            yield verdict(stage, f"{entity}, {polls} polls", stage.run())


def expired_token(stage: Stage, *, each: int, part: int = 0, parts: int = 1) -> Iterator[Verdict]:
    """From a request on, Azure takes the token for one of yesterday; the next run has another."""
    for at in range(1 + part, len(stage.undisturbed.asked) + 1, each * parts):
        stage.reset()
        _at(stage, at, "before", lambda: _later(stage, 2 * _HOUR))
        first = stage.run()
        yield verdict(stage, f"before {at}", first)


def clock_of_azure(stage: Stage, *, each: int, part: int = 0, parts: int = 1) -> Iterator[Verdict]:
    """Azure's clock steps back, or a little ahead."""
    for number, seconds in enumerate((-_HOUR, -5.0, 5.0, _HOUR / 2)):
        for at in range(1 + part + number, len(stage.undisturbed.asked) + 1, 4 * each * parts):
            stage.reset()
            _at(stage, at, SIDES[number % 2], lambda seconds=seconds: _later(stage, seconds))
            first = stage.run()
            yield verdict(stage, f"{seconds:+.0f} s at {at}", first)


def _later(stage: Stage, seconds: float) -> bool:
    clock = stage.azure.settings.clock
    stage.azure.settings.clock = lambda: clock() + seconds
    return True


def _at(stage: Stage, at: int, side: Any, act: Callable[[], bool]) -> None:
    stage.watch.at, stage.watch.side, stage.watch.act = at, side, act
