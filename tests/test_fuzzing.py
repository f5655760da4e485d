"""A part of `make fuzz`, and what it found: nothing that others write is a traceback, or costs its size squared."""

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest
from fuzzing.of_itself import ITSELF
from fuzzing.parent import child
from fuzzing.regressions import REGRESSIONS
from fuzzing.target import Target
from fuzzing.targets import TARGETS
from hypothesis import HealthCheck, given, settings

from reconciler.words import did_you_mean

SIZES = (400, 800, 1_600)
TOO_MUCH = 3  # times: what grows as the input doubles its growth, what grows as its square has it four times
SLACK = 20_000  # calls: a mistake is told, or another parser asked, which the shorter input did not need
PARSERS = [each for each in TARGETS.values() if each.name not in ("azure", "github")]  # which are mostly HTTP
HINTS = "APIs that are nearly there"  # up to a hundred, each is compared with each
LARGE = [(target, name) for target in PARSERS for name in target.large if name != HINTS]


def work(read: Callable[[], object]) -> int:
    """Count the calls that reading takes: they are the same on every machine."""
    calls = 0

    def count(_frame: FrameType, _event: str, _about: Any) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        read()
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_what_is_right_is_taken(target: Target) -> None:
    assert [target.reads(seed) for seed in target.seeds] == [True] * len(target.seeds)


@pytest.mark.parametrize("wrong", REGRESSIONS)
def test_what_was_a_mistake_once_is_none(wrong: str) -> None:
    name, content = REGRESSIONS[wrong]
    TARGETS[name].reads(content)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_what_nobody_would_write_is_read_or_refused(target: Target) -> None:
    @settings(max_examples=12, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(target.inputs)
    def attempt(content: bytes) -> None:
        target.reads(content)

    attempt()


@pytest.mark.parametrize(("target", "name"), LARGE, ids=[f"{target.name}: {name}" for target, name in LARGE])
def test_work_grows_as_the_input_does(target: Target, name: str) -> None:
    target.reads(target.large[name](SIZES[0]))  # what is made once is no input's fault
    few, some, many = (work(partial(target.reads, target.large[name](size))) for size in SIZES)
    assert many - some <= TOO_MUCH * (some - few) + SLACK


def test_a_hint_costs_the_same_among_thousands_and_is_still_found() -> None:
    many = [f"order-{number}-events" for number in range(4_000)]
    for wrong in ("order-77-event", "oder-77-events", "order-77-evnts"):
        assert did_you_mean(wrong, many) == "did you mean `order-77-events`?"
    few, more = (work(partial(did_you_mean, "order-9-event", names)) for names in (many[:500], many))
    assert more < 2 * few


@pytest.mark.story
def test_whatever_kills_a_process_is_told_with_its_input() -> None:
    with child() as process:
        found = {word: process.tried(ITSELF.name, word.encode()) for word in ("yes", "no", *KILLS, "sleep")}
    assert {word: verdict.taken for word, verdict in found.items() if not verdict.trouble} == {
        "yes": True,
        "no": False,
        "sleep": True,
    }
    for word, said in KILLS.items():
        assert said in found[word].trouble


KILLS = {
    "raise": "KeyError: 'x'",
    "crash": "It crashed the process:",
    "leave": "The process ended by itself, with 0",
    "hang": "It took more than a second of the processor's time:",
    "grow": "MemoryError",
}
