"""A living service and what is declared in; what every part of an adoption asks and writes, in one place, out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from reconciler.adopt.counterparts import Counterparts
from reconciler.adopt.owners import Owner, Owners, fits
from reconciler.adopt.values import entra_of, is_id
from reconciler.adopt.variables import readings
from reconciler.compile import compile as meaning
from reconciler.declarations import Declarations, Declared, Environment, at
from reconciler.declarations.environments import PUBLIC_CLOUD
from reconciler.draft import Draft
from reconciler.kinds import kind_of
from reconciler.match import living
from reconciler.naming import fill_in, unknown_variable
from reconciler.resource import Address, Resource, State

ANOTHER_ENVIRONMENT = "another environment"


@dataclass(frozen=True, slots=True)
class Live:
    """One service as it was read. `fragments` are their texts as authors wrote them (`rawxml`), by id."""

    environment: str
    service: str
    state: State
    fragments: Mapping[str, str] = field(default_factory=dict)
    endpoint: str = PUBLIC_CLOUD
    terraform: frozenset[Address] = frozenset()

    @property
    def tenant(self) -> str | None:
        """Give the tenant of the groups that mirror Entra's, where all tell the same by its id."""
        groups = (entra_of(each) for each in self.state.values() if each.address.kind == "group")
        tenants = {entra[0] for entra in groups if entra}
        return tenants.pop() if len(tenants) == 1 and is_id(min(tenants)) else None


@dataclass(frozen=True, slots=True, order=True)
class Left:
    """Something that gives access and is in no file, and why."""

    reason: str
    what: str


class Work:
    """One adoption while it goes on."""

    def __init__(
        self,
        declarations: Declarations,
        files: Mapping[str, bytes],
        live: Live,
        *,
        before: frozenset[str],
        day: date,
    ) -> None:
        self.live, self.state, self.environment = live, live.state, live.environment
        self.mapping, self.before, self.day = declarations.owner_map, before, day
        self.draft = Draft(files)
        self.adopted: dict[Address, Owner] = {}
        self.left: set[Left] = set()
        self.taken_out: set[str] = set()
        self.is_new = self.environment not in declarations.environments
        self.settings = declarations.environments.get(self.environment) or Environment(
            service=live.service, mode="observe", tenant=live.tenant, endpoint=live.endpoint
        )
        environments = {**declarations.environments, self.environment: self.settings}
        self.declarations = replace(declarations, environments=environments)
        self.variables = self.variables_of(self.environment)
        self.declared = self._declared(self.environment)
        self.siblings = [
            name
            for name, other in environments.items()
            if name != self.environment and other.service.lower() == self.settings.service.lower()
        ]
        self.elsewhere = self._elsewhere()
        self.owners = Owners(self.state, self.mapping, self._teams_by_group(), frozenset(declarations.teams))
        self.links: dict[tuple[str, str], list[str]] = defaultdict(list)
        for address in sorted(self.state):
            if address.kind in ("product-api", "product-group"):
                self.links[address.name[0], address.kind].append(address.name[1])
        self.apis = {fill_in(api.value.api, self.variables): api.value.api for api in declarations.apis}
        self.declared |= {Address("api", (name,)) for name in self.apis}
        self.products = {
            self.declarations.product_id(product, self.environment): product.name
            for product in declarations.products
            if self.environment in product.value.environments
        }

    def all(self, kind: str) -> Iterator[Resource]:
        """Give what lives and has no file yet, by name; Azure's own and other environments' left out."""
        for address in sorted(each for each in self.state if each.kind == kind):
            resource = self.state[address]
            if address in self.declared or address in self.elsewhere or address in self.adopted:
                continue
            if kind_of(resource).built_in(resource) or self._left_out(resource):
                continue
            if str(address) in self.before:
                self.taken_out.add(str(address))
            else:
                yield resource

    def take(self, address: Address, owner: Owner) -> None:
        """Write down that something is named now."""
        self.adopted[address] = owner

    def leave(self, address: Address, reason: str) -> None:
        """Write down that something is not named, and why."""
        self.left.add(Left(reason, str(address)))

    def says(self, item: Declared[Any]) -> dict[str, Any]:
        """Give what a declaration says in this environment."""
        return at(item.value, item.value.in_, self.environment)

    def variables_of(self, environment: str) -> dict[str, str]:
        return self.declarations.variables(environment)

    def counterparts(self, texts: Sequence[str], environment: str) -> Counterparts:
        """Prepare to find what is written for another environment and lives here."""
        return Counterparts(texts, self.variables_of(environment), self.variables)

    def is_known_everywhere(self, text: str) -> bool:
        """Whether every environment has a value for each variable in a text."""
        return not any(
            unknown_variable(fill_in(text, self.variables_of(each))) for each in self.declarations.environments
        )

    def shared(self, name: str) -> str:
        """Where environments share the service, what tells them apart in an id is a variable from the start."""
        return next(readings(name, self.settings.variables), name) if self.siblings else name

    def _declared(self, environment: str) -> set[Address]:
        compiled = living(meaning(self.declarations, environment, day=None), self.state)
        return {*compiled.state, *(Address("product", (name,)) for name in compiled.products)}

    def _elsewhere(self) -> set[Address]:
        """Find what another environment of this very service declares, or what is marked as its own."""
        found: set[Address] = set()
        for name in self.siblings:
            found |= self._declared(name)
        theirs = self._names_of_siblings()
        for address, resource in self.state.items() if theirs else ():
            things = (address, *kind_of(resource).refers(resource))
            if any(each.name[0] in theirs for each in things if each.kind in ("product", "api")):
                found.add(address)
        return found

    def _names_of_siblings(self) -> set[str]:
        """Name what bears another environment's mark, or none where what is ours bears one: `orders`, `orders-dev`."""
        names = {address.name[0] for address in self.state if address.kind in ("product", "api")}
        others = [self.declarations.environments[name].variables for name in self.siblings]
        own = {name: text for name in names if (text := next(readings(name, self.settings.variables), None))}
        theirs = {name for name in names - own.keys() for each in others if any(True for _ in readings(name, each))}
        return theirs | {fill_in(text, each) for text in own.values() for each in others} - own.keys()

    def _left_out(self, resource: Resource) -> bool:
        address, out = resource.address, self.mapping.leave_out
        patterns = {"product": out.products, "subscription": out.subscriptions, "fragment": out.fragments}
        products = [each.name[0] for each in kind_of(resource).refers(resource) if each.kind == "product"]
        title = resource.properties.get("displayName")
        if fits(patterns.get(address.kind, ()), address.name[0], title) or any(
            fits(out.products, name, None) for name in products
        ):
            self.leave(address, "adoption.yaml leaves it out")
            return True
        return False

    def _teams_by_group(self) -> dict[str, str]:
        teams = self.declarations.teams.values()
        return {self.says(team).get("group") or team.name: team.name for team in teams}
