"""A session in; what its service remembers of the last apply out, and written back where nobody else wrote since."""

from dataclasses import dataclass

from reconciler.azure.session import Session
from reconciler.memory import NAME, Applied, Unreliable, decode, encode

_PATH = f"namedValues/{NAME}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """`applied`, or why there is none: `trouble`. The ETag is that of the named value, empty where there is none."""

    applied: Applied | None
    trouble: str = ""
    etag: str = ""


async def recall(session: Session) -> Remembered:
    """Read what the service remembers. What is not reliable is no memory, and says why."""
    found = await session.get(_PATH, "reading what was applied last")
    if found is None:
        return Remembered(None, "nothing is remembered there")
    try:
        text = (found.row.get("properties") or {}).get("value") or ""
        return Remembered(decode(text, service=session.service), etag=found.etag)
    except Unreliable as error:
        return Remembered(None, str(error), found.etag)


async def remember(session: Session, applied: Applied, before: Remembered) -> Remembered:
    """Write down what was applied. Raises Conflict where somebody else has written since `before` was read."""
    doing = "remembering what was applied"
    properties = {"displayName": NAME, "value": encode(applied), "secret": False}
    await session.put(_PATH, properties, doing, etag=before.etag)
    found = await session.get(_PATH, doing)
    return Remembered(applied, etag=found.etag if found else "")
