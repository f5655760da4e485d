"""An exported definition in, the query by which it can be read for five minutes out, and the definition for that query.

The names of container and query are those of a link in azure-sdk-for-python #16452; five minutes are the spec's. A blob
is named after the API's display name, which versions share: of two that are exported in quick succession, both links
give the last (Azure/apiops #316, which reads them one after the other since). What counts as quick is unverified.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from reconciler.emulator.settings import Settings

CONTAINER: Final = "api-export"
_SECONDS = 300
_QUICK = 2


@dataclass(slots=True)
class Blob:
    """One exported definition. It is written over by another of its name that comes quickly."""

    content: bytes
    content_type: str
    made: float


@dataclass(frozen=True, slots=True)
class _Opened:
    name: str
    blob: Blob
    until: float


class Shelf:
    """The blobs of all services of a local Azure; they are in no state file."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._newest: dict[tuple[str, str], Blob] = {}
        self._opened: dict[str, _Opened] = {}

    def put(self, service: str, name: str, content: bytes, content_type: str) -> str:
        """Keep a blob and give the query that opens it; what has expired is forgotten."""
        now = self._settings.clock()
        self._opened = {signature: each for signature, each in self._opened.items() if each.until > now}
        self._newest = {key: blob for key, blob in self._newest.items() if now - blob.made < _QUICK}
        blob = self._newest.setdefault((service, name), Blob(content, content_type, now))
        blob.content, blob.content_type = content, content_type
        signature = base64.b64encode(secrets.token_bytes(32)).decode()
        self._opened[signature] = _Opened(name, blob, now + _SECONDS)
        until = datetime.fromtimestamp(now + _SECONDS, UTC)
        return f"sv=2017-04-17&sr=b&sig={quote(signature, safe='')}&se={until:%Y-%m-%dT%H:%M:%SZ}&sp=r"

    def take(self, name: str, query: Mapping[str, str]) -> Blob | None:
        """Give the blob that a link opens: that of its own name, and not after its time."""
        opened = self._opened.get(query.get("sig", "").replace(" ", "+"))
        return opened.blob if opened and opened.name == name and opened.until > self._settings.clock() else None
