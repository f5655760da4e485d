"""Entities by their path in, put into a service in that order by the rules of a PUT; a SeedError says what is wrong."""

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.associations import Association
from reconciler.emulator.errors import AzureError
from reconciler.emulator.routes import find
from reconciler.emulator.service import Service

Entities = Mapping[str, Mapping[str, Any]]


class SeedError(ValueError):
    """A seed that cannot be planted."""


def put_all(service: Service, entities: Entities) -> None:
    """Put entities such as `products/orders` or `products/orders/groups/partners`.

    A seed may say what only the server says (`builtIn`, `createdDate`), and may leave out what has an obvious value.
    What the service makes by itself is made only with `"auto": true`.
    """
    for path, properties in entities.items():
        try:
            _put(service, path, properties)
        except AzureError as error:
            reasons = "; ".join(item["message"] for item in error.details or ()) or error.message
            raise SeedError(f"{path}: {reasons}") from error


def _put(service: Service, path: str, properties: Mapping[str, Any]) -> None:
    found = find(tuple(path.strip("/").split("/")))
    if found is None or found.route.source is None:
        raise SeedError(f"{path}: not the path of an entity; write such as products/orders or products/orders/groups/a")
    if not isinstance(properties, Mapping):
        raise SeedError(f"{path}: its properties must be an object, not {type(properties).__name__}")
    if isinstance(found.route.source, Association):
        found.route.source.seed(service, found.names)
        return
    given = {name: value for name, value in properties.items() if name != "auto"}
    found.route.source.seed(service, found.names, given, additions=bool(properties.get("auto", False)))
