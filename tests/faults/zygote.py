"""Command lines in, processes that run the tool with everything imported already, and how they ended, out.

A process that this tool starts as takes most of a second to import Azure's client. One process does so once and forks
for each run: what is killed is a process of its own, with its own connections, files and memory.
"""

import os
import signal
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from mmap import mmap
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

_IMPORTED = (  # what an apply imports as it comes to it
    "reconciler.__main__",
    "reconciler.cli.run",
    "reconciler.apply",
    "reconciler.azure.remembering",
    "reconciler.azure.scoped_reading",
    "reconciler.azure.session",
    "reconciler.azure.writing",
    "reconciler.converge.walk",
    "reconciler.guard",
    "reconciler.report.render",
    "reconciler.report.text",
    "azure.core.pipeline.transport._aiohttp",
    "azure.identity.aio",
    "git",
)
_PATIENCE = 60.0  # seconds, after which a process hangs
_HANGS = 124


@dataclass(frozen=True)
class Order:
    """A run: arguments, where, and where its words go."""

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    said: str | os.PathLike[str] = os.devnull


@dataclass
class Zygote:
    """One process at a time. Make it before there are threads: a fork takes along only the one that forks."""

    ahead: mmap = field(default_factory=lambda: mmap(-1, 8))  # seconds that the clock of a run goes ahead, as it runs
    pid: int = 0  # of the run that goes on

    def __post_init__(self) -> None:
        self._line, there = Pipe()
        self._process = os.fork()
        if not self._process:
            self._line.close()
            _serve(there, self.ahead)
        there.close()
        self.step(0)

    def start(self, order: Order) -> int:
        """Begin a run."""
        self._line.send(order)
        self.pid = self._line.recv()
        return self.pid

    def wait(self) -> int:
        """Give its exit code, or minus the signal that ended it."""
        hangs = not self._line.poll(_PATIENCE)
        if hangs:
            os.kill(self.pid, signal.SIGKILL)
        code = self._line.recv()
        self.pid = 0
        return _HANGS if hangs else int(code)

    def run(self, order: Order) -> int:
        self.start(order)
        return self.wait()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the run a signal, as soon as it is known who that is."""
        while not self.pid:
            time.sleep(0.001)
        os.kill(self.pid, number)

    def step(self, seconds: float) -> None:
        """Set the clock of runs, of the one that goes on, too."""
        self.ahead[:8] = struct.pack("d", seconds)

    def close(self) -> None:
        self._line.close()
        os.waitpid(self._process, 0)


def _serve(line: Connection, ahead: mmap) -> NoReturn:
    for module in _IMPORTED:
        import_module(module)
    with suppress(EOFError, BrokenPipeError):
        while True:
            order: Order = line.recv()
            child = os.fork()
            if not child:
                _become(order, ahead)
            line.send(child)
            _, status = os.waitpid(child, 0)
            line.send(os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(order: Order, ahead: mmap) -> NoReturn:
    """Be the run."""
    from reconciler.__main__ import main  # noqa: PLC0415  imported by now

    code = 1
    try:
        os.chdir(order.folder)
        os.environ.update(order.environment)
        told = os.open(order.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(told, 1)
        os.dup2(told, 2)
        real = time.time
        time.time = lambda: real() + struct.unpack("d", ahead[:8])[0]
        sys.argv = ["reconciler", *order.arguments]
        main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(code)
