"""Every way this tool fails, as one tree by who has to act; each carries the exit code of its command.

ReconcilerError
├── DeclarationError   the author of the YAML          exit 3
├── Refused            the reviewer and the pipeline   exit 4
│   ├── UnsafePlan
│   ├── StalePlan
│   └── NotApproved
├── GitHubError        the operator                    exit 5
└── AzureError         the operator                    exit 5
    ├── AccessDenied
    ├── NotFound
    ├── Conflict
    ├── Throttled
    └── Unavailable
"""

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

FINE = 0
SOME_FAILED = 1
WRONG_USAGE = 2
INVALID = 3
REFUSED = 4
AZURE = 5
SOMETHING_TO_DO = 10
INTERRUPTED = 130
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_STAYS = "What was done in Azure stays done; the next run finds it so."


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in the declarations: where it stands, what is wrong, a way out. Lines and columns count from 1."""

    path: str
    line: int
    column: int
    message: str
    hint: str = ""
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """Give `file:line:column: message (hint)`, the form editors and terminals turn into a link."""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{printable(self.path)}:{self.line}:{self.column}: {printable(self.message)}{printable(hint)}"


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Leave the warnings out: they are said, and stop nothing."""
    return tuple(problem for problem in problems if problem.level == "error")


def printable(text: str) -> str:
    """Escape what could end the line or steer the terminal: file names and YAML values come from anybody."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def worst(codes: Iterable[int]) -> int:
    """Give the exit code of a run whose parts ended each by itself: the highest; 10 where nothing else is wrong."""
    ends = set(codes)
    return max(ends - {SOMETHING_TO_DO}, default=FINE) or max(ends, default=FINE)


def ended_by(error: Exception) -> tuple[int, tuple[str, ...]]:
    """Give the exit code of what failed, and the lines that say why."""
    if isinstance(error, DeclarationError):
        number = len(error.problems)
        return error.exit_code, (
            *map(str, error.problems),
            f"{number} problem{'s' * (number != 1)}. Nothing was written.",
        )
    if isinstance(error, ReconcilerError):
        return error.exit_code, (str(error),)
    if isinstance(error, OSError) and error.filename:
        return WRONG_USAGE, (f"{error.filename}: {error.strerror}. Name another place, or make this one.",)
    if isinstance(error, OSError) and error.errno in _FULL:
        return SOME_FAILED, (f"{error.strerror}: not all could be written here. Make room, and run again.", _STAYS)
    said = f"A mistake in reconciler itself: {type(error).__name__}: {printable(str(error))}"
    return SOME_FAILED, (said, "RECONCILER_DEBUG=1 shows where.")


class ReconcilerError(Exception):
    """The root: its text is what the user reads."""

    exit_code: ClassVar[int] = SOME_FAILED


class DeclarationError(ReconcilerError):
    """The declarations are invalid. `problems` holds every mistake of every file, in the order of files and lines."""

    exit_code = INVALID

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class Refused(ReconcilerError):
    """What was asked for is not done without somebody's decision."""

    exit_code = REFUSED


class UnsafePlan(Refused):
    """The plan removes more than the environment's limits allow."""


class StalePlan(Refused):
    """The plan that was reviewed is not the plan that would be applied."""


class NotApproved(Refused):
    """Somebody who must approve has not, or nobody can know whose request it is."""


class GitHubError(ReconcilerError):
    """GitHub was not reached, or does not allow what was asked."""

    exit_code = AZURE


class AzureError(ReconcilerError):
    """Azure did not do what was asked: `doing` says what was being done to what; the rest is Azure's."""

    exit_code = AZURE
    advice: ClassVar[str] = ""

    def __init__(self, doing: str, *, status: int = 0, code: str = "", detail: str = "", request_id: str = "") -> None:
        self.doing, self.status, self.code, self.detail, self.request_id = doing, status, code, detail, request_id
        answer = " ".join(filter(None, [str(status or ""), code]))
        text = ": ".join(filter(None, [doing, answer, printable(detail)]))
        if request_id:
            text += f" (request id {request_id})"
        super().__init__(f"{text}. {self.advice}".rstrip(". ") + ".")


class AccessDenied(AzureError):
    """401 or 403, or no credential at all."""

    advice = "Log in (`az login`) or give this identity the role printed by `reconciler permissions`"


class NotFound(AzureError):
    """404: the thing, or the whole service, is not there."""


class Conflict(AzureError):
    """409 or 412: somebody else is writing, or has written since we read."""

    advice = "Somebody else changed it at the same time; run again"


class Throttled(AzureError):
    """429, after the retries that Azure asked for."""

    advice = "Azure limits requests of this identity; run again in a few minutes"


class Unavailable(AzureError):
    """No whole answer: not reached, cut off, 5xx, or fewer rows than announced."""

    advice = "Nothing was decided on what was not read; run again"
