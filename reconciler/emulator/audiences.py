"""The audience of a token in, whether Resource Manager, Graph or Key Vault takes it out."""

from typing import Final

RESOURCE_MANAGER: Final = "https://management.azure.com"
GRAPH: Final = "https://graph.microsoft.com"
KEY_VAULT: Final = "https://vault.azure.net"
LOG_ANALYTICS: Final = "https://api.loganalytics.io"
RESOURCE_MANAGERS: Final = (  # in the order of Resource Manager's own message (go-azure-helpers #51)
    "https://management.core.windows.net/",
    "https://management.core.windows.net",
    "https://management.azure.com/",
    "https://management.azure.com",
)
_GRAPHS = frozenset({GRAPH, f"{GRAPH}/", "00000003-0000-0000-c000-000000000000"})
_KEY_VAULTS = frozenset({KEY_VAULT, "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"})  # argocd-vault-plugin #621


def at_resource_manager(audience: str, base_url: str) -> bool:
    """Take the public cloud's audiences and, as for a cloud of its own, the address that was asked."""
    return audience in RESOURCE_MANAGERS or audience.rstrip("/") == base_url


def at_graph(audience: str, base_url: str) -> bool:
    """Take the address too: `/metadata/endpoints` names it as Graph's resource id."""
    return audience in _GRAPHS or audience.rstrip("/") == base_url


def at_key_vault(audience: str, resource: str) -> bool:
    """Take exactly what the challenge named; a slash at the end is refused (go-autorest #525)."""
    return audience in _KEY_VAULTS or audience == resource


def at_log_analytics(audience: str, base_url: str) -> bool:
    """Take the address too, as a cloud of its own."""
    return audience.rstrip("/") in {LOG_ANALYTICS, base_url}


def is_microsofts(audience: str) -> bool:
    """Whether this is one of Microsoft's own, which take only tokens of version 1."""
    return audience in RESOURCE_MANAGERS or audience in _GRAPHS or audience in _KEY_VAULTS or audience == LOG_ANALYTICS
