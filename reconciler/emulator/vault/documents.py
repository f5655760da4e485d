"""Secrets in, what Key Vault shows of them out; lists never hold a value.

Shapes are the spec's (azure-rest-api-specs, Key Vault 7.4, secrets.json); recovery level and days are those of a vault
with soft-delete that may be purged. That `tags` is left out where there are none is unverified.
"""

from typing import Any

from reconciler.emulator.vault.store import DAY, RETENTION_DAYS, Secret, Version

_RECOVERY = {"recoveryLevel": "Recoverable+Purgeable", "recoverableDays": RETENTION_DAYS}


def bundle(base: str, secret: Secret, version: Version, *, with_value: bool = False) -> dict[str, Any]:
    """Show one version."""
    shown = {"id": f"{base}/secrets/{secret.name}/{version.identifier}", **_held(version)}
    return {"value": version.value, **shown} if with_value else shown


def item(base: str, secret: Secret) -> dict[str, Any]:
    """Show a secret in a list: its id names no version."""
    return {"id": f"{base}/secrets/{secret.name}", **_held(secret.latest)}


def deleted_bundle(base: str, secret: Secret) -> dict[str, Any]:
    return {**_deletion(base, secret), **bundle(base, secret, secret.latest)}


def deleted_item(base: str, secret: Secret) -> dict[str, Any]:
    return {**_deletion(base, secret), **item(base, secret)}


def _deletion(base: str, secret: Secret) -> dict[str, Any]:
    deleted = secret.deleted or 0
    return {
        "recoveryId": f"{base}/deletedsecrets/{secret.name}",
        "deletedDate": deleted,
        "scheduledPurgeDate": deleted + RETENTION_DAYS * DAY,
    }


def _held(version: Version) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "enabled": version.enabled,
        "nbf": version.not_before,
        "exp": version.expires,
        "created": version.created,
        "updated": version.updated,
        **_RECOVERY,
    }
    shown = {
        "contentType": version.content_type,
        "attributes": {name: value for name, value in attributes.items() if value is not None},
        "tags": dict(version.tags) or None,
    }
    return {name: value for name, value in shown.items() if value is not None}
