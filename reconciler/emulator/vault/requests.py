"""A request at one vault in, which permission it needs and what does it out."""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from reconciler.emulator.vault import bodies
from reconciler.emulator.vault.documents import bundle, deleted_bundle, deleted_item, item
from reconciler.emulator.vault.errors import VaultError, bad_parameter, disabled
from reconciler.emulator.vault.store import Secret, Vault
from reconciler.emulator.wire import Answer, Call

_DEEPEST = 3  # segments
_PAGE = 25  # the spec's largest and default
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")


@dataclass(frozen=True, slots=True)
class Visit:
    """A request whose path has been understood; `version` is empty for the latest."""

    call: Call
    vault: Vault
    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a request comes to: `action` is the data action, after `Microsoft.KeyVault/vaults/secrets/`."""

    action: str
    visit: Visit
    handler: Callable[[Visit], Answer]

    @property
    def writes(self) -> bool:
        return self.action not in {"getSecret/action", "readMetadata/action"}

    def answer(self) -> Answer:
        return self.handler(self.visit)


def find(call: Call, vault: Vault) -> Found:
    """Match a path of the spec, its fixed segments without regard to case."""
    first, name, last = (*call.segments, "", "", "")[:3]
    if name and not is_name(name):
        raise bad_parameter(f"The request URI contains an invalid name: {name}")
    fixed = last.lower() if last.lower() in _FIXED else "{}"
    shape = "/".join([first.lower(), "{}", fixed][: len(call.segments)])
    entry = _TABLE.get((call.method, shape)) if len(call.segments) <= _DEEPEST else None
    if entry is None:
        raise VaultError(405, "MethodNotAllowed", "The local Azure does not serve this for a vault.")  # unverified
    action, handler = entry
    return Found(action, Visit(call, vault, name, "" if fixed == last.lower() else last), handler)


def is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text))


def _get(visit: Visit) -> Answer:
    """Give the value. Expiry and not-before inform, they forbid nothing (Microsoft's page "About secrets")."""
    secret = visit.vault.find(visit.name)
    version = secret.version(visit.version)
    if not version.enabled:
        raise disabled()
    return Answer(200, bundle(visit.call.base_url, secret, version, with_value=True))


def _set(visit: Visit) -> Answer:
    """Write a version, which takes over nothing from the one before; the answer holds the value (spec)."""
    body = bodies.read(visit.call.body)
    version = visit.vault.set(visit.name, bodies.value_of(body), **bodies.settings_of(body))
    return Answer(200, bundle(visit.call.base_url, visit.vault.find(visit.name), version, with_value=True))


def _update(visit: Visit) -> Answer:
    """Change what the body names and leave the rest (spec); that tags are replaced as a whole is unverified."""
    version = visit.vault.update(visit.name, visit.version, **bodies.settings_of(bodies.read(visit.call.body)))
    return Answer(200, bundle(visit.call.base_url, visit.vault.find(visit.name), version))


def _delete(visit: Visit) -> Answer:
    return Answer(200, deleted_bundle(visit.call.base_url, visit.vault.delete(visit.name)))


def _get_deleted(visit: Visit) -> Answer:
    return Answer(200, deleted_bundle(visit.call.base_url, visit.vault.find_deleted(visit.name)))


def _recover(visit: Visit) -> Answer:
    secret = visit.vault.recover(visit.name)
    return Answer(200, bundle(visit.call.base_url, secret, secret.latest))


def _purge(visit: Visit) -> Answer:
    visit.vault.purge(visit.name)
    return Answer(204)


def _list(visit: Visit) -> Answer:
    rows = _sorted(list(visit.vault.live.values()))
    return _page(visit.call, [item(visit.call.base_url, secret) for secret in rows])


def _list_deleted(visit: Visit) -> Answer:
    rows = _sorted(visit.vault.all_deleted())
    return _page(visit.call, [deleted_item(visit.call.base_url, secret) for secret in rows])


def _versions(visit: Visit) -> Answer:
    """Order versions by their ids, so that they do not come as they were made (lowkey-vault #467)."""
    secret = visit.vault.find(visit.name)
    ordered = sorted(secret.versions.values(), key=lambda version: version.identifier)
    return _page(visit.call, [bundle(visit.call.base_url, secret, version) for version in ordered])


def _sorted(rows: Sequence[Secret]) -> list[Secret]:
    """Order by name; that Key Vault does so is unverified."""
    return sorted(rows, key=lambda secret: secret.name.lower())


def _page(call: Call, rows: Sequence[Mapping[str, Any]]) -> Answer:
    """Answer a page; `nextLink` is null on the last (spec)."""
    size, skip = _size(call.query.get("maxresults", "")), _skipped(call.query.get("$skiptoken", ""))
    link = None
    if skip + size < len(rows):
        token = base64.urlsafe_b64encode(f"skip {skip + size}".encode()).decode()
        query = urlencode({**call.query, "$skiptoken": token}, quote_via=quote)
        link = f"{call.base_url}{quote(call.path)}?{query}"
    return Answer(200, {"value": rows[skip : skip + size], "nextLink": link})


def _size(text: str) -> int:
    """Refuse more than 25 (azure-sdk-for-net #19802)."""
    if text and (not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _PAGE):
        raise bad_parameter(f"maxresults must be between 1 and {_PAGE}.")
    return int(text) if text else _PAGE


def _skipped(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("skip ")) if token else 0
    except ValueError as error:
        raise bad_parameter("$skiptoken is invalid.") from error


_FIXED = frozenset({"versions", "recover"})
_TABLE: Mapping[tuple[str, str], tuple[str, Callable[[Visit], Answer]]] = {
    # The data actions are those of Microsoft's page of resource provider operations; that PATCH needs `update/action`
    # and reading one deleted secret `readMetadata/action` is unverified.
    ("GET", "secrets"): ("readMetadata/action", _list),
    ("GET", "secrets/{}"): ("getSecret/action", _get),
    ("GET", "secrets/{}/{}"): ("getSecret/action", _get),
    ("GET", "secrets/{}/versions"): ("readMetadata/action", _versions),
    ("PUT", "secrets/{}"): ("setSecret/action", _set),
    ("PATCH", "secrets/{}"): ("update/action", _update),
    ("PATCH", "secrets/{}/{}"): ("update/action", _update),
    ("DELETE", "secrets/{}"): ("delete", _delete),
    ("GET", "deletedsecrets"): ("readMetadata/action", _list_deleted),
    ("GET", "deletedsecrets/{}"): ("readMetadata/action", _get_deleted),
    ("POST", "deletedsecrets/{}/recover"): ("recover/action", _recover),
    ("DELETE", "deletedsecrets/{}"): ("purge/action", _purge),
}
