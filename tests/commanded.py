"""Arguments in; how the command line ended, in this process or in one of its own, and what it said, out."""

import json
import sys
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
            return int(ended.code or 0)

    return call
