"""A local Azure in, one file of all it holds, keys and secrets too, out, by way of a temporary one; and back again."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from reconciler.emulator.azure import Azure
from reconciler.emulator.seed import SeedError
from reconciler.emulator.service import Entity, Service
from reconciler.emulator.vault import keeping

_VERSION = 2


def save(azure: Azure, path: Path) -> None:
    """Write the state; whoever reads the file meets the old or the new one, never half of it."""
    with azure.lock:
        text = json.dumps(_state(azure))
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as temporary:
        temporary.write(text)
        temporary.flush()
        os.fsync(temporary.fileno())
    Path(temporary.name).replace(path)


def load(azure: Azure, path: Path) -> None:
    """Take over what a file holds. Operations that were running are taken for finished."""
    try:
        state = json.loads(path.read_text())
        if state.get("version") != _VERSION:
            raise SeedError(f"{path}: written by another version of the emulator")
        for client_id, scope, roles in state["roles"]:
            azure.grant(client_id, roles, scope)
        for client_id, application in state["applications"].items():
            azure.applications.plant(client_id, application)
        azure.directory.plant(state["directory"])
        keeping.restore(azure.vaults, state["vaults"])
        for held in state["services"]:
            service = _service(azure, held)
            azure.services[service.path.strip("/").lower()] = service
        azure.workspaces.restore(state.get("workspaces", {}))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise (
            error if isinstance(error, SeedError) else SeedError(f"{path}: not a state file of the emulator")
        ) from error


def _state(azure: Azure) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "roles": azure.roles.as_json(),
        "applications": azure.applications.as_json(),
        "directory": azure.directory.as_json(),
        "vaults": keeping.as_json(azure.vaults),
        "workspaces": azure.workspaces.as_json(),
        "services": [
            {
                "path": service.path,
                "counter": service.counter,
                "tier": service.tier,
                "usage": service.usage.as_json(),
                "entities": [
                    [entity.segments, entity.properties, entity.version, entity.secrets]
                    for rows in service.collections.values()
                    for entity in rows.values()
                ],
                "links": {relation: list(links.labelled()) for relation, links in service.relations.items()},
            }
            for service in azure.services.values()
        ],
    }


def _service(azure: Azure, held: dict[str, Any]) -> Service:
    service = Service(held["path"], azure.settings, azure.outside)
    service.counter = held["counter"]
    service.tier = held.get("tier", service.tier)
    service.usage.restore(held.get("usage", []))
    for segments, properties, version, hidden in held["entities"]:
        service.restore(Entity(tuple(segments[:-1]), segments[-1], properties, version, hidden))
    for relation, pairs in held["links"].items():
        for left, right, label in pairs:
            service.links(relation).add(left, right, label)
    return service
