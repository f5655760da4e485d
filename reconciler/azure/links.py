"""A session and a link that Azure gave in; what lies behind the link out, and nothing of the link anywhere else.

The link is a secret for as long as it lasts: who has it reads the blob. So it is in no message, no log and no exception
that came of it; it is read by the session's own transport, which logs nothing, past the pipeline, which does. It opens
by itself: no token of ours goes there, and a redirection is not followed.

Trusted is, over https and its own port, a host of Azure's Blob Storage in one of its clouds. Anybody can have an
account there, so what comes is held against what it should be all the same. Besides there is the local Azure: the port
that stands for Resource Manager, where that is on loopback.
"""

from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from azure.core import exceptions as azure
from azure.core.rest import HttpRequest

from reconciler.azure.bodies import decoded, whole
from reconciler.azure.session import LOOPBACK, Session
from reconciler.errors import Unavailable, printable

_STORES = (  # Microsoft: "Storage account endpoints", in the public cloud standard and with DNS zones, and elsewhere
    ".blob.core.windows.net",
    ".blob.storage.azure.net",
    ".blob.core.usgovcloudapi.net",
    ".blob.core.chinacloudapi.cn",
)
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}
_HTTPS, _OK, _ERROR, _SERVER_ERROR = 443, 200, 400, 500
_TRIES = 2


async def read(session: Session, link: str, doing: str, *, largest: int) -> str:
    """Read what a link leads to. Raises Unavailable, which names the host at most."""
    url = _trusted(link, session.endpoint, doing)
    for attempt in range(_TRIES):
        why = ""
        try:
            answer = await session.anonymous().run(HttpRequest("GET", url, headers=_HEADERS), stream=True)
            response: Any = answer.http_response
            if response.status_code == _OK:
                return decoded(await whole(response, largest, doing), doing)
            await response.close()
            why = f"the blob answered {response.status_code}"
            if response.status_code < _SERVER_ERROR:
                break
        except (azure.AzureError, ValueError) as error:  # of both, the text may hold the link
            why = f"the blob was not read to its end: {type(error).__name__}"
        if attempt + 1 < _TRIES:
            await session.pause()
    raise Unavailable(doing, detail=why)


def _trusted(link: str, endpoint: str, doing: str) -> str:
    """Give the link as it may be asked for: blanks stand in it as they are (azure-sdk-for-python #16452)."""
    try:
        parts, own = urlsplit(link), urlsplit(endpoint)
        host, port = (parts.hostname or "").lower(), parts.port or _HTTPS
    except ValueError:
        raise Unavailable(doing, detail="Azure gave a link that is none") from None
    is_store = host.endswith(_STORES) and port == _HTTPS
    is_local = host in LOOPBACK and own.hostname in LOOPBACK and port == (own.port or _HTTPS)
    if parts.scheme != "https" or parts.username or parts.password or not (is_store or is_local):
        said = f"{parts.scheme}://{host}" if host else "nowhere"
        raise Unavailable(doing, detail=f"the link leads to {printable(said)[:100]}, which is no storage of Azure")
    return urlunsplit(
        parts._replace(path=quote(parts.path, safe="/%"), query=quote(parts.query, safe="=&%:+/"), fragment="")
    )
