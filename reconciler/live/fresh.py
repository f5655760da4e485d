"""How something is made in; what was made last, made anew when it has grown old, out: by one at a time."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.errors import ReconcilerError

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """The catalog's files, and all its entities as one list in JSON."""

    files: Mapping[str, bytes]
    entities: bytes

    @classmethod
    def of(cls, files: Mapping[str, bytes], entities: Iterable[Mapping[str, Any]]) -> "Made":
        """Make it."""
        return cls(files, json.dumps({"entities": list(entities)}, ensure_ascii=False).encode())


@dataclass
class Fresh:
    """Gives what is at most `seconds` old. What cannot be made anew is given as it was, and why is logged."""

    make: Callable[[], Awaitable[Made]]
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _made: Made | None = None
    _tried: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self) -> Made:
        """Give it. Raises ReconcilerError where it was never made."""
        if self._old():
            if self._made is not None and self._lock.locked():
                return self._made  # somebody makes it: nobody waits who can have the last one
            async with self._lock:
                if self._old():
                    await self._renew()
        if self._made is None:
            raise ReconcilerError("There is no catalog yet: the log says why.")
        return self._made

    def _old(self) -> bool:
        return self._made is None or self.clock() - self._tried >= self.seconds

    async def _renew(self) -> None:
        try:
            self._made = await self.make()
        except ReconcilerError as error:
            _LOG.error("The catalog could not be made anew: %s", error)
        self._tried = self.clock()


def etag(content: bytes) -> str:
    """Name a content."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'
