"""Declarations, environments and a day in; what gathering asks of them, made once, out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from reconciler.compile import as_of
from reconciler.declarations import Api, Declarations, Declared, Product, at
from reconciler.lasting import Lasting
from reconciler.naming import fill_in
from reconciler.questions import Can, Sides


class Scene:
    """What is declared, with the one answer of each environment."""

    def __init__(self, declarations: Declarations, environments: Sequence[str], day: date) -> None:
        self.declarations, self.environments, self.day = declarations, environments, day
        self.lasting = Lasting(declarations)
        self.answers: Mapping[str, Sequence[Can]] = {
            name: Sides(*as_of(declarations, name, day)).answers() for name in environments
        }
        self._written: dict[tuple[str, str], str] = {}
        for api in declarations.apis:
            self._written |= dict.fromkeys(self.ids(api).items(), api.value.api)

    def ids(self, api: Declared[Api]) -> dict[str, str]:
        """Give an API's id in each environment where it is declared."""
        return {
            name: self.id(name, api.value.api)
            for name in self.environments
            if api.value.environments is None or name in api.value.environments
        }

    def id(self, environment: str, text: str) -> str:
        """Give the id that an API has in an environment, by its name as somebody writes it."""
        return fill_in(text, self.declarations.variables(environment))

    def written(self, environment: str, text: str) -> str | None:
        """Give an API as its owner writes it, by how somebody else does."""
        return self._written.get((environment, self.id(environment, text)))

    def says(self, product: Declared[Product]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give what a product says in each environment."""
        for name in self.environments:
            if name in product.value.environments:
                yield name, at(product.value, product.value.in_, name)

    def apis_of(self, product: Declared[Product]) -> Iterator[tuple[str, str]]:
        """Give each environment and API of a product."""
        for name, says in self.says(product):
            for text in says.get("apis") or ():
                if found := self.written(name, text):
                    yield name, found
