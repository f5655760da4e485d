"""A scene in, Problems of backstage.yaml out: teams that are not there."""

from collections.abc import Iterator

from reconciler.check.scene import Scene
from reconciler.declarations import Declared
from reconciler.errors import Problem
from reconciler.load import BACKSTAGE
from reconciler.words import did_you_mean


def problems(scene: Scene) -> Iterator[Problem]:
    """Who answers for a system or a domain is a team."""
    settings = scene.declarations.backstage
    here = Declared("", "", settings, BACKSTAGE)
    owned = [("systems", name, each.owner) for name, each in settings.systems.items()]
    owned += [("domains", name, each.owner) for name, each in settings.domains.items()]
    for part, name, owner in owned:
        if owner is not None and owner not in scene.declarations.teams and not scene.any_broken("team.yaml"):
            hint = did_you_mean(owner, scene.declarations.teams) or "a team is a folder with a team.yaml"
            yield scene.problem(here, (part, name, "owner"), f"there is no team `{owner}`", hint)
