"""Declarations in; the team that answers for a thing in a service out, or None where the platform team must."""

from functools import cached_property

from reconciler.compile import Compiled
from reconciler.compile import compile as meaning
from reconciler.declarations import UNOWNED, Declarations
from reconciler.naming import fill_in
from reconciler.resource import Address


class Owners:
    """Whose something is, by its name in each service."""

    def __init__(self, declarations: Declarations) -> None:
        self._declarations = declarations

    def of(self, environment: str, kind: str, name: tuple[str, ...], product: str | None) -> str | None:
        """Name who owns the product that it is about, else the API, else whoever declares the thing itself."""
        meant = self._meant.get(environment)
        if meant is None:
            return None
        if product is not None:
            return self.of_product(environment, product)
        if kind.startswith("api"):
            return self.of_api(environment, name[0])
        found = meant.state.get(Address(kind, name))
        return _team(found.origin.team if found and found.origin else None)

    def of_product(self, environment: str, product: str) -> str | None:
        """Name the owner of a product, by its id."""
        meant = self._meant.get(environment)
        governed = meant.products.get(product) if meant else None
        return _team(governed.owner if governed else None)

    def of_api(self, environment: str, api: str) -> str | None:
        """Name the owner of an API, by its id."""
        if environment not in self._declarations.environments:
            return None
        variables = self._declarations.variables(environment)
        owners = (each.team for each in self._declarations.apis if fill_in(each.value.api, variables) == api)
        return _team(next(owners, None))

    @cached_property
    def _meant(self) -> dict[str, Compiled]:
        return {name: meaning(self._declarations, name, day=None) for name in self._declarations.environments}


def _team(name: str | None) -> str | None:
    return None if name == UNOWNED else name
