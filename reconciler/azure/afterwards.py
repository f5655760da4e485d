"""A write, and a look at what is missing of it, in; the write's request id out: what counts is what Azure says then.

Azure has dropped parts of what it accepted (azurerm #24968). A read may be answered by what does not know of the write
yet, so it is asked again after a moment.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from reconciler.azure.session import Session
from reconciler.errors import AzureError, Conflict, Unavailable

LOOKS: Final = 3
Missing = Callable[[], Awaitable[str]]
"""Says what is not as it was written, after `Azure accepted it`; nothing where all is."""


async def sent(write: Awaitable[str], missing: Missing) -> str:
    """Send it, and give its request id; also where its answer was lost, and a second try met the ETag of the first."""
    try:
        return await write
    except (Conflict, Unavailable) as refused:
        try:
            lost = await missing()
        except AzureError:
            raise refused from None
        if lost:
            raise
        return refused.request_id


async def read_back(session: Session, missing: Missing, doing: str) -> None:
    """Be sure that it is there. Raises AzureError where it is not, however often it is looked at."""
    for look in range(LOOKS):
        if look:
            await session.pause()
        lost = await missing()
        if not lost:
            return
    raise AzureError(doing, detail=f"Azure accepted it {lost}")
