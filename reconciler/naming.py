"""Names of ours in, names in Azure out: each holds team and grant, none can collide, and what is too long is hashed."""

import hashlib
import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$\(([a-z_][a-z0-9_]*)\)")
_GATE = "access-"
_TAG = 80
_FRAGMENT = 80
_SECRET = 127
_DISPLAY_NAME = 100


def subscription_id(team: str, grant: str) -> str:
    """Join by two hyphens, which no name holds: `a-b` and `c` is not `a` and `b-c`."""
    return f"{team}--{grant}"


def secret_name(environment: str, team: str, grant: str) -> str:
    """Name the secret of a key, with letters, digits and hyphens only: all that Key Vault takes.

    What holds `.` or `_`, or is too long, ends in three hyphens and a digest; no name of ours holds two in a row.
    """
    plain = f"{environment}--{team}--{grant}"
    text = re.sub("[._]", "-", plain)
    if text == plain and len(text) <= _SECRET:
        return text
    digest = hashlib.sha256(plain.encode()).hexdigest()[:20]  # of names that people choose, no two come out equal
    return f"{text[: _SECRET - 23].rstrip('-')}---{digest}"


def gate_id(product: str) -> str:
    """Name the policy fragment that holds a product's rules: letters, digits, `_` and hyphens, 80 at most."""
    text = _GATE + re.sub(r"[^A-Za-z0-9_-]", "-", product)
    if text == _GATE + product and len(text) <= _FRAGMENT and not text.endswith("-"):
        return text
    digest = hashlib.sha256(product.encode()).hexdigest()[:12]
    return f"{text[: _FRAGMENT - 13].rstrip('-')}-{digest}"


def is_gate(fragment: str) -> bool:
    """Whether a fragment has a name that is kept for the rules of products."""
    return fragment.lower().startswith(_GATE)


def owner_tag(team: str) -> str:
    """Name the tag that marks a team's APIs."""
    return cut(f"owner-{team}", _TAG)


def display_name(text: str) -> str:
    """Fit a subscription's display name."""
    return cut(text, _DISPLAY_NAME)


def vault_address(text: str) -> str:
    """Write the address of a vault so that two spellings of one are equal."""
    return text.rstrip("/").lower()


def spoken(team: str) -> str:
    """Write a team's name as people say it, where nobody said more."""
    return team.replace("-", " ").capitalize()


def cut(text: str, longest: int) -> str:
    """Shorten what is too long so that two texts that begin alike stay apart."""
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{text[: longest - 9]}-{digest}"


def fill_in(text: str, variables: Mapping[str, str]) -> str:
    """Fill in `$(name)`; a name that has no value stays as it is, for the check to find."""
    return _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), text)


def without_variables(text: str) -> str:
    """Leave every `$(name)` out, with the sign that joins it: `orders-$(letter)` is `orders`."""
    return re.sub(rf"[-_.]?{_VARIABLE.pattern}", "", text).strip("-_.")


def unknown_variable(text: str) -> str | None:
    """Give the first `$(name)` left in a text."""
    match = _VARIABLE.search(text)
    return match[1] if match else None
