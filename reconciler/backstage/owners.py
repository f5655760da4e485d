"""Teams and the rule by which they are named in; the group that owns something, and the groups themselves, out."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.backstage.entity import Entities, Entity
from reconciler.backstage.estate import Estate
from reconciler.backstage.names import names
from reconciler.declarations import UNOWNED, Declared, Team, at

# @backstage/plugin-catalog-backend-module-msgraph 0.10, `normalizeEntityName`.
_OTHER: Final = re.compile(r"[^a-zA-Z0-9_\-.]")
_RUN: Final = re.compile(r"_+")


class Owners:
    """Names groups. `known` gives Entra groups' display names by object id, where Graph told them."""

    def __init__(self, estate: Estate, known: Mapping[str, str]) -> None:
        self._estate, self._known = estate, known
        self._ours = estate.declarations.backstage.groups == "ours"
        self._namespace = estate.declarations.backstage.namespace

    def reference(self, team: str) -> str:
        """Refer to the group that a team is. Existing groups are in the namespace where their provider puts them."""
        if self._ours or team == UNOWNED:
            return f"group:{self._namespace}/{_named(team)}"
        return f"group:default/{self._named_by_provider(self._estate.declarations.teams[team])}"

    def groups(self, entities: Entities) -> Iterator[Entity]:
        """Make a Group of each team, or, where others make them, of what has no owner yet alone."""
        for team in self._estate.declarations.teams.values():
            if self._ours or team.name == UNOWNED:
                yield self._group(entities, team)

    def unknown(self) -> tuple[str, ...]:
        """Name the teams whose group can only be guessed by the team's own name."""
        teams = self._estate.declarations.teams.values()
        return () if self._ours else tuple(t.name for t in teams if t.name != UNOWNED and self._title(t) is None)

    def _named_by_provider(self, team: Declared[Team]) -> str:
        name = _RUN.sub("_", _OTHER.sub("_", (self._title(team) or team.value.display_name).strip().lower()))
        return name.rstrip("_")

    def _title(self, team: Declared[Team]) -> str | None:
        return self._known.get(self._says(team).get("entra_group") or "")

    def _says(self, team: Declared[Team]) -> Mapping[str, Any]:
        return at(team.value, team.value.in_, self._estate.environment)

    def _group(self, entities: Entities, team: Declared[Team]) -> Entity:
        says, tenant = self._says(team), self._estate.settings.tenant
        annotations = {"apim-reconciler/team": team.name}
        if (group := says.get("entra_group")) and tenant:
            annotations |= {"graph.microsoft.com/group-id": group, "graph.microsoft.com/tenant-id": tenant}
        if team.value.github:
            annotations["github.com/team-slug"] = team.value.github
        profile = {"displayName": says["display_name"]} | ({"email": team.value.email} if team.value.email else {})
        return entities.entity(
            "Group",
            _named(team.name),
            {"type": "team", "profile": profile, "children": []},
            title=says["display_name"],
            description=team.value.description,
            annotations=annotations,
            path=team.path,
        )


def _named(team: str) -> str:
    """Name a group after its team: a longer name than Backstage takes ends in a digest."""
    return names([team])[team]
