"""A policy in, what it names kept; a thing in, the policies that name it out, or the refusal to delete it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reconciler.emulator.errors import detail, incorrect, invalid
from reconciler.emulator.policy_text import Policy, Use, read_policy
from reconciler.emulator.service import Entity, Service

_RELATIONS: Final[Mapping[str, str]] = {
    "policyFragments": "fragments/users",
    "backends": "backends/users",
    "namedValues": "namedValues/users",
}


def refuse_unknown(service: Service, policy: Policy) -> None:
    """Validation is at PUT: texts from Azure/apiops #67 and #92.

    That a named value must be there is told in Azure/apiops #36, wording and target are unverified;
    `Settings.known_named_values` turns it off.
    """
    faults = [
        *_unknown(service, "policyFragments", "Policy fragment", policy.fragments),
        *_unknown(service, "backends", "Backend", policy.backends),
    ]
    if service.settings.known_named_values:
        unknown = (name for name in policy.named_values if _named_value(service, name) is None)
        faults += [detail("representation", f"Cannot find a property '{name}'") for name in unknown]
    if faults:
        raise incorrect(*faults)


def remember(service: Service, entity: Entity) -> None:
    """Keep what the text of a policy names. A named value is kept by its id, so that it may be renamed (unverified)."""
    user, policy = "/".join(entity.segments), read_policy(entity.properties["value"])
    service.forget(user)
    named = (_named_value(service, name) for name in policy.named_values)
    for collection, names in (
        ("policyFragments", [use.name for use in policy.fragments]),
        ("backends", [use.name for use in policy.backends]),
        ("namedValues", [found.name for found in named if found is not None]),
    ):
        for name in names:
            service.links(_RELATIONS[collection]).add(name, user)


def users_of(service: Service, entity: Entity) -> Sequence[str]:
    """Give the paths of the policies and fragments that name a thing."""
    return service.links(_RELATIONS[entity.collection[-1]]).rights(entity.name)


def refuse_while_used(service: Service, entity: Entity, noun: str) -> None:
    """Quoted for a fragment in Azure/apiops-cli #261; for others the sentence is unverified."""
    users = users_of(service, entity)
    if users:
        lines = "".join(f"/{user}\r\n" for user in users)
        raise invalid(f"The {noun} '{entity.name}' is used by the following entities:\r\n{lines}")


def _unknown(service: Service, collection: str, noun: str, uses: Sequence[Use]) -> Iterator[dict[str, str]]:
    for use in uses:
        if service.find((collection,), use.name) is None:
            yield detail(use.element, f"{use.where}{noun} with id '{use.name}' could not be found.")


def _named_value(service: Service, written: str) -> Entity | None:
    """A policy names the display name, and the id is refused (mirsaeedi/dotnet-apim #16); without regard to case."""
    return next(iter(service.indexes.found("namedValues", "displayName", written.casefold())), None)
