"""Text that other people wrote in; whether something in it looks like a key, and the same without that, out."""

import re
from typing import Final

_KEYS: Final = (
    re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # a token
    re.compile(r"\b(?:gh[pousr]_|github_pat_)\w{16,}"),
    re.compile(r"(?<![\w-])[0-9a-fA-F]{32}(?![\w-])"),  # as the keys of a subscription are
    re.compile(r"(?<![\w+/])[\w+/]{86}=="),  # as those of storage are
    re.compile(r"\b[Bb]earer +[\w.~+/-]{16,}=*"),
    re.compile(r"\b[Bb]asic +(?=[A-Za-z+/]*[0-9+/=])[\w+/]{8,}=*"),
    re.compile(  # not where it is filled in: `{{a-named-value}}`, an expression
        r"(?i)\b(?:subscription-key|accountkey|sharedaccesskey|client_secret|password|sig)=(?![{@$])[^\s\"'&;,]{6,}"
    ),
)
_HIDDEN: Final = "(hidden: it looks like a key)"


def holds_key(text: str) -> bool:
    """Whether something in a text looks like a key. A word that somebody chose for a password looks like none."""
    return any(key.search(text) for key in _KEYS)


def without_keys(text: str) -> str:
    """Give the text with what looks like a key left out."""
    for key in _KEYS:
        text = key.sub(_HIDDEN, text)
    return text
