"""Inputs in over a pipe, what became of each out; whoever started this process learns from its death, too.

A process is killed by the system once an input has taken a second of its own time, whoever else uses the machine, and
has no memory beyond some hundred bytes for each that it reads.
"""

import faulthandler
import os
import pickle
import resource
import signal
import sys
import traceback
from dataclasses import replace
from multiprocessing.connection import Connection

from fuzzing.of_itself import ITSELF
from fuzzing.target import SECONDS, WATCH, Target, Verdict

_ROOM = 256 * 2**20  # bytes
_SLOWER = float(os.environ.get("FUZZ_SLOWER", "1"))  # a machine of which nobody knows how fast it is, may be so much
_WARM = 30.0  # the first time something is imported, too


def main(descriptor: int) -> None:
    """Serve until the pipe is closed: the name of a target, and then an input for it."""
    faulthandler.enable()
    faulthandler.register(signal.SIGPROF, all_threads=False, chain=True)  # says where, and then dies of it
    warm: dict[str, Verdict] = {}
    with Connection(descriptor) as pipe:
        while True:
            try:
                target = _named(pipe.recv_bytes().decode())
                content = pipe.recv_bytes()
            except EOFError:
                return
            if target.name not in warm:
                resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                warm[target.name] = _warmed(target)
                room = _size() + _ROOM
                resource.setrlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))
            pipe.send_bytes(pickle.dumps(warm[target.name]))
            if not warm[target.name].trouble:
                pipe.send_bytes(pickle.dumps(_tried(target.reads, content, SECONDS * _SLOWER)))


def _named(name: str) -> Target:
    if name == ITSELF.name:
        return ITSELF
    from fuzzing.targets import TARGETS  # noqa: PLC0415  some seconds of imports

    return TARGETS[name]


def _warmed(target: Target) -> Verdict:
    """Let it read what it takes: what is imported and made once is no input's fault."""
    for seed in target.seeds:
        verdict = _tried(target.reads, seed, _WARM)
        if verdict.trouble:
            return replace(verdict, trouble=f"A seed is not read:\n{verdict.trouble}")
    return Verdict(taken=True, seconds=0, grown=0)


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
    main(int(sys.argv[1]))
