"""Arguments in; how the command line ended, in this process or in one of its own, and what it said, out."""

import gc
import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from reconciler.__main__ import main


@dataclass(frozen=True)
class Said:
    """How a process of its own ended, and both its streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def in_process(monkeypatch: pytest.MonkeyPatch, *always: str) -> Callable[..., int]:
    """Give the command line in this process: it takes arguments, after those that are always there, and exits."""

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["reconciler", *always, *arguments])
        try:
            return int(main() or 0)  # type: ignore[func-returns-value]
        except SystemExit as ended:
            if ended.code in _GIVEN_UP:
                _as_at_the_end_of_a_process()
            return int(ended.code or 0)

    return call


_GIVEN_UP = {1, 5}


def _as_at_the_end_of_a_process() -> None:
    """Let go of what the system takes back from a process that ends.

    A request that is given up before its TLS begins leaves its socket open: asyncio closes none whose protocol was not
    told yet that it is connected (`SSLProtocol._start_shutdown` returns where its state is `UNWRAPPED`).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
