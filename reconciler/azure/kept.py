"""Pages as they are read in, the same pages out again to a run that follows one which was stopped.

They lie in a file that only its owner can read, in the user's cache: lists hold names and mail addresses, never keys.
But the text of a policy may hold whatever somebody wrote into it, and is not kept.
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from platformdirs import user_cache_path
from pydantic import TypeAdapter, ValidationError

_POLICIES = ("policyFragments", "allPolicies", "policies")
FRESH = 3600  # seconds: later, what was read says too little about what is there

Page = Mapping[str, Any]
_BEGUN: TypeAdapter[float] = TypeAdapter(float)
_PAGE: TypeAdapter[tuple[str, dict[str, Any]]] = TypeAdapter(tuple[str, dict[str, Any]])


class KeptPages:
    """The pages of one service. Leaving the block without an exception forgets them: they have served."""

    def __init__(self, service: str, *, folder: Path | None = None) -> None:
        name = hashlib.sha256(service.lower().encode()).hexdigest()[:16]
        self._path = (folder or user_cache_path("reconciler")) / f"{name}.pages"
        self._pages: dict[str, Page] = {}

    def __len__(self) -> int:
        return len(self._pages)

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        now = time.time()
        lines: list[Any] = _lines(self._path) if self._path.exists() else [now]
        begun, *pages = lines
        if not 0 <= now - begun <= FRESH:
            begun, pages = now, []
        self._pages = dict(pages)
        # written anew: a line that was cut short must not have another line behind it
        self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
        for line in (begun, *pages):
            self._write(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None:
            self._path.unlink(missing_ok=True)

    def take(self, key: str) -> Page | None:
        """Give the page of an address, once: who asks again wants it from Azure."""
        return self._pages.pop(key, None)

    def keep(self, key: str, page: Page) -> None:
        """Write a page down, so that it outlives this process."""
        if not (key.startswith(_POLICIES) or self._file.closed):  # a page that was under way when another one failed
            self._write((key, page))

    def _write(self, line: Any) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()


def _lines(path: Path) -> list[Any]:
    """Give when the reading began, and each page with its address; nothing of a file that is not ours."""
    lines: list[Any] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                lines.append(_BEGUN.validate_json(line) if not lines else _PAGE.validate_json(line))
            except ValidationError:
                break  # cut short, as the run was, or another's
    return lines or [0.0]
