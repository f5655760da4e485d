"""Vaults in, JSON for a state file out, values and all; and back, also from what a seed says."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reconciler.emulator.vault import bodies, requests
from reconciler.emulator.vault.errors import VaultError
from reconciler.emulator.vault.store import Secret, Vaults, Version


def as_json(vaults: Vaults) -> dict[str, Any]:
    """Give everything; whoever holds the file holds the secrets."""
    return {vault.name: {"live": _secrets(vault.live), "gone": _secrets(vault.gone)} for vault in vaults.known.values()}


def restore(vaults: Vaults, held: Mapping[str, Any]) -> None:
    for name, parts in held.items():
        vault = vaults.of(name)
        vault.live, vault.gone = (
            {secret["name"].lower(): _secret(secret) for secret in parts[part]} for part in ("live", "gone")
        )


def plant(vaults: Vaults, described: Mapping[str, Any]) -> None:
    """Set `{vault: {secret: value, or {"value", "tags", "contentType", "attributes"}}}`; raise ValueError with why."""
    for vault, secrets in described.items():
        if not isinstance(secrets, Mapping):
            raise ValueError(f"{vault} must be an object")  # noqa: TRY004  the seed's one kind of mistake
        for name, given in secrets.items():
            body = {"value": given} if isinstance(given, str) else given
            if not isinstance(body, Mapping) or set(body) - {"value", "tags", "contentType", "attributes"}:
                raise ValueError(f"{vault}: {name}: a value, or an object of value, tags, contentType and attributes")
            if not requests.is_name(name):
                raise ValueError(f"{vault}: {name}: a name is of letters, digits and hyphens")
            try:
                vaults.of(vault).set(name, bodies.value_of(body), **bodies.settings_of(body))
            except VaultError as error:
                raise ValueError(f"{vault}: {name}: {error.message}") from error


def _secrets(secrets: Mapping[str, Secret]) -> list[dict[str, Any]]:
    return [asdict(secret) for secret in secrets.values()]


def _secret(held: Mapping[str, Any]) -> Secret:
    versions = {identifier: Version(**version) for identifier, version in held["versions"].items()}
    return Secret(held["name"], versions, held["deleted"], held["polls_left"])
