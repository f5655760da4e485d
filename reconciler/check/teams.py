"""A scene in, Problems of team.yaml files out: groups that collide, or are Azure's own."""

from collections.abc import Iterator

from reconciler.check.scene import Scene, Setting, where
from reconciler.declarations import UNOWNED, Declared, Team, at
from reconciler.declarations.team import BUILT_IN_GROUPS
from reconciler.errors import Problem
from reconciler.load import ENVIRONMENTS
from reconciler.words import did_you_mean


def problems(scene: Scene) -> Iterator[Problem]:
    """A team is one group in API Management, and no other team's."""
    first = {setting.name: (dict[str, Declared[Team]](), dict[str, Declared[Team]]()) for setting in scene.settings}
    for team in scene.declarations.teams.values():
        for name in team.value.in_:
            if ENVIRONMENTS not in scene.broken and name not in scene.declarations.environments:
                yield _no_environment(scene, team, ("in", name))
        yield from _vaults(scene, team)
        for setting in scene.settings:
            groups, entra = first[setting.name]
            yield from _group(scene, team, setting, groups)
            yield from _entra(scene, team, setting, entra)


def _group(scene: Scene, team: Declared[Team], setting: Setting, seen: dict[str, Declared[Team]]) -> Iterator[Problem]:
    if team.name == UNOWNED:
        return  # nobody is in it
    named = at(team.value, team.value.in_, setting.name).get("group")
    group, keys = named or team.name, where(team.value.in_, setting, "group") if named else ()
    if group.lower() in BUILT_IN_GROUPS:
        message = f"`{group}` is a built-in group of API Management"
        yield scene.problem(team, keys, message, "name another group by `group:`, or the team otherwise")
    other = seen.setdefault(group, team)
    if other is not team:
        message = f"group `{group}` is also that of team {other.name}"
        yield scene.problem(team, keys, message, "name another by `group:`")


def _entra(scene: Scene, team: Declared[Team], setting: Setting, seen: dict[str, Declared[Team]]) -> Iterator[Problem]:
    group, keys = at(team.value, team.value.in_, setting.name).get("entra_group"), ("entra_group",)
    if group is None:
        return
    if setting.environment.tenant is None:
        message = f"an Entra group needs the `tenant` of {setting.name}"
        yield scene.problem(team, where(team.value.in_, setting, *keys), message, "add `tenant:` in environments.yaml")
    other = seen.setdefault(group, team)
    if other is not team:
        message = f"this Entra group is also that of team {other.name}"
        yield scene.problem(team, where(team.value.in_, setting, *keys), message, "a group stands for one team")


def _vaults(scene: Scene, team: Declared[Team]) -> Iterator[Problem]:
    for name in team.value.key_vault or ():
        if ENVIRONMENTS not in scene.broken and name not in scene.declarations.environments:
            yield _no_environment(scene, team, ("key_vault", name))


def _no_environment(scene: Scene, team: Declared[Team], keys: tuple[str, str]) -> Problem:
    hint = did_you_mean(keys[1], scene.declarations.environments)
    return scene.problem(team, keys, f"environment `{keys[1]}` is not in environments.yaml", hint, at_key=True)
