"""A scene in, Problems of environments.yaml out."""

from collections.abc import Iterator

from reconciler.check.scene import Scene
from reconciler.errors import Problem
from reconciler.load import ENVIRONMENTS


def problems(scene: Scene) -> Iterator[Problem]:
    """Each environment is a service of its own, or the same one told apart by a variable."""
    if not scene.settings and ENVIRONMENTS not in scene.broken:
        yield scene.of_environments((), "no environment is declared", "name at least one service")
    first: dict[tuple[str, str], str] = {}
    for name, environment in scene.declarations.environments.items():
        same = first.setdefault((environment.service.lower(), str(sorted(environment.variables.items()))), name)
        if same != name:
            message = f"{name} and {same} are the same service with the same variables"
            yield scene.of_environments((name, "service"), message, "tell them apart by a variable")
        if "env" in environment.variables:
            keys = (name, "variables", "env")
            message = "`env` is always the environment's name"
            yield scene.of_environments(keys, message, "name the variable otherwise", at_key=True)
    if not scene.declarations.teams and not scene.broken:
        yield scene.of_environments((), "no team is declared", "write <team>/team.yaml")
