"""What is fuzzed: something that reads bytes of others, what it is given to read, and what it takes a second with."""

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

TAKEN, REFUSED = True, False
SECONDS = 1.0  # of the processor's time, for one reading of up to a hundred kilobytes
Large = Callable[[int], bytes]
"""A size in, about so many bytes that are the worst of their kind out."""


@dataclass(frozen=True)
class Target:
    """A reader. `reads` says whether it took the bytes or refused them as designed; whatever it raises is a mistake.

    `seeds` are taken, every one of them; `large` are inputs of which a hundred kilobytes may cost a second. Time is
    shared by `weight`.
    """

    name: str
    reads: Callable[[bytes], bool]
    inputs: st.SearchStrategy[bytes]
    seeds: tuple[bytes, ...]
    large: Mapping[str, Large] = field(default_factory=dict)
    weight: int = 1


def reader(read: Callable[[str], object], *designed: type[Exception]) -> Callable[[bytes], bool]:
    """Give what reads text, and refuses by these exceptions alone."""

    def reads(content: bytes) -> bool:
        try:
            read(content.decode(errors="replace"))
        except designed:
            return REFUSED
        return TAKEN

    return reads


def repeated(piece: str, *, before: str = "", after: str = "", closing: str = "") -> Large:
    """Write a piece as often as it fits; `{n}` in it is its number. `closing` is written as often again."""

    def write(size: int) -> bytes:
        room = size - len(before) - len(after)
        longest = len(piece.replace("{n}", str(room))) + len(closing)
        times = max(1, room // max(1, longest))
        pieces = "".join(piece.replace("{n}", str(number)) for number in range(times))
        return f"{before}{pieces}{closing * times}{after}".encode(errors="surrogatepass")

    return write


@dataclass(frozen=True)
class Verdict:
    """What became of one input: `trouble` is the traceback of what is no designed refusal. `grown` is in bytes."""

    taken: bool
    seconds: float
    grown: int
    trouble: str = ""


class Watch:
    """Kills this process where one reading takes too long. Where it is not started, as in tests, it does nothing."""

    def __init__(self) -> None:
        self.longest, self._begun, self._seconds = 0.0, 0.0, 0.0

    def start(self, seconds: float) -> None:
        self.longest, self._seconds = 0.0, seconds
        self._begin()

    def step(self) -> None:
        """Begin another reading."""
        if self._seconds:
            self.longest = max(self.longest, time.process_time() - self._begun)
            self._begin()

    def stop(self) -> None:
        self.step()
        self._seconds = 0.0
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _begin(self) -> None:
        self._begun = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, self._seconds)


WATCH = Watch()


def step() -> None:
    """Say that another reading begins, for which there is a second again."""
    WATCH.step()
