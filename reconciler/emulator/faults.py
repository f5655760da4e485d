"""Rules that tests set in; the fault that a request meets out: another status, a cut, a short body, a delay."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reconciler.emulator.errors import error_body
from reconciler.emulator.wire import Answer, Call

_ARM_PATH = r"/providers/Microsoft\.ApiManagement/"


class ConnectionCut(ConnectionError):
    """In process a cut connection comes out of the application as this; over TLS the socket is closed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request that a rule matches, and to which of the matches."""

    method: str = ".*"
    path: str = _ARM_PATH
    nth: int = 1  # the first match that is hit
    times: int | None = 1  # how many in a row are hit; None: all from there on
    status: int = 0  # answer this instead, without the effect
    code: str = "InternalServerError"
    message: str = "Request processing failed due to internal error."
    body: Any = None  # instead of code and message
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: Literal["", "before", "after"] = ""  # the connection, before or after the effect
    truncate: int | None = None  # send so many bytes of the true answer, then cut
    delay: float = 0.0  # seconds, before anything else

    def answer(self) -> Answer | None:
        if not self.status:
            return None
        body = error_body(self.code, self.message) if self.body is None else self.body
        return Answer(self.status, body, self.headers)


class Faults:
    """The rules in force, in the order they were set; the first that hits a request decides."""

    def __init__(self) -> None:
        self._rules: list[tuple[Fault, re.Pattern[str], re.Pattern[str]]] = []
        self._matches: list[int] = []

    def add(self, fault: Fault) -> None:
        """Set a rule: `method` must match whole, `path` anywhere in the decoded path, both without regard to case."""
        method, path = (re.compile(text, re.IGNORECASE) for text in (fault.method, fault.path))
        self._rules.append((fault, method, path))
        self._matches.append(0)

    def clear(self) -> None:
        self._rules.clear()
        self._matches.clear()

    def meet(self, call: Call) -> Fault | None:
        """Count the request with every rule that matches, and give the first that hits it."""
        hit = None
        for index, (fault, method, path) in enumerate(self._rules):
            if not (method.fullmatch(call.method) and path.search(call.path)):
                continue
            self._matches[index] += 1
            number = self._matches[index] - fault.nth
            if hit is None and number >= 0 and (fault.times is None or number < fault.times):
                hit = fault
        return hit
