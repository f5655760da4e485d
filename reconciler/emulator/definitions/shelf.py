"""An exported definition in, the query by which it can be read for five minutes out, and the definition for that query.

The names of container and query are those of a link in azure-sdk-for-python #16452; five minutes are the spec's.
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


@dataclass(frozen=True, slots=True)
class Blob:
    """One exported definition, and until when its link opens it."""

    name: str
    content: bytes
    content_type: str
    until: float


class Shelf:
    """The blobs of all services of a local Azure; they are in no state file."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._blobs: dict[str, Blob] = {}

    def put(self, name: str, content: bytes, content_type: str) -> str:
        """Keep a blob and give the query that opens it; what has expired is forgotten."""
        now = self._settings.clock()
        self._blobs = {signature: blob for signature, blob in self._blobs.items() if blob.until > now}
        signature = base64.b64encode(secrets.token_bytes(32)).decode()
        blob = self._blobs[signature] = Blob(name, content, content_type, now + _SECONDS)
        until = datetime.fromtimestamp(blob.until, UTC)
        return f"sv=2017-04-17&sr=b&sig={quote(signature, safe='')}&se={until:%Y-%m-%dT%H:%M:%SZ}&sp=r"

    def take(self, name: str, query: Mapping[str, str]) -> Blob | None:
        """Give the blob that a link opens: that of its own name, and not after its time."""
        blob = self._blobs.get(query.get("sig", "").replace(" ", "+"))
        return blob if blob and blob.name == name and blob.until > self._settings.clock() else None
