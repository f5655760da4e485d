"""An answer whose body has not been read in; the whole of it out, or an error where there is too much, or no text."""

from typing import Any

from reconciler.errors import Unavailable


class TooLarge(Unavailable):
    """More came than anybody wants to read."""


async def whole(response: Any, largest: int, doing: str) -> bytes:
    """Read a body part by part, and stop where it grows too large."""
    parts, size = [], 0
    async for part in response.iter_bytes():
        size += len(part)
        if size > largest:
            await response.close()
            raise TooLarge(doing, detail=f"it is larger than {largest // 2**20} MiB")
        parts.append(part)
    return b"".join(parts)


def decoded(content: bytes, doing: str) -> str:
    """Take bytes for UTF-8, as all of Azure's definitions are."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unavailable(doing, detail="it is not UTF-8") from error
