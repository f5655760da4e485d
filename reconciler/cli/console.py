"""A stream in, a console out: colour and progress only on a terminal, so that files and pipes stay clean."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

_WIDE = 160


def out() -> Console:
    """What was asked for goes to standard output; into a pipe, tables take the room they need."""
    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _WIDE
    return Console(highlight=False, emoji=False, markup=False, width=width)


def err() -> Console:
    """Everything else goes to standard error."""
    return Console(stderr=True, highlight=False, emoji=False, markup=False)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator["Bar"]:
    """Show that something is going on, and how far it is."""
    with progresses({"": what}, {"": total} if total else {}) as bars:
        yield bars[""]


@contextmanager
def progresses(
    whats: Mapping[str, str], totals: Mapping[str, int], *, named: bool = False
) -> Iterator[Mapping[str, "Bar"]]:
    """Show several things that are going on, a line for each; `named` says which it is."""
    columns = [SpinnerColumn(), TextColumn("{task.description}")]
    counted = [BarColumn(), MofNCompleteColumn()] if totals else []
    noted = [TimeElapsedColumn(), TextColumn("{task.fields[note]}", style="dim")]
    with Progress(*columns, *counted, *noted, console=err(), transient=True, disable=not sys.stderr.isatty()) as shown:
        bars = {}
        for key, what in whats.items():
            name = f"{key}: " if named else ""
            bars[key] = Bar(shown, shown.add_task(f"{name}{what}", total=totals.get(key), note=""), name)
        yield bars


@contextmanager
def interruptible() -> Iterator[asyncio.Event]:
    """Let the first Ctrl-C finish what is running, and begin nothing more."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    here = sys.platform != "win32" and threading.current_thread() is threading.main_thread()
    if here:
        loop.add_signal_handler(signal.SIGINT, stop.set)
    try:
        yield stop
    finally:
        if here:
            loop.remove_signal_handler(signal.SIGINT)


class Bar:
    """One running task on the terminal."""

    def __init__(self, bar: Progress, task: TaskID, name: str) -> None:
        self._bar, self._task, self._name = bar, task, name

    def step(self, what: str) -> None:
        """Move on by one, and say what was just done."""
        self._bar.update(self._task, advance=1, description=f"{self._name}{what}")

    def note(self, text: str) -> None:
        """Say beside it how many requests that took, or what it waits for."""
        self._bar.update(self._task, note=text)
