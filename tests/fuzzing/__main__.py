"""Seconds and names of targets in; what was tried, and each input that is a mistake with how to try it again, out.

make fuzz                          five minutes
make fuzz FUZZ=60                  a minute
make fuzz EXAMPLES=1000            so many inputs for each target, however long that takes
make fuzz TARGETS="yaml policy"    only these
make fuzz REPLAY=build/fuzz/...    one input again
"""

import argparse
import hashlib
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from fuzzing.mutating import LARGEST
from fuzzing.parent import Child, child
from fuzzing.regressions import REGRESSIONS
from fuzzing.target import Target, Verdict
from fuzzing.targets import TARGETS

_AT_ONCE = 200  # inputs that hypothesis makes in a row
_SHOWN = 300  # bytes of an input
_SHRINKS = 20  # seconds for making a mistake small
_PLACE = re.compile(r'File "([^"]+)", line (\d+)')
_FOLDER = Path("build", "fuzz")


@dataclass
class Tally:
    """What became of the inputs of one target."""

    name: str
    tried: int = 0
    taken: int = 0
    slowest: float = 0
    grown: int = 0
    failed: list[str] = field(default_factory=list)
    causes: set[str] = field(default_factory=set)

    def count(self, verdict: Verdict) -> None:
        self.tried += 1
        self.taken += verdict.taken
        self.slowest = max(self.slowest, verdict.seconds)
        self.grown = max(self.grown, verdict.grown)

    def fail(self, target: Target, content: bytes, trouble: str, name: str) -> None:
        self.causes.add(_cause(trouble))
        self.failed.append(_told(target, content, trouble, name))

    def __str__(self) -> str:
        """Give its row of the table."""
        wrong = f"{len(self.failed)} FAILED" if self.failed else "fine"
        cost = f"{self.slowest:>12.2f} s{self.grown / 2**20:>8.0f} MiB"
        return f"{self.name:24}{self.tried:>10,}{self.taken:>10,}{cost}  {wrong}"


def main() -> int:
    """Fuzz."""
    asked = _asked()
    if asked.replay is not None:
        return _replay(Path(asked.replay))
    chosen = [TARGETS[name] for name in asked.targets or TARGETS]
    print(f"{'target':24}{'tried':>10}{'taken':>10}{'slowest':>14}{'memory':>12}", flush=True)
    tallies = [Tally(target.name) for target in chosen]
    with child() as process:
        for target, tally in zip(chosen, tallies, strict=True):
            _think_up(target, process, tally)
        ends, left = time.monotonic() + asked.seconds, sum(target.weight for target in chosen)
        for target, tally in zip(chosen, tallies, strict=True):
            share = max(1.0, ends - time.monotonic()) * target.weight / left
            left -= target.weight
            if asked.steady:
                found = _found(target, process, tally, asked.steady, ends=None, steady=True)
                if found:
                    tally.fail(target, *found, "generated")
            else:
                _generate(target, process, tally, time.monotonic() + share, asked.examples)
            print(tally, flush=True)
    failed = [each for tally in tallies for each in tally.failed]
    print(f"{sum(tally.tried for tally in tallies):,} inputs were tried, {len(failed)} of them failed.")
    for text in failed:
        print(f"\n{text}")
    return bool(failed)


def _think_up(target: Target, process: Child, tally: Tally) -> None:
    """Try what is large, and what was a mistake once."""
    large = ((f"{name}, in large", write(LARGEST)) for name, write in target.large.items())
    known = ((name, content) for name, (of, content) in REGRESSIONS.items() if of == target.name)
    for name, content in (*large, *known):
        verdict = process.tried(target.name, content)
        tally.count(verdict)
        if verdict.trouble:
            tally.fail(target, content, verdict.trouble, name)


def _generate(target: Target, process: Child, tally: Tally, ends: float, examples: int | None) -> None:
    """Try what hypothesis makes, until time is up or so many were tried."""
    left = examples or sys.maxsize
    while left > 0 and (examples or time.monotonic() < ends):
        found = _found(target, process, tally, min(_AT_ONCE, left), ends=None if examples else ends)
        left -= _AT_ONCE
        if found:
            tally.fail(target, *found, "generated")


def _found(
    target: Target, process: Child, tally: Tally, examples: int, *, ends: float | None, steady: bool = False
) -> tuple[bytes, str] | None:
    """Give the smallest input that hypothesis finds of a mistake that is not known yet."""
    found: list[tuple[bytes, str]] = []

    @settings(
        max_examples=examples,
        derandomize=steady,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def attempt(content: bytes) -> None:
        if ends is not None and time.monotonic() > ends + _SHRINKS * bool(found):
            return
        verdict = process.tried(target.name, content)
        tally.count(verdict)
        if verdict.trouble and (cause := _cause(verdict.trouble)) not in tally.causes:
            if not found or cause == _cause(found[0][1]):
                found.append((content, verdict.trouble))
            raise AssertionError(verdict.trouble)

    try:
        attempt()
    except Exception:
        if not found:
            raise
    return min(found, key=lambda each: len(each[0]), default=None)


def _cause(trouble: str) -> str:
    """Tell one mistake from another: by the line it comes of, and the kind of the exception."""
    places = _PLACE.findall(trouble)
    ours = [each for each in places if "/reconciler/" in each[0]] or places
    return f"{trouble.splitlines()[0][:30]} {ours[-1:]} {trouble.rstrip().splitlines()[-1].partition(':')[0]}"


def _told(target: Target, content: bytes, trouble: str, name: str) -> str:
    """Keep the input, and say how it is tried again."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(content).hexdigest()[:12]
    path = _FOLDER / f"{target.name.replace(' ', '-')}-{digest}"
    path.write_bytes(target.name.encode() + b"\n" + content)
    cut = "..." if len(content) > _SHOWN else ""
    return (
        f"FAILED {target.name}, {name}: {len(content):,} bytes\n  {content[:_SHOWN]!r}{cut}\n"
        f"{trouble.rstrip()}\nAgain: make fuzz REPLAY={path}"
    )


def _replay(path: Path) -> int:
    name, _, content = path.read_bytes().partition(b"\n")
    with child() as process:
        verdict = process.tried(name.decode(), content)
    print(verdict.trouble or f"Fine: {'taken' if verdict.taken else 'refused'} in {verdict.seconds:.2f} s.")
    return bool(verdict.trouble)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--examples", type=int)
    parser.add_argument("--steady", type=int, metavar="N", help="the same N inputs for each target, each time")
    parser.add_argument("--replay", metavar="FILE")
    asked = parser.parse_args()
    if strange := set(asked.targets) - TARGETS.keys():
        parser.error(f"there is no target {', '.join(sorted(strange))}; there are: {', '.join(TARGETS)}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
