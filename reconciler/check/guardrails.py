"""A scene in, Problems of what guardrails.yaml says about rotation out."""

from collections.abc import Iterator

from reconciler.check.scene import Keys, Scene
from reconciler.declarations import Declared, Guardrails, Product
from reconciler.errors import Problem
from reconciler.load import GUARDRAILS


def problems(scene: Scene) -> Iterator[Problem]:
    """What holds where a product says nothing must be possible, too."""
    rules = scene.declarations.guardrails
    if rules.rotation is not None:
        here = Declared("", "", rules, GUARDRAILS)
        yield from too_often(scene, here, ("rotation",), rules.rotation)


def too_often(
    scene: Scene, item: Declared[Guardrails] | Declared[Product], keys: Keys, rotation: int
) -> Iterator[Problem]:
    """A key must have ended, and the new one been alone for as long, before the next is made."""
    overlap = scene.declarations.guardrails.rotation_overlap
    if rotation < 2 * overlap:
        message = f"a rotation of {rotation} days is too short: the old key goes on for {overlap} days beside the new"
        hint = f"write {2 * overlap} days or more, or a shorter `rotation_overlap` in guardrails.yaml"
        yield scene.problem(item, keys, message, hint)
