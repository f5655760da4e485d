"""A call in; what a gateway answers to it out, with nothing in it by which somebody could call again.

Only GET and HEAD are asked, and no redirection is followed: a key goes to the address that was meant, and nowhere else.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
from pydantic import SecretStr

from reconciler.errors import Unavailable
from reconciler.naming import cut

_CONNECT, _ANSWER = 10.0, 30.0  # seconds
_AGAIN = 2  # attempts more, where no connection comes about
_LONGEST = 200  # characters of a message
_CHALLENGE = "azureapimanagementkey"  # as seen in terraform-provider-azurerm and azure-docs, in many answers
_REFUSED, _FORBIDDEN, _TOO_MANY = 401, 403, 429


@dataclass(frozen=True, slots=True)
class Call:
    """A call. `key` is shown in the header of that name."""

    method: Literal["GET", "HEAD"]
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    key: tuple[str, SecretStr] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a gateway said. `by_key` is true of a refusal that came of the key, or of its absence."""

    status: int
    by_key: bool = False
    message: str = field(default="")

    @property
    def refused(self) -> bool:
        """Whether the call was not let in, by whomever."""
        return self.status in (_REFUSED, _FORBIDDEN, _TOO_MANY)


class Gateways:
    """Whoever asks gateways."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(self, call: Call) -> Said:
        """Call. Raises Unavailable, without what it came from, where there is no answer."""
        headers, hidden = dict(call.headers), ""
        if call.key is not None:
            name, key = call.key
            headers[name] = hidden = key.get_secret_value()
        why = ""
        try:
            answer = await self._client.request(call.method, call.url, headers=headers)
        except httpx.HTTPError as error:
            why = f"{type(error).__name__}: {error}" if hidden not in str(error) or not hidden else type(error).__name__
        if why:
            raise Unavailable(f"calling {call.url}", detail=why)
        by_key = answer.status_code == _REFUSED and _CHALLENGE in answer.headers.get("www-authenticate", "").lower()
        return Said(answer.status_code, by_key, _message(answer, hidden))


@asynccontextmanager
async def gateways(transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[Gateways]:
    """Open the way to gateways; tests pass a transport."""
    async with httpx.AsyncClient(
        transport=transport or httpx.AsyncHTTPTransport(retries=_AGAIN),
        timeout=httpx.Timeout(_ANSWER, connect=_CONNECT),
        headers={"User-Agent": "reconciler", "Accept": "*/*"},
        follow_redirects=False,
    ) as client:
        yield Gateways(client)


def _message(answer: httpx.Response, hidden: str) -> str:
    """Take from a refusal the sentence that API Management's answers hold; a backend may say anything."""
    try:
        body: Any = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return ""
    text = body.get("message") if isinstance(body, dict) and body.get("statusCode") == answer.status_code else ""
    if not isinstance(text, str):
        return ""
    return cut(text.replace(hidden, "(hidden)") if hidden else text, _LONGEST)
