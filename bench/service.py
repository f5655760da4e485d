"""What is declared, compiled, in; the service in which it lives exactly so, as a seed's entities, out."""

from collections.abc import Iterable
from random import Random
from typing import Any

from bench.company import Company
from bench.folder import SERVICE, TENANT
from bench.names import portal_id, title
from bench.policies import product_policy
from reconciler.compile import Compiled
from reconciler.kinds import kind_of
from reconciler.match import living
from reconciler.resource import Address, Resource, State, state

Entities = dict[str, dict[str, Any]]

_ORDER = ("groups", "users", "tags", "apis", "policyFragments", "products", "subscriptions")


def in_place(rng: Random, company: Company, desired: Compiled) -> tuple[Compiled, Entities]:
    """Lay out everything desired. Some groups live under ids that the portal made: desired comes back with those."""
    alive = living(desired, _under_other_ids(rng, desired.state))
    entities = owned_apis(company)
    for resource in alive.state.values():
        lay(entities, resource)
    entities |= others_products(alive)
    fragments = sorted(address.name[0] for address in alive.state if address.kind == "fragment")
    for name in sorted(alive.products):
        entities[f"products/{name}/groups/administrators"] = {}
        if rng.random() < 0.55:
            policy = {"format": "rawxml", "value": product_policy(rng, name, fragments)}
            entities[f"products/{name}/policies/policy"] = policy
    return alive, entities


def before_anything(company: Company, desired: Compiled) -> Entities:
    """Lay out what must be there before the first plan: APIs, products that others make, keys to be taken over."""
    entities = owned_apis(company) | others_products(desired)
    for address in sorted(desired.living):
        lay(entities, desired.state[address])
    return entities | {
        f"products/{address.name[0]}": {"displayName": title(address.name[0])} for address in _scopes(desired)
    }


def lay(entities: Entities, resource: Resource) -> None:
    """Put one resource where its kind says it stands; a contact goes into its API."""
    kind = kind_of(resource)
    given = {**kind.initial(resource.address), **resource.properties}
    properties = kind.body({name: value for name, value in given.items() if value not in (None, "")}, SERVICE)
    if resource.address.kind == "subscription":
        properties = {"displayName": f"{title(resource.address.name[0])} ", **properties}
    path = kind.path.format(*resource.address.name)
    entities[path] = {**entities.get(path, {}), **properties}


def owned_apis(company: Company) -> Entities:
    names = (api.name.replace("$(letter)", "p") for api in company.apis)
    return {f"apis/{name}": {"displayName": title(name.removesuffix("-p")), "path": name} for name in names}


def others_products(desired: Compiled) -> Entities:
    """`manage: access`: somebody else's pipeline makes the product."""
    names = (name for name in sorted(desired.products) if Address("product", (name,)) not in desired.state)
    return {f"products/{name}": {"displayName": title(name), "state": "published"} for name in names}


def ordered(entities: Entities) -> Entities:
    """Put what is referred to first: a seed is planted from top to bottom."""
    return {path: entities[path] for path in sorted(entities, key=_rank)}


def _rank(path: str) -> tuple[bool, int, int, str]:
    first, *rest = path.split("/")
    return first == "subscriptions", len(rest), _ORDER.index(first), path


def _under_other_ids(rng: Random, desired: State) -> State:
    """Give every tenth Entra group an id from the portal, and the tenant's name instead of its id."""
    groups = (each for each in desired.values() if each.address.kind == "group" and each.properties.get("externalId"))
    return state(
        *(
            Resource(
                Address("group", (portal_id(rng),)),
                {"externalId": each.properties["externalId"].replace(TENANT, "contoso.onmicrosoft.com")},
            )
            for each in groups
            if rng.random() < 0.1
        )
    )


def _scopes(desired: Compiled) -> Iterable[Address]:
    for address in sorted(desired.living):
        yield from kind_of(address).refers(desired.state[address])
