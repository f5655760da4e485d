"""A scene in, Problems of policy fragments out: documents that Azure would refuse, names that two teams use."""

from collections.abc import Iterator
from dataclasses import replace

from reconciler.check.scene import Scene
from reconciler.errors import Problem
from reconciler.policy.fragments import check_fragment
from reconciler.policy.tokens import PolicyError


def problems(scene: Scene) -> Iterator[Problem]:
    """A fragment's name is its file's, and the service has one of it."""
    first: dict[str, str] = {}
    for fragment in scene.declarations.fragments:
        other = first.setdefault(fragment.name, fragment.path)
        if other != fragment.path:
            message = f"fragment `{fragment.name}` is also declared in {other}"
            yield scene.problem(fragment, (), message, "a fragment has one owner")
        try:
            check_fragment(fragment.value.text)
        except PolicyError as error:
            place = scene.problem(fragment, (), error.message)
            yield replace(place, line=error.line, column=error.column)
