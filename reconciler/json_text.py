"""Text or bytes that others wrote in; what they say as JSON out, or ValueError for everything that is none."""

import json
from typing import Any, NoReturn


def from_json(text: str | bytes) -> Any:
    """Read JSON. What nests too deeply to be read, and what Python alone takes for a number, is none."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"JSON has no {word}")
