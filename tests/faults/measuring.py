"""Every fault by its name; one part of one of them in, made in this process, and its tally out."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache, partial

from faults import answers, keys, others, processes
from faults.served import Served, served
from faults.tally import Tally
from faults.verdict import Verdict
from reconciler.emulator import Certificates

PARTS = 4  # of each fault: what many processes do side by side
_EACH = 6  # where a fault meets not every request but so many-th
_OTHERWISE = "an undisturbed run costs other requests than it said"
_OPEN = ExitStack()

Driver = Callable[..., Iterator[Verdict]]


def _on_stage(driver: Driver) -> Driver:
    return lambda there, **how: driver(there.stage, **how)


FAULTS: Mapping[str, Driver] = {
    "SIGKILL, before and after each request": processes.killed,
    **{name: _on_stage(partial(answers.met, name=name)) for name in answers.ANSWERS},
    "an operation that fails late": _on_stage(others.late_failures),
    "a token that expires on the way": _on_stage(others.expired_token),
    "Azure's clock steps": _on_stage(others.clock_of_azure),
    "this machine's clock steps": processes.clock,
    "a full disk": processes.full_disk,
    "a body that comes slowly, or not to its end": processes.slow_bodies,
    "a second writer": _on_stage(others.second_writer),
    "a CI run cancelled, of two environments": processes.cancelled,
    "keys on their way to a vault, killed": keys.delivered,
    "keys that are made anew, killed": keys.rotated,
}


def measure(name: str, part: int, changes: int, made: Certificates) -> Tally:
    """Do one part of one fault, in a process of the pool."""
    begun = time.monotonic()
    try:
        there = _served(changes, made)
    except AssertionError as wrong:
        return Tally.from_verdicts(
            name, [Verdict("undisturbed", at_once=False, converged=False, broken=str(wrong) or _OTHERWISE)], 0
        )
    verdicts = list(FAULTS[name](there, each=_EACH, part=part, parts=PARTS))
    return Tally.from_verdicts(name, verdicts, time.monotonic() - begun)


@cache
def _served(changes: int, made: Certificates) -> Served:
    """Serve once for a process of the pool, which ends with it."""
    return _OPEN.enter_context(served(changes, made))
