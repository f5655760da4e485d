"""A commit's message in; who approved it by its own trailers, `Approved-by:` and `Reviewed-by:`, out."""

import re
from typing import Final

_APPROVED: Final = re.compile(r"^(?:approved|reviewed)-by:[ \t]*([^<\n]*[^<\s])", re.IGNORECASE | re.MULTILINE)


def approved_in(message: str) -> tuple[str, ...]:
    """Name them, each once. It is the word of whoever wrote the message, and no more."""
    return tuple(dict.fromkeys(name.removeprefix("@") for name in _APPROVED.findall(message)))
