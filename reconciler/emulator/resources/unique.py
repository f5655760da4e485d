"""A change in, nothing out, or the error of a name, an e-mail address or a path that something else has already."""

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.errors import AzureError, detail, incorrect
from reconciler.emulator.resources.resource_type import Change


def taken_name(change: Change, properties: Mapping[str, Any], words: str) -> AzureError | None:
    """Display names of tags, named values and products; the target is `name` (Azure/apiops #855, #837, #606)."""
    held = _held_by_another(change, "displayName", properties["displayName"].casefold())
    return incorrect(detail("name", words)) if held else None


def refuse_taken_email(change: Change, properties: Mapping[str, Any]) -> None:
    """Unverified, wording and all; `Settings.unique_emails` turns it off."""
    taken = _held_by_another(change, "email", properties["email"].casefold())
    if taken and change.service.settings.unique_emails:
        raise incorrect(detail("email", "User with the same email already exists."))


def refuse_taken_path(change: Change, properties: Mapping[str, Any]) -> None:
    """Quoted, with its two spaces, in Azure/apiops #343; the same path is for the versions of one version set.

    That the versions of a set must differ, and how that is said, is unverified. `Settings.unique_paths` turns both off.
    """
    if not change.service.settings.unique_paths:
        return
    path, mine = properties["path"], _version(properties)
    name = _base(change.name)
    for other in change.service.indexes.found("apis", "path", path.strip("/").casefold()):
        if _base(other.name) == name:
            continue
        theirs = _version(other.properties)
        clash = f"Cannot create API '{name}' with the same Path '{path}' as API '{_base(other.name)}' "
        if not mine[0] or mine[0] != theirs[0]:
            raise incorrect(detail("path", f"{clash} unless it's a part of the same version set"))
        if mine == theirs:
            raise incorrect(detail("apiVersion", f"{clash} and the same version '{mine[1]}'"))


def _held_by_another(change: Change, label: str, value: str) -> bool:
    held = change.service.indexes.found(change.collection[-1], label, value)
    return any(other.name != change.name for other in held)


def _base(name: str) -> str:
    """Revisions of an API share its path."""
    return name.partition(";rev=")[0]


def _version(properties: Mapping[str, Any]) -> tuple[str, str]:
    return str(properties.get("apiVersionSetId") or "").rpartition("/")[2], str(properties.get("apiVersion") or "")
