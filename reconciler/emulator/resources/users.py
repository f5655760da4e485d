"""Users: a new one is in developers, the administrator stays, a deleted one leaves its groups."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reconciler.emulator.errors import detail, incorrect, invalid, system_entity
from reconciler.emulator.fields import LIST, Choice, Field, Text
from reconciler.emulator.resources.groups import embedded
from reconciler.emulator.resources.resource_type import Change, Draft, ResourceType
from reconciler.emulator.resources.subscriptions import owned_by
from reconciler.emulator.resources.unique import refuse_taken_email
from reconciler.emulator.service import Entity, Service


class Users(ResourceType):
    noun = "User"
    parameter = "userId"
    names = Text(minimum=1, maximum=80)
    fields: ClassVar[Mapping[str, Field]] = {
        "firstName": Text(minimum=1, maximum=100),
        "lastName": Text(maximum=100),
        "email": Text(minimum=1, maximum=254),
        "state": Choice(frozenset({"active", "blocked", "pending", "deleted"})),
        "note": Text(),
        "identities": LIST,
        "password": Text(),
    }
    server_fields = frozenset({"registrationDate"})
    required = ("firstName", "lastName", "email")
    defaults: ClassVar[Mapping[str, Any]] = {"state": "active"}
    filterable = frozenset({"name", "firstName", "lastName", "email", "state", "registrationDate", "note"})
    slow_delete = True

    def accept(self, change: Change) -> Draft:
        properties = super().accept(change).properties
        if change.given.get("lastName") == "" and not change.seeded:  # only the administrator has none (recorded)
            raise incorrect(detail("lastName", "lastName should not be empty"))
        refuse_taken_email(change, properties)
        secret = properties.pop("password", None)
        before = change.before
        registered = before.properties.get("registrationDate") if before else None
        properties.setdefault("registrationDate", registered or change.service.now())
        properties.setdefault("identities", [{"provider": "Basic", "id": properties["email"]}])
        return Draft(properties, {"password": secret} if secret else (before.secrets if before else {}))

    def seed_defaults(self, name: str) -> Mapping[str, Any]:
        return {"firstName": name, "lastName": name, "email": f"{name}@contoso.example"}

    def stored(self, change: Change, entity: Entity) -> None:
        if change.before is None and change.additions:  # recorded: UserTests
            change.service.links("groups/users").add("developers", entity.name)

    def refuse_delete(self, service: Service, entity: Entity, query: Mapping[str, str]) -> None:
        if entity.name == "1":  # unverified: by analogy with the other things of the system
            raise system_entity()
        if query.get("deleteSubscriptions", "").lower() != "true" and owned_by(service, entity.name):
            raise invalid(  # unverified: the product's sentence, for a user
                "User cannot be deleted since it has existing subscriptions. Delete subscriptions before deleting the"
                " user or pass in deleteSubscriptions=true as query param"
            )

    def deleted(self, service: Service, entity: Entity) -> None:
        service.links("groups/users").drop_right(entity.name)
        for subscription in owned_by(service, entity.name):
            service.remove(subscription)

    def show(self, service: Service, entity: Entity, query: Mapping[str, str]) -> Mapping[str, Any]:
        """With expandGroups come the groups. Their wire shape is unverified: the spec's, with id and name added."""
        if query.get("expandGroups", "").lower() != "true":
            return entity.properties
        groups = service.links("groups/users").lefts(entity.name)
        return {**entity.properties, "groups": [_group(service, name) for name in groups]}


def _group(service: Service, name: str) -> dict[str, Any]:
    group = embedded(service, name)
    shown = {**group, "displayName": group["name"]}
    return {key: value for key, value in shown.items() if value is not None}
