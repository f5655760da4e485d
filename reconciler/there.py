"""Declarations and an environment in; what each of them says there, and what it is called in the service, out."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from reconciler.declarations import EVERY_API, Declarations, Declared, Environment, Grant, Product, Team, at
from reconciler.lasting import Lasting
from reconciler.naming import fill_in, secret_name, subscription_id, vault_address
from reconciler.resource import Address, Secret


class There:
    """The declarations as they read in one environment."""

    def __init__(self, declarations: Declarations, environment: str) -> None:
        self.declarations, self.environment = declarations, environment
        self.settings: Environment = declarations.environments[environment]
        self.variables = declarations.variables(environment)

    def fill_in(self, text: str) -> str:
        """Fill in `$(env)` and the environment's variables."""
        return fill_in(text, self.variables)

    @cached_property
    def products(self) -> list[tuple[Declared[Product], dict[str, Any]]]:
        """Give those that are here, each with what it says here."""
        return [
            (product, at(product.value, product.value.in_, self.environment))
            for product in self.declarations.products
            if self.environment in product.value.environments
        ]

    @cached_property
    def grants(self) -> list[tuple[Declared[Grant], dict[str, Any]]]:
        """Give those that are here, each with what it says here."""
        return self.among(self.declarations.grants)

    def among(self, grants: Iterable[Declared[Grant]]) -> list[tuple[Declared[Grant], dict[str, Any]]]:
        """Give the same of some grants."""
        return [(grant, self.of_grant(grant)) for grant in grants if self.environment in grant.value.environments]

    @cached_property
    def lasting(self) -> Lasting:
        """Say when access ends."""
        return Lasting(self.declarations)

    def of_grant(self, grant: Declared[Grant]) -> dict[str, Any]:
        """Give what a grant says here: it `expires` on the day of a review that was missed, where that ends it."""
        says = at(grant.value, grant.value.in_, self.environment)
        if self.lasting.ends_by_review(grant, self.environment):
            says["expires"] = self.lasting.end(grant, self.environment)
        return says

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """Give each product's id in the service, by its name here; of one that is elsewhere only, too."""
        product_id = self.declarations.product_id
        return {product.name: product_id(product, self.environment) for product in self.declarations.products}

    def group(self, team: Declared[Team]) -> Address:
        """Name a team's group."""
        return Address("group", (self.of_team(team).get("group") or team.name,))

    def of_team(self, team: Declared[Team]) -> dict[str, Any]:
        """Give what a team says here."""
        return at(team.value, team.value.in_, self.environment)

    def product_of(self, grant: Declared[Grant]) -> str:
        """Name the product that a grant asks for, by its id."""
        return self.ids[grant.value.product or grant.name]

    def scope(self, grant: Declared[Grant]) -> str:
        """Say what a grant's key opens, as Azure does, relative to the service."""
        if grant.value.api is None:
            return f"products/{self.product_of(grant)}"
        return "apis" if grant.value.api == EVERY_API else f"apis/{self.fill_in(grant.value.api)}"

    def subscription(self, grant: Declared[Grant], says: dict[str, Any]) -> Address:
        """Name a grant's subscription: ours, or the living one that it takes over."""
        living = says.get("subscription")
        return Address("subscription", (self.fill_in(living) if living else subscription_id(grant.team, grant.name),))

    def secret(self, grant: Declared[Grant]) -> Secret | None:
        """Say where a key is kept: in its team's vault, or else the environment's; nowhere where neither has one."""
        own = self.declarations.teams[grant.team].value.key_vault or {}
        vault = own.get(self.environment) or self.settings.key_vault
        return Secret(vault_address(vault), secret_name(self.environment, grant.team, grant.name)) if vault else None
