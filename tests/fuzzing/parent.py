"""Inputs in; what became of each in another process out, and a new process wherever an input killed the last."""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from fuzzing.target import Verdict

_TESTS = str(Path(__file__).parents[1])
_PATIENCE = 60  # seconds of the clock: for what sleeps, and takes no time of the processor's
_KILLED_BY = {
    -signal.SIGPROF: "It took more than a second of the processor's time:",
    -signal.SIGSEGV: "It crashed the process:",
    -signal.SIGABRT: "It aborted the process:",
    -signal.SIGKILL: "It was killed: no answer came in a minute.",
}


class Child:
    """A process that outlives no mistake."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed with the rest

    def tried(self, target: str, content: bytes) -> Verdict:
        """Let a target read an input."""
        if self._pipe is None:
            self._start()
        assert self._pipe is not None
        try:
            self._pipe.send_bytes(target.encode())
            self._pipe.send_bytes(content)
        except BrokenPipeError:
            return self._dead()
        ready = self._answer()
        return ready if ready.trouble else self._answer()

    def close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._said.close()

    def _start(self) -> None:
        ours, theirs = Pipe()
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "fuzzing.child", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stderr=self._said,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": _TESTS},
        )
        theirs.close()
        self._pipe = ours

    def _answer(self) -> Verdict:
        assert self._pipe is not None
        try:
            if self._pipe.poll(_PATIENCE):
                verdict: Verdict = pickle.loads(self._pipe.recv_bytes())  # noqa: S301  of our own child
                return verdict
        except (EOFError, ConnectionResetError):
            pass
        return self._dead()

    def _dead(self) -> Verdict:
        """Say what of; the next input is read by another process."""
        assert self._process is not None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        try:
            code = self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._process = None
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")
        self._said.seek(0)
        self._said.truncate()
        because = _KILLED_BY.get(code, f"The process ended by itself, with {code}:")
        return Verdict(taken=False, seconds=0, grown=0, trouble=f"{because}\n{said[-4000:]}")


@contextmanager
def child() -> Iterator[Child]:
    """Have one, and end it."""
    made = Child()
    try:
        yield made
    finally:
        made.close()
