"""A stage that is served in; processes that are killed, cancelled, out of time or out of disk there, judged, out."""

import signal
from collections.abc import Iterator
from pathlib import Path

from faults.running import Ran, run_over_tls
from faults.served import Served
from faults.verdict import Verdict, verdict
from faults.watch import SIDES

_FULL = Path("/dev/full")  # what is written there meets a full disk
_WAITS, _STOPS = 0.3, 1.0  # seconds
_DAY = 86_400.0


def killed(served: Served, *, part: int = 0, parts: int = 1, **_: int) -> Iterator[Verdict]:
    """SIGKILL at every request of an apply, before its effect, or after it with the answer never delivered."""
    for number in range(part, 2 * _longest(served), parts):
        at, side = number // 2 + 1, SIDES[number % 2]
        served.stage.reset()
        first = served.killed(at, side)
        if not first.killed and not first.whole:
            first = Ran(broken=f"it was not killed, and says {first.said}")
        yield verdict(served.stage, f"{side} {at}", first)


def _longest(served: Served) -> int:
    """Count what a process asks when nothing disturbs it: as a run in process, and a token."""
    served.stage.reset()
    first = served.ran()
    if not first.whole:
        raise AssertionError(f"an undisturbed process fails: {first.said}")
    return served.stage.watch.passed


def cancelled(served: Served, *, each: int, part: int = 0, parts: int = 1) -> Iterator[Verdict]:
    """A CI run over two environments is cancelled: in the first, between them, in the second, by what CI sends."""
    longest = _longest(served)
    for at in range(2 + 3 * part, longest, 3 * each * parts):
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            for name in ("dev", "prod"):
                yield from _cancelled(served, name, at, sent)
    if not part:
        yield from _cancelled(served, "", 0, signal.SIGKILL)


def _cancelled(served: Served, name: str, at: int, sent: signal.Signals) -> Iterator[Verdict]:
    """Both environments must become as after an undisturbed run."""
    where = f"{sent.name} at {at} of {name}" if name else "between them"
    served.first.reset()
    served.stage.reset()
    ran = Ran(killed=True)
    if name != "dev":
        ran = served.ran(served.apply("dev"))
        served.stage.watch.passed = 0
    if name:
        ran = served.killed(at, "before", sent, served.apply(name))
    served.first.watch.begin()
    yield verdict(served.first, f"{where}, dev", ran if name == "dev" else Ran())
    yield verdict(served.stage, f"{where}, prod", ran if name == "prod" else Ran(killed=True))


def clock(served: Served, *, each: int, part: int = 0, parts: int = 1) -> Iterator[Verdict]:
    """The clock of this machine steps in the middle of a run; tokens and what is kept go by it."""
    longest = _longest(served)
    for number, seconds in enumerate((_DAY, -_DAY, 3600.0, -3600.0, 1.0, -1.0)):
        for at in range(1 + (part + number) % (4 * each), longest, 4 * each * parts):
            served.stage.reset()
            served.zygote.step(0)
            watch = served.stage.watch

            def step(seconds: float = seconds) -> bool:
                served.zygote.step(seconds)
                return True

            watch.at, watch.side, watch.act = at, "before", step
            first = served.ran()
            served.zygote.step(0)
            yield verdict(served.stage, f"{seconds:+.0f} s at {at}", first)


def slow_bodies(served: Served, *, each: int, part: int = 0, parts: int = 1) -> Iterator[Verdict]:
    """A body makes a pause, which is waited for; or stops, which is given up and asked again; or always stops."""
    stage = served.stage
    for number, (pause, times) in enumerate(((0.05, None), (_STOPS, 1), (_STOPS, None))):
        for at in range(1 + part + number, len(stage.undisturbed.asked) + 1, 4 * each * parts):
            stage.reset()
            stage.azure.fault(nth=at, times=times, pause=pause)
            first = run_over_tls(stage.watch, stage.wanted, stage.service, served.running.url, patience=_WAITS)
            served.rest()
            yield verdict(stage, f"{pause} s at {at}, {'once' if times else 'for good'}", first)


def full_disk(served: Served, *, part: int = 0, **_: int) -> Iterator[Verdict]:
    """What a run writes - its words, a plan, an audit's page, what it keeps of its reading - meets a full disk.

    The apply that follows is the second run. A full disk must be said, in words and by an exit code.
    """
    if part or not _FULL.exists():
        return
    orders = {
        "words of an apply": served.order(
            "apply", "--environment", "prod", "--previous", "HEAD~1", "--yes", said=_FULL
        ),
        "an apply's JSON": served.order(
            *("apply", "--environment", "prod", "--previous", "HEAD~1", "--yes", "--format", "json"), said=_FULL
        ),
        "a plan": served.order("plan", "--environment", "prod", "--previous", "HEAD~1", "--output", str(_FULL)),
        "a page of an audit": served.order("audit", "--environment", "prod", "--html", str(_FULL)),
    }
    for name, order in orders.items():
        served.stage.reset()
        code = served.zygote.run(order)
        said = "" if order.said == _FULL else (served.folder / "said").read_text()
        broken = f"exit code {code}: {said[-300:]}" if code in (0, 124) or "mistake in reconciler" in said else ""
        yield verdict(served.stage, name, Ran(refused="the disk is full", broken=broken))
