"""Ids of workspaces in, which services send their gateway log to each out: as diagnostic settings say it in Azure."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Workspaces:
    """The workspaces of one local Azure. A service sends its log to one at most."""

    _of: dict[str, str] = field(default_factory=dict)  # the path of a service, in small letters: the workspace's id

    def send(self, service: str, workspace: str) -> None:
        """Let a service send its log from now on; what it counted before is there, too, so that seeds may fill it."""
        self._of[service.strip("/").lower()] = str(uuid.UUID(workspace))

    def services(self, workspace: str) -> frozenset[str] | None:
        """Give the paths of the services that log there, in small letters; None where there is no such workspace."""
        found = frozenset(path for path, known in self._of.items() if known == workspace.lower())
        return found or None

    def clear(self) -> None:
        self._of.clear()

    def as_json(self) -> dict[str, str]:
        return dict(self._of)

    def restore(self, held: Mapping[str, str]) -> None:
        self._of = dict(held)
