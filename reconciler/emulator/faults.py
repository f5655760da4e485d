"""Rules that tests set in; the fault that a request meets out: another status, a cut, a wrong page, an old answer."""

import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, Literal

from pydantic import ConfigDict

from reconciler.emulator.errors import error_body
from reconciler.emulator.wire import Answer, Call

_ARM_PATH = r"/providers/Microsoft\.ApiManagement/"


class ConnectionCut(ConnectionError):
    """In process a cut connection comes out of the application as this; over TLS the socket is closed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request that a rule matches, and to which of the matches."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

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
    shift: int = 0  # a list begins so many rows late: the wrong page, a row left out
    repeat: bool = False  # the last row of a page comes twice
    omit: Literal["", "row", "row and count"] = ""  # the last row of a page does not come, and may not be counted
    pause: float = 0.0  # seconds in the middle of the answer's body
    stale: bool = False  # a read shows what was there before the newest write

    def answer(self) -> Answer | None:
        if not self.status:
            return None
        body = error_body(self.code, self.message) if self.body is None else self.body
        return Answer(self.status, body, self.headers)

    def asked(self, call: Call) -> Call:
        """Give the request as the answer will understand it."""
        if not self.shift or call.method != "GET":
            return call
        skip = call.query.get("$skip", "0")
        begin = max(0, int(skip) + self.shift) if skip.isdigit() else 0
        return replace(call, query={**call.query, "$skip": str(begin)})

    def told(self, answer: Answer) -> Answer:
        """Give the answer as it leaves."""
        rows = answer.body.get("value") if isinstance(answer.body, dict) else None
        if not isinstance(rows, list) or not rows or not (self.repeat or self.omit):
            return answer
        told = {**answer.body, "value": [*rows, rows[-1]] if self.repeat else rows[:-1]}
        if self.omit == "row and count" and isinstance(told.get("count"), int):
            told["count"] -= 1
        return replace(answer, body=told)


WEATHER: Final = (
    Fault(status=500),
    Fault(status=503),
    Fault(status=429, code="TooManyRequests", headers={"Retry-After": "0"}),
    Fault(status=409, code="PessimisticConcurrencyConflict", message="Operation on the API is in progress"),
    Fault(cut="before"),
    Fault(cut="after"),
    Fault(truncate=20),
)
"""What passes by itself, and what a storm is made of."""


@dataclass(frozen=True, slots=True)
class Storm:
    """Faults drawn by a seed: the same request, the same number of times asked, meets the same fault in every run."""

    seed: int
    share: float
    faults: tuple[Fault, ...]

    def meet(self, call: Call, number: int) -> Fault | None:
        draw = random.Random(f"{self.seed} {call.method} {call.path} {number}")  # noqa: S311  weather, no secret
        return draw.choice(self.faults) if draw.random() < self.share else None


class Faults:
    """The rules in force, in the order they were set; the first that hits a request decides, and then the storm."""

    def __init__(self) -> None:
        self._rules: list[tuple[Fault, re.Pattern[str], re.Pattern[str]]] = []
        self._matches: list[int] = []
        self._storm: Storm | None = None
        self._asked: Counter[tuple[str, str]] = Counter()

    def add(self, fault: Fault) -> None:
        """Set a rule: `method` must match whole, `path` anywhere in the decoded path, both without regard to case."""
        method, path = (re.compile(text, re.IGNORECASE) for text in (fault.method, fault.path))
        self._rules.append((fault, method, path))
        self._matches.append(0)

    def brew(self, storm: Storm) -> None:
        """Let a storm rage over Resource Manager until the faults are cleared."""
        self._storm = storm
        self._asked.clear()

    def clear(self) -> None:
        self._rules.clear()
        self._matches.clear()
        self._storm = None

    def may_have_put(self, status: int) -> bool:
        """Whether an answer of this status may be a fault's, in the place of Azure's."""
        faults = [fault for fault, _, _ in self._rules] + list(self._storm.faults if self._storm else ())
        return any(fault.status == status for fault in faults)

    @property
    def look_back(self) -> bool:
        """Whether a rule may ask what was there before the newest write."""
        return any(fault.stale for fault, _, _ in self._rules)

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
        return hit or self._weather(call)

    def _weather(self, call: Call) -> Fault | None:
        if self._storm is None or not re.search(_ARM_PATH, call.path, re.IGNORECASE):
            return None
        self._asked[call.method, call.path] += 1
        return self._storm.meet(call, self._asked[call.method, call.path])
