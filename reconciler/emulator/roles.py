"""What a principal may do in, whether an action is among it out, by wildcards such as `*/read`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Role:
    """A role definition: actions minus notActions, without regard to case. It is asked at every request."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        return bool(self._allowed.fullmatch(action)) and not self._refused.fullmatch(action)

    @cached_property
    def _allowed(self) -> re.Pattern[str]:
        return _pattern(self.actions)

    @cached_property
    def _refused(self) -> re.Pattern[str]:
        return _pattern(self.not_actions)

    def as_json(self) -> dict[str, Any]:
        return {"actions": list(self.actions), "notActions": list(self.not_actions)}


CONTRIBUTOR = Role(("*",), ("Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"))
READER = Role(("*/read",))
_NAMED: Mapping[str, Role] = {"contributor": CONTRIBUTOR, "owner": Role(("*",)), "reader": READER}


def role_of(described: str | Mapping[str, Any]) -> Role:
    """Make a role of `Reader`, `Contributor`, `Owner` or `{"actions": [...], "notActions": [...]}`."""
    if isinstance(described, str):
        if described.lower() not in _NAMED:
            raise ValueError(f"no role is called {described!r}: Reader, Contributor, Owner or an object with actions")
        return _NAMED[described.lower()]
    unknown = set(described) - {"actions", "notActions"}
    if unknown or not isinstance(described.get("actions"), Sequence):
        raise ValueError('a custom role is {"actions": [...], "notActions": [...]}')
    return Role(tuple(described["actions"]), tuple(described.get("notActions", ())))


def _pattern(actions: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(action).replace(r"\*", ".*") for action in actions) or "(?!)", re.IGNORECASE)
