"""Inputs in over a pipe, what became of each out; whoever started this process learns from its death, too.

A process is killed by the system once an input has taken a second of its own time, whoever else uses the machine, and
has no memory beyond some hundred bytes for each that it reads.
"""

import faulthandler
import pickle
import resource
import signal
import sys
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection

from fuzzing.target import SECONDS, WATCH
from fuzzing.targets import TARGETS

_ROOM = 256 * 2**20  # bytes
_WARM = 30.0  # the first time something is imported, too


@dataclass(frozen=True)
class Verdict:
    """What became of one input: `trouble` is the traceback of what is no designed refusal. `grown` is in bytes."""

    taken: bool
    seconds: float
    grown: int
    trouble: str = ""


def main(descriptor: int, name: str) -> None:
    """Serve until the pipe is closed."""
    target = TARGETS[name]
    faulthandler.enable()
    faulthandler.register(signal.SIGPROF, all_threads=False, chain=True)  # says where, and then dies of it
    with Connection(descriptor) as pipe:
        for seed in target.seeds:
            verdict = _tried(target.reads, seed, _WARM)
            if verdict.trouble:
                break
        else:
            verdict = Verdict(taken=True, seconds=0, grown=0)
        pipe.send_bytes(pickle.dumps(verdict))
        grown = _size()
        resource.setrlimit(resource.RLIMIT_AS, (grown + _ROOM, grown + _ROOM))
        while True:
            try:
                content = pipe.recv_bytes()
            except EOFError:
                return
            pipe.send_bytes(pickle.dumps(_tried(target.reads, content, SECONDS)))


def _tried(reads: object, content: bytes, seconds: float) -> Verdict:
    before = _most()
    trouble, taken = "", False
    WATCH.start(seconds)
    try:
        taken = reads(content)  # type: ignore[operator]
    except BaseException:  # noqa: BLE001  whatever it is, the one who asked tells
        trouble = traceback.format_exc(limit=-12)
    WATCH.stop()
    return Verdict(taken, WATCH.longest, _most() - before, trouble)


def _most() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _size() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
