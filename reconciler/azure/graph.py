"""An environment's addresses in; where its Microsoft Graph is, out.

The hosts are those of Microsoft's page "Microsoft Graph national cloud deployments". That of US Government L5 (DoD)
does not follow from where its tokens are made, which is where L4's are.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from reconciler.azure.session import LOOPBACK

_GRAPHS: Mapping[str, str] = {
    "login.microsoftonline.com": "https://graph.microsoft.com",
    "login.microsoftonline.us": "https://graph.microsoft.us",
    "login.chinacloudapi.cn": "https://microsoftgraph.chinacloudapi.cn",
    "login.partner.microsoftonline.cn": "https://microsoftgraph.chinacloudapi.cn",
}


def graph_of(endpoint: str, authority: str) -> str | None:
    """Give its address; the emulator answers for Graph, too. None where no Graph is known: no token is sent there."""
    if urlsplit(endpoint).hostname in LOOPBACK:
        return endpoint.rstrip("/")
    return _GRAPHS.get(urlsplit(authority).hostname or "")
