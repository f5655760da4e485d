"""A seed file in; principals and services in a local Azure out, or a SeedError that says what is wrong."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from reconciler.emulator.azure import Azure
from reconciler.emulator.seed import SeedError
from reconciler.emulator.vault import keeping

_TOP = frozenset({"applications", "directory", "principals", "services", "vaults"})
_SERVICE = frozenset({"fresh", "tier", "entities", "usage", "workspace"})


def plant(azure: Azure, path: Path) -> None:
    try:
        seed = json.loads(path.read_text())
    except OSError as error:
        raise SeedError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SeedError(f"{path}: not JSON: {error}") from error
    try:
        plant_values(azure, seed)
    except SeedError as error:
        raise SeedError(f"{path}: {error}") from error


def plant_values(azure: Azure, seed: Any) -> None:
    """Plant a seed. Every part may be left out.

    {"principals": {client: role, or {"role", "scope"}, or a list of these},
     "applications": {client: {"secrets", "federated", "roles", "exposes"}},
     "directory": {"groups": {id: {"displayName", "members"}}, "users": {id: {"displayName"}},
                   "servicePrincipals": {id: {"displayName", "appId", "accountEnabled"}}},
     "vaults": {vault: {secret: value, or {"value", "tags", "contentType", "attributes"}}},
     "services": {path: {"fresh": bool, "tier": "Developer", "entities": {...},
     "usage": [{"subscription", "product", "api", "calls", "blocked", "failed", "other", "bandwidth", "when", "traces"}
     ],
     "workspace": id}}}
    """
    _keys("a seed", seed, _TOP)
    for client_id, role in _object("principals", seed.get("principals", {})).items():
        try:
            _grant(azure, client_id, role)
        except (ValueError, AttributeError) as error:
            raise SeedError(f"principals: {client_id}: {error}") from error
    for client_id, application in _object("applications", seed.get("applications", {})).items():
        try:
            azure.applications.plant(client_id, _object(client_id, application))
        except (ValueError, AttributeError) as error:
            raise SeedError(f"applications: {client_id}: {error}") from error
    for part, planted in (
        ("directory", azure.directory.plant),
        ("vaults", partial(keeping.plant, azure.vaults)),
    ):
        try:
            planted(_object(part, seed.get(part, {})))
        except (ValueError, TypeError, AttributeError) as error:
            raise SeedError(f"{part}: {error}") from error
    for service, held in _object("services", seed.get("services", {})).items():
        _plant_service(azure, service, held)


def _plant_service(azure: Azure, path: str, held: Any) -> None:
    _keys(path, held, _SERVICE)
    fresh = held.get("fresh", True)
    if not isinstance(fresh, bool):
        raise SeedError(f"{path}: fresh must be true or false")
    entities = _object(f"{path}: entities", held.get("entities", {}))
    try:
        azure.seed(path, entities, fresh=fresh, tier=held.get("tier"))
        for calls in held.get("usage", []):
            azure.used(path, **calls)
        if workspace := held.get("workspace"):
            azure.log_to(path, workspace)
    except (TypeError, ValueError) as error:
        raise error if isinstance(error, SeedError) else SeedError(f"{path}: {error}") from error


def _grant(azure: Azure, client_id: str, described: Any) -> None:
    by_scope: dict[str, list[Any]] = {}
    for each in described if isinstance(described, list) else [described]:
        is_scoped = isinstance(each, dict) and set(each) == {"role", "scope"}
        role, scope = (each["role"], each["scope"]) if is_scoped else (each, "/")
        by_scope.setdefault(scope, []).append(role)
    for scope, roles in by_scope.items():
        azure.grant(client_id, roles, scope)


def _keys(what: str, value: Any, allowed: frozenset[str]) -> None:
    unknown = sorted(set(_object(what, value)) - allowed)
    if unknown:
        raise SeedError(f"{what}: unknown {', '.join(unknown)}; known are {', '.join(sorted(allowed))}")


def _object(what: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SeedError(f"{what} must be an object")
    return value
