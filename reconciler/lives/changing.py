"""What a grant said and what it says in; what kind of change that is, in words and with its line, out."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, Literal

from pydantic import BaseModel

from reconciler.document import positions
from reconciler.lives.held import Held

Kind = Literal["requested", "changed", "renamed", "renewed", "reviewed", "ended"]
_ELSEWHERE: Final = frozenset({"environments", "formerly", "product", "api", "in_"})
"""What says which life it is, and not what it is like."""
_BESIDE: Final = frozenset({"expires", "reason", "requested_by", "reviewed"})
"""What may change together with an end that is put off."""


def kind_of_change(was: Held, now: Held) -> Kind | None:
    """Say what a commit did to a grant that goes on; None where nothing changed."""
    if was.key != now.key or was.to != now.to:
        return "renamed"
    names = _different(was.says, now.says)
    if not names:
        return None
    if names == {"reviewed"}:
        return "reviewed"
    own = [each.says.get("expires") or date.max for each in (was, now)]
    return "renewed" if own[1] > own[0] and names <= _BESIDE else "changed"


def words_of_change(was: Held, now: Held) -> Iterator[str]:
    """Say what is different."""
    if was.grant.path != now.grant.path:
        yield f"{was.grant.path} is now {now.grant.path}"
    if was.to != now.to:
        yield f"{was.to} is now {now.to}"
    if was.subscription and now.subscription and not _keeps_its_key(was, now):
        yield (
            f"its key is another one: the file does not say `formerly: {was.grant.name}`"
            if (was.grant.team == now.grant.team)
            else "its key is another one: it belongs to another team"
        )
    for name in sorted(_different(was.says, now.says)):
        yield f"{name}: {shown(was.says.get(name))} is now {shown(now.says.get(name))}"


def line_of_change(was: Held, now: Held, content: bytes, environment: str) -> int:
    """Give the first line that says what is different; the first of the file where that is what it does not say."""
    known = positions(content)
    names = _different(was.says, now.says)
    keys = [*((name,) for name in names), *(("in", environment, name) for name in names)]
    return min((known[each].value[0] for each in keys if each in known), default=1)


def shown(value: Any) -> str:
    """Write a value as a file has it."""
    if value is None or value == []:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value))
    if isinstance(value, BaseModel):
        return ", ".join(f"{name} {shown(getattr(value, name))}" for name in type(value).model_fields)
    return value.isoformat() if isinstance(value, date) else str(value)


def _different(was: Mapping[str, Any], now: Mapping[str, Any]) -> set[str]:
    """Name what counts as another value: nothing said is nothing given."""
    names = {*was, *now} - _ELSEWHERE
    return {name for name in names if (was.get(name) or None) != (now.get(name) or None)}


def _keeps_its_key(was: Held, now: Held) -> bool:
    says_so = now.grant.value.formerly == was.grant.name and now.grant.team == was.grant.team
    return was.subscription == now.subscription or (says_so and not now.says.get("subscription"))
