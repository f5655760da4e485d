"""Secrets and their versions in, the same by name, as Key Vault keeps them, out; it enforces no permission."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.emulator.settings import Settings
from reconciler.emulator.vault.errors import (
    absent,
    bad_parameter,
    being_deleted,
    deleted_but_recoverable,
    not_deleted,
    purged_too_soon,
)

DEFAULT_VAULT = "default"
RETENTION_DAYS = 90  # of soft-deleted secrets by default (Microsoft's page "Soft-delete overview")
DAY = 86_400
_VAULT_NAME = re.compile(r"[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]")  # quoted in azure-docs #92981


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a secret. Only its attributes, its content type and its tags can change."""

    identifier: str  # 32 hex (Microsoft's page on keys, secrets and certificates)
    value: str
    created: int
    updated: int
    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None
    content_type: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Secret:
    """A name and its versions, the oldest first; the name is spelled as it was first written."""

    name: str
    versions: dict[str, Version] = field(default_factory=dict)
    deleted: int | None = None  # when
    polls_left: int = 0  # how often the deleted secret is not to be seen yet

    @property
    def latest(self) -> Version:
        return list(self.versions.values())[-1]

    def version(self, identifier: str) -> Version:
        """Give a version, the latest where none is named."""
        if not identifier:
            return self.latest
        found = self.versions.get(identifier.lower())
        if found is None:
            raise absent(f"{self.name}/{identifier}")
        return found


class Vault:
    """One vault: live secrets and soft-deleted ones, by name without regard to case."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.live: dict[str, Secret] = {}
        self.gone: dict[str, Secret] = {}
        self._settings = settings

    def set(self, name: str, value: str, **rest: Any) -> Version:
        """Write a new version: `vault.set("key", "...", tags={"owner": "checkout"}, content_type="text/plain")`."""
        self._refuse_deleted(name)
        now = self._now()
        version = Version(secrets.token_hex(16), value, now, now, **rest)
        self.live.setdefault(name.lower(), Secret(name)).versions[version.identifier] = version
        return version

    def update(self, name: str, identifier: str, **changed: Any) -> Version:
        """Change what can be changed of a version."""
        secret = self.find(name)
        version = replace(secret.version(identifier), updated=self._now(), **changed)
        secret.versions[version.identifier] = version
        return version

    def value(self, name: str, identifier: str = "") -> str:
        """Give a value without a request, for tests."""
        return self.find(name).version(identifier).value

    def find(self, name: str) -> Secret:
        found = self.live.get(name.lower())
        if found is None:
            raise absent(name)
        return found

    def delete(self, name: str) -> Secret:
        """Delete softly. While operations are slow it takes some polls until the deleted secret can be seen."""
        secret = self.find(name)
        secret.deleted, secret.polls_left = self._now(), self._settings.slow_polls
        self.gone[name.lower()] = self.live.pop(name.lower())
        return secret

    def find_deleted(self, name: str) -> Secret:
        """Find a soft-deleted secret; asking is what brings a slow deletion forward."""
        found = self._gone(name)
        if found.polls_left:
            found.polls_left -= 1
            raise not_deleted(name)
        return found

    def recover(self, name: str) -> Secret:
        secret = self._settled(name)
        secret.deleted = None
        self.live[name.lower()] = self.gone.pop(name.lower())
        return secret

    def purge(self, name: str) -> None:
        self._settled(name)
        del self.gone[name.lower()]

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Give what is there without any value: content type, tags, whether enabled, how many versions."""
        return {
            secret.name: {
                "contentType": secret.latest.content_type,
                "tags": dict(secret.latest.tags),
                "enabled": secret.latest.enabled,
                "versions": len(secret.versions),
            }
            for secret in self.live.values()
        }

    def all_deleted(self) -> list[Secret]:
        """Give the soft-deleted secrets; those that have been kept long enough are gone for good."""
        limit = self._now() - RETENTION_DAYS * DAY
        self.gone = {name: secret for name, secret in self.gone.items() if (secret.deleted or 0) > limit}
        return [secret for secret in self.gone.values() if not secret.polls_left]

    def _gone(self, name: str) -> Secret:
        self.all_deleted()
        found = self.gone.get(name.lower())
        if found is None:
            raise not_deleted(name)
        return found

    def _settled(self, name: str) -> Secret:
        found = self._gone(name)
        if found.polls_left:
            raise purged_too_soon()
        return found

    def _refuse_deleted(self, name: str) -> None:
        self.all_deleted()
        gone = self.gone.get(name.lower())
        if gone is not None:
            raise being_deleted(gone.name) if gone.polls_left else deleted_but_recoverable(gone.name)

    def _now(self) -> int:
        return int(self._settings.clock())


class Vaults:
    """The vaults of one local Azure; one that nobody mentioned before is empty."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.known: dict[str, Vault] = {}
        self._settings = settings or Settings()

    def of(self, name: str) -> Vault:
        lowered = name.lower()
        if not _VAULT_NAME.fullmatch(lowered):
            raise bad_parameter(f"The vault name '{name}' is invalid.")
        return self.known.setdefault(lowered, Vault(lowered, self._settings))

    def clear(self) -> None:
        self.known.clear()
