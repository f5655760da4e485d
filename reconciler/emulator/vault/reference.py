"""The secret identifier of a named value in, the secret's value and the status of the attempt out."""

import re
from dataclasses import dataclass

from reconciler.emulator.vault.errors import VaultError, disabled
from reconciler.emulator.vault.store import DEFAULT_VAULT, Vault, Vaults

_IDENTIFIER = re.compile(
    r"https://(?:(?P<vault>[^./:]+)\.vault\.(?:azure\.net|localhost)|localhost)(?::\d+)?"
    r"/secrets/(?P<name>[^/]+)(?:/(?P<version>[^/]*))?/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What came of it. The codes of failures are Key Vault's own, which is unverified."""

    code: str
    value: str | None = None
    message: str | None = None


def resolve(vaults: Vaults, identifier: str) -> Resolved | None:
    """Read a secret, its latest version where none is named; None for a vault that nobody ever mentioned here.

    Roles are not asked: which identity a service has at a vault is nothing that this Azure knows.
    """
    found = _IDENTIFIER.fullmatch(identifier)
    vault = vaults.known.get((found["vault"] or DEFAULT_VAULT).lower()) if found else None
    if found is None or vault is None:
        return None
    try:
        return Resolved("Success", _read(vault, found["name"], found["version"] or ""))
    except VaultError as error:
        return Resolved(error.inner or error.code, message=error.message)


def _read(vault: Vault, name: str, identifier: str) -> str:
    version = vault.find(name).version(identifier)
    if not version.enabled:
        raise disabled()
    return version.value
