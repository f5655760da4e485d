"""A scene in; a Problem for each key that the language has and this version does not enforce, out."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from reconciler.check.scene import Keys, Scene
from reconciler.declarations import Declared, NotYet
from reconciler.errors import Problem


def problems(scene: Scene) -> Iterator[Problem]:
    """A rule that is written down and not in force would be a false promise, so it is refused."""
    items: tuple[Declared[Any], ...] = (*scene.declarations.products, *scene.declarations.grants)
    for item in items:
        yield from _in(scene, item, item.value, ())
        for environment, overlay in item.value.in_.items():
            yield from _in(scene, item, overlay, ("in", environment))


def _in(scene: Scene, item: Declared[Any], model: BaseModel, keys: Keys) -> Iterator[Problem]:
    for name, field in type(model).model_fields.items():
        if name in model.model_fields_set and any(isinstance(each, NotYet) for each in field.metadata):
            yield scene.problem(item, (*keys, name), f"`{name}` is not supported yet", "leave it out", at_key=True)
