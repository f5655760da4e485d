"""The command line in; what it takes to start, beside the two libraries that it cannot do without, as rows, out."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.estate import DAY, estate, write
from bench.rows import Row, ratios
from bench.sizes import SIZES

_BARE = ("-c", "import pydantic, ruamel.yaml")
_USED = ("-c", "import pydantic, ruamel.yaml; pydantic.BaseModel")  # until then pydantic has not loaded itself
_IMPORTED = "import runpy, sys\ntry: runpy.run_module('reconciler', run_name='__main__')\nfinally: print(*sys.modules)"
_MOST = 3.0


def measure(repeat: int) -> list[Row]:
    """Start each in turn, again and again."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        write(estate(SIZES["S"], seed=7), Path(folder))
        access = str(Path(folder) / "access")
        verbs = {"--help": ("--help",), "validate S": ("validate", "--access", access, "--as-of", str(DAY))}
        commands = {"bare": _BARE, "used": _USED} | {name: ("-m", "reconciler", *each) for name, each in verbs.items()}
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(repeat * 3):  # a start is short, and noise is not
            for name, arguments in commands.items():
                seconds[name].append(_started(*arguments))
        azure = {name: _azure(arguments) for name, arguments in verbs.items()}
    return [
        *(row for name in verbs for row in _rows(name, seconds)),
        *(Row(f"{name}: modules of azure", (count,), most=0) for name, count in azure.items()),
    ]


def _rows(name: str, seconds: Mapping[str, list[float]]) -> Iterator[Row]:
    used, bare = (" ".join(command[1:]) for command in (_USED, _BARE))
    yield Row(f"{name}: start", ratios(seconds[name], seconds["used"]), "x", most=_MOST, note=f"x python -c '{used}'")
    yield Row(
        f"{name}: start, of bare imports", ratios(seconds[name], seconds["bare"]), "x", note=f"x python -c '{bare}'"
    )


def _started(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603  our own
    return time.perf_counter() - began


def _azure(arguments: tuple[str, ...]) -> int:
    done = subprocess.run(  # noqa: S603  as above
        [sys.executable, "-c", _IMPORTED, *arguments], check=True, capture_output=True, text=True
    )
    return sum(each == "azure" or each.startswith("azure.") for each in done.stdout.rpartition("\n")[2].split())
