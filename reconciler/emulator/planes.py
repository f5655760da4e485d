"""A request beside Resource Manager in, who answers it out: sign-in, managed identities, Graph and Key Vault.

Each of these has its own paths or host, its own errors and its own place in the access log.
"""

from collections.abc import Callable, Sequence

from reconciler.emulator.azure import Azure
from reconciler.emulator.log import Plane
from reconciler.emulator.wire import Answer, Call

Reply = tuple[str, Answer]  # the client id, where the request showed one, and what goes back
Handler = Callable[[], Reply]
Door = tuple[Plane, Callable[[Call, Azure], Handler | None]]


def find(call: Call, azure: Azure, doors: Sequence[Door]) -> tuple[Plane, Handler] | None:
    """Find who answers; None means Resource Manager. Nothing is done before the handler is called."""
    for plane, door in doors:
        handler = door(call, azure)
        if handler is not None:
            return plane, handler
    return None
