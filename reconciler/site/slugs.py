"""A name that anybody may have written in; a name of a file that every system takes, and no other name gets, out."""

import hashlib
import re
from typing import Final

_LONGEST: Final = 60
_OTHER: Final = re.compile(r"[^a-z0-9._-]+")
_WINDOWS: Final = frozenset({"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10))})


def slug(name: str) -> str:
    """Give the name itself where it is plain; else what is plain of it, and a digest that tells it from all others."""
    plain = _OTHER.sub("-", name.lower()).strip("-._")[:_LONGEST]
    if plain == name and name.partition(".")[0] not in _WINDOWS:
        return name
    return f"{plain or 'x'}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"
