"""What people write, as models, and all of it together as `Declarations`; nothing here knows Azure or files' bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.declarations.adoption import UNOWNED, OwnerMap
from reconciler.declarations.api import Api
from reconciler.declarations.backstage import Backstage
from reconciler.declarations.declared import Declared
from reconciler.declarations.environments import Environment, Environments
from reconciler.declarations.fields import Declaration, Mode, NotYet, at
from reconciler.declarations.grant import EVERY_API, Grant, own_end
from reconciler.declarations.guardrails import Guardrails
from reconciler.declarations.product import Product
from reconciler.declarations.review import MissedReview, Review, Reviewed
from reconciler.declarations.rules import Rule
from reconciler.declarations.team import Team
from reconciler.declarations.yielding import yielded
from reconciler.naming import fill_in

__all__ = [
    "EVERY_API",
    "UNOWNED",
    "Api",
    "Backstage",
    "Declaration",
    "Declarations",
    "Declared",
    "Environment",
    "Environments",
    "Fragment",
    "Grant",
    "Guardrails",
    "MissedReview",
    "Mode",
    "NotYet",
    "OwnerMap",
    "Product",
    "Review",
    "Reviewed",
    "Rule",
    "Team",
    "at",
    "own_end",
    "yielded",
]


@dataclass(frozen=True, slots=True)
class Fragment:
    """A policy fragment as its owner wrote it."""

    text: str


@dataclass(frozen=True, slots=True)
class Declarations:
    """Everything that a folder declares."""

    environments: Mapping[str, Environment]
    guardrails: Guardrails
    owner_map: OwnerMap
    teams: Mapping[str, Declared[Team]]
    apis: tuple[Declared[Api], ...] = ()
    products: tuple[Declared[Product], ...] = ()
    grants: tuple[Declared[Grant], ...] = ()
    fragments: tuple[Declared[Fragment], ...] = ()
    backstage: Backstage = field(default_factory=Backstage)
    review: Review | None = None

    @property
    def files(self) -> dict[str, Declared[Any]]:
        """Grants and products by the file that each of them has to itself."""
        items: tuple[Declared[Any], ...] = (*self.grants, *self.products)
        return {item.path: item for item in items}

    def variables(self, environment: str) -> dict[str, str]:
        """Give what is filled in for `$(name)` in an environment; `env` is always its name."""
        return {**self.environments[environment].variables, "env": environment}

    def product_id(self, product: Declared[Product], environment: str) -> str:
        """Give a product's id in an environment's service: its own `id:`, or its name."""
        says = at(product.value, product.value.in_, environment)
        return fill_in(says.get("id") or product.name, self.variables(environment))
