"""An API of the list and the gateway's address in; a small AsyncAPI document of what is known of a WebSocket out.

Azure holds nothing of a WebSocket API but its address and one operation that nobody made, the handshake.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.definitions.text import written


def document(properties: Mapping[str, Any], gateway: str) -> str:
    """Write an AsyncAPI 2.6 document: one server, one channel."""
    about = {"title": properties.get("displayName") or "", "version": properties.get("apiVersion") or "1.0"}
    if properties.get("description"):
        about["description"] = properties["description"]
    told = properties.get("protocols")
    protocol = "ws" if isinstance(told, list) and told and "wss" not in told else "wss"
    server = {"url": f"{protocol}://{gateway.partition('://')[2].partition('/')[0]}", "protocol": protocol}
    channel = "/" + str(properties.get("path") or "").strip("/")
    return written({"asyncapi": "2.6.0", "info": about, "servers": {"gateway": server}, "channels": {channel: {}}})
