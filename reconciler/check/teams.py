"""A scene in, Problems of team.yaml files out: groups that collide, or are Azure's own."""

from collections.abc import Iterator

from reconciler.check.scene import Scene
from reconciler.declarations import Declared, Team
from reconciler.errors import Problem
from reconciler.load import ENVIRONMENTS
from reconciler.words import did_you_mean

_BUILT_IN = frozenset({"administrators", "developers", "guests"})


def problems(scene: Scene) -> Iterator[Problem]:
    """A team is one group in API Management, and no other team's."""
    groups: dict[str, Declared[Team]] = {}
    entra: dict[str, Declared[Team]] = {}
    for team in scene.declarations.teams.values():
        group = team.value.group or team.name
        keys = ("group",) if team.value.group else ()
        if group.lower() in _BUILT_IN:
            message = f"`{group}` is a built-in group of API Management"
            yield scene.problem(team, keys, message, "name another group by `group:`, or the team otherwise")
        other = groups.setdefault(group, team)
        if other is not team:
            message = f"group `{group}` is also that of team {other.name}"
            yield scene.problem(team, keys, message, "name another by `group:`")
        yield from _entra(scene, team, entra)
        yield from _vaults(scene, team)


def _entra(scene: Scene, team: Declared[Team], seen: dict[str, Declared[Team]]) -> Iterator[Problem]:
    if team.value.entra_group is None:
        return
    for setting in scene.settings:
        if setting.environment.tenant is None:
            message = f"an Entra group needs the `tenant` of {setting.name}"
            yield scene.problem(team, ("entra_group",), message, "add `tenant:` in environments.yaml")
    other = seen.setdefault(team.value.entra_group, team)
    if other is not team:
        message = f"this Entra group is also that of team {other.name}"
        yield scene.problem(team, ("entra_group",), message, "a group stands for one team")


def _vaults(scene: Scene, team: Declared[Team]) -> Iterator[Problem]:
    for name in team.value.key_vault or ():
        if ENVIRONMENTS not in scene.broken and name not in scene.declarations.environments:
            hint = did_you_mean(name, scene.declarations.environments)
            message = f"environment `{name}` is not in environments.yaml"
            yield scene.problem(team, ("key_vault", name), message, hint, at_key=True)
