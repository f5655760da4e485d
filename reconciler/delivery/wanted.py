"""Declarations, what they mean on a day and what lives in; each key that a vault is to hold, or not, out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.asked import Asked
from reconciler.claim import mode_of
from reconciler.declarations import Declarations, Mode
from reconciler.kinds.subscription import ACTIVE
from reconciler.match import living
from reconciler.naming import secret_name, vault_address
from reconciler.resource import Address, Resource, Secret, State


@dataclass(frozen=True, slots=True)
class Wanted:
    """A grant's key and where it belongs. `over` says why it opens nothing; empty: it is in force.

    `formerly` is the secret that it had before its file was renamed: it stays while the file says so.
    """

    team: str
    grant: str
    key: Address
    secret: Secret
    mode: Mode
    over: str = ""
    formerly: Secret | None = None


def wanted(declarations: Declarations, asks: Asked, actual: State) -> tuple[Wanted, ...]:
    """Give every declared key that has a vault, in force or not, under the id that lives."""
    declared, desired = living(asks.declared, actual), living(asks.desired, actual)
    return tuple(_wanted(declarations, replace(asks, declared=declared, desired=desired)))


def _wanted(declarations: Declarations, asks: Asked) -> Iterator[Wanted]:
    declared, environment = asks.declared, asks.declared.environment
    for key, resource in sorted(declared.state.items()):
        origin = resource.origin
        if key.kind != "subscription" or origin is None or origin.secret is None:
            continue
        grant = declarations.files[origin.path]
        former = grant.value.formerly
        name = secret_name(environment, grant.team, former) if former else ""
        yield Wanted(
            team=grant.team,
            grant=grant.name,
            key=key,
            secret=origin.secret,
            mode=mode_of(resource, declared.products, declared.mode),
            over=_over(resource, asks),
            formerly=Secret(origin.secret.vault, name) if name else None,
        )


def _over(declared: Resource, asks: Asked) -> str:
    desired = asks.desired.state.get(declared.address)
    if desired is None:
        return "cut off" if declared.address in asks.desired.cut_off else "ended"
    return "" if desired.properties.get("state") == ACTIVE else "suspended"


def vaults(declarations: Declarations, environment: str) -> frozenset[str]:
    """Name every vault that may hold a key of an environment, also of teams that ask for nothing any more."""
    from_teams = (team.value.key_vault or {} for team in declarations.teams.values())
    named = [declarations.environments[environment].key_vault, *(each.get(environment) for each in from_teams)]
    return frozenset(vault_address(each) for each in named if each)
