"""Why a call ends before the backend answered, as exceptions: refused, answered by a policy, or not known here."""

from collections.abc import Mapping

from reconciler.emulator.gateway.messages import Response

INTERNAL = "Internal server error"  # what a caller is told of an error that is the service's own


class Refused(Exception):
    """An error of the pipeline: what `context.LastError` shows, and the status and text for the caller."""

    def __init__(
        self,
        status: int,
        source: str,
        reason: str,
        message: str,
        *,
        told: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{source}: {reason}: {message}")
        self.status, self.source, self.reason, self.message = status, source, reason, message
        self.told = message if told is None else told
        self.headers = headers or {}
        self.scope = self.section = self.path = self.policy_id = ""


class Returned(Exception):
    """A policy gave the answer: the rest of the pipeline is cancelled."""

    def __init__(self, response: Response) -> None:
        super().__init__(str(response.status))
        self.response = response


class NotKnown(Exception):
    """A policy, an attribute or an expression that this gateway does not know: it says so rather than guess."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what, self.place = what, ""


class EvaluationFailed(Exception):
    """A C# expression that would throw, such as for a member of null."""
