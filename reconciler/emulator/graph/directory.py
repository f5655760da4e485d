"""Groups, users and applications of a tenant in, by object id out; without a group nothing outside Graph looks here.

An application is here as its service principal, which is what tokens are made for: a deleted one is gone.
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["group", "servicePrincipal", "user"]
_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PROPERTIES: Mapping[Kind, Mapping[str, Any]] = {  # what Graph gives without $select, in part, and as a new one has it
    "group": {
        "displayName": "",
        "description": None,
        "groupTypes": [],
        "mail": None,
        "mailEnabled": False,
        "mailNickname": "",
        "securityEnabled": True,
    },
    "servicePrincipal": {
        "accountEnabled": True,
        "appDisplayName": None,
        "appId": "",
        "displayName": "",
        "servicePrincipalType": "Application",
    },
    "user": {
        "businessPhones": [],
        "displayName": "",
        "givenName": None,
        "jobTitle": None,
        "mail": None,
        "surname": None,
        "userPrincipalName": "",
    },
}


@dataclass(frozen=True, slots=True)
class Member:
    """A group, a user or a service principal."""

    kind: Kind
    identifier: str
    properties: Mapping[str, Any]
    members: tuple[str, ...] = ()

    def field(self, name: str) -> Any:
        return self.identifier if name == "id" else self.properties.get(name)

    def as_json(self) -> dict[str, Any]:
        held = {name: value for name, value in self.properties.items() if value != PROPERTIES[self.kind][name]}
        return {**held, "members": list(self.members)} if self.kind == "group" else held


@dataclass(slots=True)
class Directory:
    """The objects of one tenant, in the order in which they were added."""

    _known: dict[str, Member] = field(default_factory=dict)

    def add_group(
        self, display_name: str, identifier: str = "", *, members: Iterable[str] = (), **properties: Any
    ) -> str:
        """Add a group, or put another in its place; give its object id, which is made where none is given."""
        given = {"displayName": display_name, "mailNickname": re.sub(r"\W", "", display_name), **properties}
        return self._add("group", identifier, given, tuple(member.lower() for member in members))

    def add_user(self, display_name: str, identifier: str = "", **properties: Any) -> str:
        given = {"displayName": display_name, **properties}
        return self._add("user", identifier, given)

    def add_application(self, display_name: str, app_id: str = "", identifier: str = "", **properties: Any) -> str:
        """Add an application's service principal; give the application's id. `accountEnabled=False` disables it."""
        app_id = (app_id or str(uuid.uuid4())).lower()
        given = {"displayName": display_name, "appDisplayName": display_name, "appId": app_id, **properties}
        self._add("servicePrincipal", identifier, given)
        return app_id

    def remove(self, identifier: str) -> None:
        """Delete an object, as an administrator would; memberships go with it."""
        self._known.pop(identifier.lower(), None)

    def find(self, kind: Kind, identifier: str) -> Member | None:
        """Find by object id, or a user by its name."""
        found = self._known.get(identifier.lower())
        if kind == "user" and found is None:
            name = identifier.lower()
            found = next((each for each in self.all("user") if each.field("userPrincipalName").lower() == name), None)
        return found if found is not None and found.kind == kind else None

    def all(self, kind: Kind) -> list[Member]:
        return [each for each in self._known.values() if each.kind == kind]

    def members(self, group: Member) -> list[Member]:
        return [self._known[identifier] for identifier in group.members if identifier in self._known]

    def clear(self) -> None:
        self._known.clear()

    def as_json(self) -> dict[str, dict[str, Any]]:
        """Give what `plant` takes."""
        return {
            "groups": {each.identifier: each.as_json() for each in self.all("group")},
            "users": {each.identifier: each.as_json() for each in self.all("user")},
            "servicePrincipals": {each.identifier: each.as_json() for each in self.all("servicePrincipal")},
        }

    def plant(self, described: Mapping[str, Any]) -> None:
        """Add `{"groups": {id: {"displayName", "members": [ids]}}, "users": {id: {"displayName", ...}}, ...}`."""
        unknown = sorted(set(described) - {"groups", "users", "servicePrincipals"})
        if unknown:
            raise ValueError(f"unknown {', '.join(unknown)}; known are groups, servicePrincipals, users")
        for identifier, held in described.get("users", {}).items():
            self.add_user(**_arguments(identifier, held))
        for identifier, held in described.get("groups", {}).items():
            self.add_group(**_arguments(identifier, held))
        for identifier, held in described.get("servicePrincipals", {}).items():
            arguments = _arguments(identifier, held)
            self.add_application(app_id=arguments.pop("appId", ""), **arguments)

    def _add(self, kind: Kind, identifier: str, given: Mapping[str, Any], members: tuple[str, ...] = ()) -> str:
        unknown = sorted(set(given) - set(PROPERTIES[kind]))
        if unknown:
            raise ValueError(f"a {kind} has no {', '.join(unknown)}; known are {', '.join(PROPERTIES[kind])}")
        identifier = (identifier or str(uuid.uuid4())).lower()
        if not is_object_id(identifier):
            raise ValueError(f"{identifier}: an object id is a GUID")
        self._known[identifier] = Member(kind, identifier, {**PROPERTIES[kind], **given}, members)
        return identifier


def is_object_id(text: str) -> bool:
    return bool(_OBJECT_ID.fullmatch(text))


def _arguments(identifier: str, held: Any) -> dict[str, Any]:
    if not isinstance(held, Mapping) or not isinstance(held.get("displayName"), str):
        raise ValueError(f"{identifier}: a displayName is needed")  # noqa: TRY004  the seed's one kind of mistake
    rest = {name: value for name, value in held.items() if name != "displayName"}
    return {"display_name": held["displayName"], "identifier": identifier, **rest}
