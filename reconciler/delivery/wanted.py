"""Declarations, what they mean on a day and what lives in; each granted key, and where a vault is to hold it, out."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from reconciler.asked import Asked
from reconciler.claim import mode_of
from reconciler.declarations import Declarations, Declared, Grant, Mode, at
from reconciler.kinds.subscription import ACTIVE, is_compromised
from reconciler.match import living
from reconciler.naming import secret_name, vault_address
from reconciler.resource import Address, Resource, Secret, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A grant's key. `over` says why it opens nothing; empty: it is in force.

    `rotation` says after how many days it is made anew, None: never; `overlap` for how many the old one goes on.
    """

    team: str
    grant: str
    key: Address
    mode: Mode
    over: str = ""
    rotation: int | None = None
    overlap: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Granted):
    """One that a vault is to hold, and where.

    `formerly` is the secret that it had before its file was renamed: it stays while the file says so.
    """

    secret: Secret
    formerly: Secret | None = None


def granted(declarations: Declarations, asks: Asked, actual: State) -> tuple[Granted, ...]:
    """Give every declared key, in force or not, under the id that lives."""
    declared, desired = living(asks.declared, actual), living(asks.desired, actual)
    return tuple(_granted(declarations, replace(asks, declared=declared, desired=desired)))


def _granted(declarations: Declarations, asks: Asked) -> Iterator[Granted]:
    declared, environment, files = asks.declared, asks.declared.environment, declarations.files
    products = {product.name: product for product in declarations.products}
    for key, resource in sorted(declared.state.items()):
        origin = resource.origin
        if key.kind != "subscription" or origin is None:
            continue
        grant: Declared[Grant] = files[origin.path]
        product = None if grant.value.api is not None else products.get(grant.value.product or grant.name)
        says = at(product.value, product.value.in_, environment) if product else {}
        one = Granted(
            team=grant.team,
            grant=grant.name,
            key=key,
            mode=mode_of(resource, declared.products, declared.mode),
            over=_over(resource, asks),
            rotation=says.get("rotation") or declarations.guardrails.rotation,
            overlap=declarations.guardrails.rotation_overlap,
        )
        yield one if origin.secret is None else _wanted(one, origin.secret, environment, grant.value.formerly)


def _wanted(one: Granted, secret: Secret, environment: str, former: str | None) -> Wanted:
    formerly = Secret(secret.vault, secret_name(environment, one.team, former)) if former else None
    return Wanted(**{each.name: getattr(one, each.name) for each in fields(one)}, secret=secret, formerly=formerly)


def _over(declared: Resource, asks: Asked) -> str:
    desired = asks.desired.state.get(declared.address)
    if desired is None:
        return "cut off" if declared.address in asks.desired.cut_off else "ended"
    if desired.properties.get("state") == ACTIVE:
        return ""
    return "compromised" if is_compromised(desired) else "suspended"


def vaults(declarations: Declarations, environment: str) -> frozenset[str]:
    """Name every vault that may hold a key of an environment, also of teams that ask for nothing any more."""
    from_teams = (team.value.key_vault or {} for team in declarations.teams.values())
    named = [declarations.environments[environment].key_vault, *(each.get(environment) for each in from_teams)]
    return frozenset(vault_address(each) for each in named if each)
