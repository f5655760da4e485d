"""A request of the official client in; it goes out to the address that was opened, or not at all, with an error.

Answers name addresses: of the next page, of an operation to poll, of a redirection. The client follows them with its
token, wherever they lead. A token goes to whom it was asked for, and to nobody else.
"""

from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from reconciler.azure.errors import LeadsElsewhere

_HTTPS = 443


class Staying(SansIOHTTPPolicy[Any, Any]):
    """Stands behind whatever redirects and polls, and before whatever adds the token."""

    def __init__(self, address: str) -> None:
        self._address = _origin(address)

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Refuse what leaves."""
        if (there := _origin(request.http_request.url)) != self._address:
            raise LeadsElsewhere(there)


def _origin(url: str) -> str:
    """Give scheme, host and port; what is none leads nowhere."""
    try:
        parts = urlsplit(url)
        port = parts.port or _HTTPS
    except ValueError:
        return "nowhere"
    return f"{parts.scheme}://{(parts.hostname or '').lower()}" + (f":{port}" if port != _HTTPS else "")
