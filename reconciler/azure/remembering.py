"""A session in; what its service remembers of the last apply out, and written back where nobody else wrote since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reconciler.azure.session import Session
from reconciler.errors import Conflict
from reconciler.memory import NAME, Applied, Unreliable, decode, encode

_PATH = f"namedValues/{NAME}"
_TRIES = 5


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


def following(applied: Applied, **changes: Any) -> Applied:
    """Give what is remembered next: it says when, and names what was remembered before it."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return applied.model_copy(update={"when": now, "before": applied.digest, **changes})


async def amend(session: Session, change: Callable[[Applied], Applied]) -> Remembered:
    """Change what is remembered, whoever else writes at the same time; where nothing is, nothing becomes of it."""
    for _ in range(_TRIES):
        before = await recall(session)
        if before.applied is None or (after := change(before.applied)) == before.applied:
            return before
        try:
            return await remember(session, after, before)
        except Conflict:
            await session.pause()
    raise Conflict("remembering what is cut off", detail="others write all the time")
