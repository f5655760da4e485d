"""A scene in; a Problem for each API or product that two declarations own, out."""

from collections.abc import Iterator

from reconciler.check.scene import Scene, Setting, where
from reconciler.declarations import Api, Declared, Product, at
from reconciler.errors import Problem


def problems(scene: Scene) -> Iterator[Problem]:
    """An API and a product have one owner each, in every environment."""
    first: dict[str, Declared[Product]] = {}
    for product in scene.declarations.products:
        other = first.setdefault(product.name, product)
        if other is not product:
            message = f"product `{product.name}` is also declared in {other.path}"
            yield scene.problem(product, (), message, "a product has one owner")
    for api in scene.declarations.apis:
        yield from scene.environments(api, api.value.environments or ())
    for setting in scene.settings:
        yield from _apis(scene, setting)
        yield from _products(scene, setting)


def _apis(scene: Scene, setting: Setting) -> Iterator[Problem]:
    first: dict[str, Declared[Api]] = {}
    for api in scene.declarations.apis:
        if api.value.environments and setting.name not in api.value.environments:
            continue
        yield from scene.unknown_variable(api, ("api",), api.value.api, setting)
        name = setting.fill_in(api.value.api)
        other = first.setdefault(name, api)
        if other is not api:
            line, _ = scene.places.find(other.path, (*other.keys, "api"))
            message = f"API `{name}` ({setting.name}) is also owned in {other.path}:{line}"
            yield scene.problem(api, ("api",), message, "an API has one owner")


def _products(scene: Scene, setting: Setting) -> Iterator[Problem]:
    first: dict[str, Declared[Product]] = {}
    for product in scene.declarations.products:
        if setting.name not in product.value.environments:
            continue
        text = at(product.value, product.value.in_, setting.name).get("id") or product.name
        keys = where(product.value.in_, setting, "id")
        yield from scene.unknown_variable(product, keys, text, setting)
        other = first.setdefault(setting.fill_in(text), product)
        if other is not product and other.name != product.name:
            message = f"product id `{setting.fill_in(text)}` ({setting.name}) is also that of {other.path}"
            yield scene.problem(product, keys, message, "a product has one owner")
