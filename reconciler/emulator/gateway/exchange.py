"""One call on its way through the policies: what was asked, who asks, what has been said so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator.gateway.admission import Admitted
from reconciler.emulator.gateway.counters import Counters
from reconciler.emulator.gateway.journal import Event
from reconciler.emulator.gateway.messages import Headers, Request, Response
from reconciler.emulator.gateway.refusals import Refused
from reconciler.emulator.service import Service
from reconciler.emulator.signing import Signer


@dataclass(slots=True)
class Exchange:
    """What policies read and change. `late` runs when all else is done, as counters with conditions do."""

    service: Service
    request: Request
    signer: Signer
    counters: Counters
    now: float
    admitted: Admitted
    response: Response = field(default_factory=Response)
    variables: dict[str, Any] = field(default_factory=dict)
    section: str = "inbound"
    error: Refused | None = None
    added: Headers = field(default_factory=Headers)  # to the answer, whatever becomes of the call
    late: list[Callable[[], None]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    counted: set[tuple[str, str]] = field(default_factory=set)  # counters that this call went up already

    def is_inbound(self) -> bool:
        """Whether a message policy changes the request here, or else the response."""
        return self.section in {"inbound", "backend"}
