"""What a principal may do in, whether an action at a scope is among it out, by wildcards such as `*/read`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_KEYS = ("actions", "notActions", "dataActions", "notDataActions")


@dataclass(frozen=True)
class Role:
    """A role definition: actions minus notActions, without regard to case. It is asked at every request."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """Whether this is among what Resource Manager does."""
        return bool(self._allowed.fullmatch(action)) and not self._refused.fullmatch(action)

    def allows_data(self, action: str) -> bool:
        """Whether this is among what is done to what a resource holds, such as the value of a secret."""
        return bool(_pattern(self.data_actions).fullmatch(action)) and not _pattern(self.not_data_actions).fullmatch(
            action
        )

    @cached_property
    def _allowed(self) -> re.Pattern[str]:
        return _pattern(self.actions)

    @cached_property
    def _refused(self) -> re.Pattern[str]:
        return _pattern(self.not_actions)

    def as_json(self) -> dict[str, Any]:
        held = (self.actions, self.not_actions, self.data_actions, self.not_data_actions)
        return {key: list(actions) for key, actions in zip(_KEYS, held, strict=True)}


_SECRETS = "Microsoft.KeyVault/vaults/secrets"
CONTRIBUTOR = Role(("*",), ("Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"))
SECRETS_OFFICER = Role(("Microsoft.KeyVault/vaults/read",), data_actions=(f"{_SECRETS}/*",))
_NAMED: Mapping[str, Role] = {  # from Microsoft's pages of built-in roles, in what matters here
    "contributor": CONTRIBUTOR,
    "owner": Role(("*",)),
    "reader": Role(("*/read",)),
    "log analytics reader": Role(("*/read", "Microsoft.OperationalInsights/workspaces/query/read")),
    "api management service contributor": Role(("Microsoft.ApiManagement/service/*",)),
    "api management service reader role": Role(
        ("Microsoft.ApiManagement/service/*/read", "Microsoft.ApiManagement/service/read"),
        ("Microsoft.ApiManagement/service/users/keys/read",),
    ),
    "key vault administrator": Role(("Microsoft.KeyVault/vaults/read",), data_actions=("Microsoft.KeyVault/vaults/*",)),
    "key vault reader": Role(
        ("Microsoft.KeyVault/vaults/read",),
        data_actions=("Microsoft.KeyVault/vaults/*/read", f"{_SECRETS}/readMetadata/action"),
    ),
    "key vault secrets officer": SECRETS_OFFICER,
    "key vault secrets user": Role(
        data_actions=(f"{_SECRETS}/getSecret/action", f"{_SECRETS}/readMetadata/action"),
    ),
}
_UNMENTIONED = (
    CONTRIBUTOR,
    SECRETS_OFFICER,
)  # ours, so that everything can be tried: Contributor alone reads no secret

Described = str | Mapping[str, Any]


class Assignments:
    """Who holds which roles at which scope. A client that nobody mentioned is Contributor and Secrets Officer."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, tuple[Role, ...]]] = {}

    def assign(self, client_id: str, roles: Sequence[Role], scope: str = "/") -> None:
        """Give roles at a scope, in place of what the client held there."""
        self._held.setdefault(client_id.lower(), {})[_spelled(scope)] = tuple(roles)

    def allows(self, client_id: str, action: str, at: str) -> bool:
        """Whether a role at this resource or above it allows an action; notActions hold within their own role only."""
        return any(role.allows(action) for role in self._at(client_id, at))

    def allows_data(self, client_id: str, action: str, at: str) -> bool:
        return any(role.allows_data(action) for role in self._at(client_id, at))

    def clear(self) -> None:
        self._held.clear()

    def as_json(self) -> list[list[Any]]:
        return [
            [client_id, scope, [role.as_json() for role in roles]]
            for client_id, held in self._held.items()
            for scope, roles in held.items()
        ]

    def _at(self, client_id: str, resource: str) -> Iterator[Role]:
        held = self._held.get(client_id.lower())
        if held is None:
            yield from _UNMENTIONED
            return
        below = _spelled(resource)
        for scope, roles in held.items():
            if below.startswith(scope):
                yield from roles


def role_of(described: Described) -> Role:
    """Make a role of a built-in one's name or of `{"actions": [...], "notActions": [...], "dataActions": [...]}`."""
    if isinstance(described, str):
        if described.lower() not in _NAMED:
            known = ", ".join(sorted(_NAMED))
            raise ValueError(f"no role is called {described!r}: {known} or an object with actions")
        return _NAMED[described.lower()]
    lists = [described.get(key, ()) for key in _KEYS]
    if not described or set(described) - set(_KEYS) or not all(isinstance(each, list | tuple) for each in lists):
        raise ValueError('a custom role is {"actions": [...], "notActions": [...], "dataActions": [...]}')
    return Role(*(tuple(each) for each in lists))


def roles_of(described: Described | Sequence[Described]) -> list[Role]:
    """Make one role or several."""
    several = isinstance(described, Sequence) and not isinstance(described, str)
    return [role_of(each) for each in (described if several else [described])]  # type: ignore[arg-type]


def _spelled(scope: str) -> str:
    return f"/{scope.strip('/').lower()}/" if scope.strip("/") else "/"


def _pattern(actions: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(action).replace(r"\*", ".*") for action in actions) or "(?!)", re.IGNORECASE)
