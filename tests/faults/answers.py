"""A stage in; each answer that Azure may give instead of its own, at the requests that it may be given to, out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from faults.stage import Stage
from faults.verdict import Verdict, verdict

_SOON = {"Retry-After": "7"}
_WRITES = "PUT|PATCH|DELETE|POST"
_RULES = "GET|HEAD|PUT|PATCH|DELETE|POST"


@dataclass(frozen=True)
class Answer:
    """A fault of the emulator, and the requests that may meet it."""

    rule: Mapping[str, Any]
    methods: str = _RULES
    lists: bool = False
    lasting: int | None = None  # requests in a row; None: all from there on


ANSWERS: Mapping[str, tuple[Answer, ...]] = {
    "429 Too Many Requests": (
        Answer({"status": 429, "code": "TooManyRequests", "headers": _SOON}),
        Answer({"status": 429, "code": "TooManyRequests"}),
    ),
    "408 Request Timeout": (Answer({"status": 408, "code": "RequestTimeout"}),),
    "500 Internal Server Error": (Answer({"status": 500}),),
    "502 Bad Gateway": (Answer({"status": 502, "body": "<html>Bad gateway</html>"}),),
    "503 Service Unavailable": (
        Answer({"status": 503, "code": "ServiceUnavailable", "headers": _SOON}),
        Answer({"status": 503, "code": "ServiceUnavailable"}),
    ),
    "504 Gateway Timeout": (Answer({"status": 504, "code": "GatewayTimeout"}),),
    "409 Conflict": (
        Answer({"status": 409, "code": "PessimisticConcurrencyConflict"}, _WRITES),
        Answer({"status": 409, "code": "Conflict"}, _WRITES),
    ),
    "412 Precondition Failed": (Answer({"status": 412, "code": "PreconditionFailed"}, _WRITES),),
    "connection reset before the effect": (Answer({"cut": "before"}),),
    "connection reset after the effect": (Answer({"cut": "after"}),),
    "half a body": (Answer({"truncate": 0}), Answer({"truncate": 25})),
    "rows of a list twice": (Answer({"repeat": True}, "GET", lists=True),),
    "rows of a list missing": (
        Answer({"omit": "row"}, "GET", lists=True),
        # a list that for good leaves out a row and does not count it is like the truth: nobody could tell
        Answer({"omit": "row and count"}, "GET", lists=True, lasting=2),
        Answer({"shift": 1}, "GET", lists=True),
        Answer({"status": 200, "body": {"value": [], "count": 0}}, "GET", lists=True, lasting=2),
    ),
    "an answer from before the newest write": (Answer({"stale": True}, "GET|HEAD"),),
}


def met(stage: Stage, name: str, *, each: int, part: int = 0, parts: int = 1) -> Iterator[Verdict]:
    """Let every so many-th request meet it once, and every request from there on. A list meets it at each request."""
    for number, answer in enumerate(ANSWERS[name]):
        places = _places(stage, answer)
        step = 1 if answer.lists else each
        for at in places[part + number :: step * parts]:
            yield _case(stage, answer, at, times=1)
        for at in places[part + number :: 4 * step * parts]:
            yield _case(stage, answer, at, times=answer.lasting)


def _places(stage: Stage, answer: Answer) -> list[int]:
    """Number the requests that match its method, as the emulator counts them."""
    asked = [path for method, path in stage.undisturbed.asked if re.fullmatch(answer.methods, method)]
    return [number for number, path in enumerate(asked, 1) if not answer.lists or _is_list(path)]


def _is_list(path: str) -> bool:
    """An even number of names below the service is an entity, an odd one its list."""
    return path.partition("/service/")[2].count("/") % 2 == 1


def _case(stage: Stage, answer: Answer, at: int, *, times: int | None) -> Verdict:
    stage.reset()
    stage.azure.fault(method=answer.methods, nth=at, times=times, **answer.rule)
    first = stage.run()
    lasting = {1: "once", None: "for good"}.get(times, f"{times} times")
    return verdict(stage, f"{answer.methods} {at} {lasting}", first)
