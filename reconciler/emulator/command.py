"""What `reconciler emulate` was asked for in; a local Azure that runs until SIGINT or SIGTERM out."""

import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from reconciler.emulator.azure import Azure
from reconciler.emulator.log import Entry
from reconciler.emulator.seed_file import plant
from reconciler.emulator.server import serve
from reconciler.emulator.settings import Settings
from reconciler.emulator.state_file import load, save

_SAVE_EVERY = 0.2


def run(
    *,
    port: int,
    seed: Path | None = None,
    state: Path | None = None,
    env: Path | None = None,
    throttle: bool = False,
    latency_ms: float = 0,
    log: bool = False,
) -> None:
    """Serve on loopback until told to stop, by a signal to the main thread.

    A state file that exists wins over the seed: the seed is how it began. Raises SeedError, and OSError for the port.
    """
    azure = Azure(Settings(throttle=throttle, latency=latency_ms / 1000))
    if state is not None and state.exists():
        load(azure, state)
    elif seed is not None:
        plant(azure, seed)
    if log:
        azure.log.echo = _print
    with _told_to_stop() as stop, serve(azure, port=port) as running:
        print("\n".join(f"export {line}" for line in _lines(running.environment)), flush=True)  # noqa: T201
        if env is not None:
            env.write_text("".join(f"{line}\n" for line in _lines(running.environment)))
        _wait(azure, stop, state)


def _wait(azure: Azure, stop: threading.Event, state: Path | None) -> None:
    """Save soon after a change, and once more at the end."""
    if state is None:
        stop.wait()
        return
    saved = -1
    try:
        while not stop.wait(_SAVE_EVERY):
            saved = _saved(azure, state, saved)
    finally:
        _saved(azure, state, saved)


def _saved(azure: Azure, state: Path, saved: int) -> int:
    changes = azure.changes
    if changes != saved:
        save(azure, state)
    return changes


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Turn SIGINT and SIGTERM into an event, for as long as the block lasts."""
    stop = threading.Event()

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    earlier = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _lines(environment: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in environment.items()]


def _print(entry: Entry) -> None:
    sys.stdout.write(f"{entry}\n")
    sys.stdout.flush()
