"""A grant before and after a change in; whether the team has less by it, out.

Where nobody has to approve what is asked for, somebody still has to approve what is taken from a team: or anybody could
take it, in that team's name.
"""

from datetime import date
from typing import Any

from reconciler.declarations import Declared, Grant, at, own_end

_GIVE = ("key", "portal")
_HOLD_BACK = ("suspended", "revoked")


def takes_away(before: Declared[Grant], after: Declared[Grant]) -> bool:
    """Whether something that was given is given no more, held back, ends earlier, or is another: a key, a tier."""
    return any(_less(before.value, after.value, environment) for environment in before.value.environments)


def only_revokes(before: Declared[Grant], after: Declared[Grant]) -> bool:
    """Whether a grant says that its key is compromised, and is otherwise what it was: nothing of it comes back."""
    same = _unrevoked(before.value) == _unrevoked(after.value)
    return same and takes_away(before, after) and not takes_away(after, before)


def only_reviews(before: Declared[Grant], after: Declared[Grant]) -> bool:
    """Whether a grant is the same but for an answer to a review, and ends no later: nobody asks for anything by it."""
    return (
        after.value.reviewed is not None
        and before.value.reviewed != after.value.reviewed
        and _unanswered(before.value) == _unanswered(after.value)
        and all(_end(after.value, name) <= _end(before.value, name) for name in before.value.environments)
    )


def _unanswered(grant: Grant) -> dict[str, Any]:
    """Give what is written, without answer and ends; an overlay that says nothing else is none."""
    left = {"reviewed": True, "expires": True, "in_": {"__all__": {"expires"}}}
    written = grant.model_dump(exclude_unset=True, exclude=left)  # type: ignore[arg-type]
    overlays = {name: overlay for name, overlay in written.pop("in_", {}).items() if overlay}
    return written | {"in": overlays}


def _end(grant: Grant, environment: str) -> date:
    return own_end(grant, environment) or date.max


def _unrevoked(grant: Grant) -> dict[str, Any]:
    """Give what is written, without that; an overlay that says nothing else is none."""
    written = grant.model_dump(exclude_unset=True, exclude={"revoked": True, "in_": {"__all__": {"revoked"}}})
    overlays = {name: overlay for name, overlay in written.pop("in_", {}).items() if overlay}
    return written | {"in": overlays}


def _less(before: Grant, after: Grant, environment: str) -> bool:
    if environment not in after.environments:
        return True
    was, is_now = (at(each, each.in_, environment) for each in (before, after))
    ended = is_now.get("expires") or date.max
    return (
        any(was.get(name) and not is_now.get(name) for name in _GIVE)
        or not set(was.get("clients") or ()) <= set(is_now.get("clients") or ())
        or was.get("tier") != is_now.get("tier")
        or any(is_now.get(name) and not was.get(name) for name in _HOLD_BACK)
        or ended < (was.get("expires") or date.max)
        or was.get("subscription") not in (None, is_now.get("subscription"))
    )
