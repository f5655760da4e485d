"""A call in; what a gateway answers to it out, with nothing in it by which somebody could call again.

Only GET and HEAD are asked, and no redirection is followed: a key goes to the address that was meant, and nowhere else.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import httpx
from pydantic import SecretStr

from reconciler.errors import Unavailable
from reconciler.json_text import from_json
from reconciler.keylike import without_keys
from reconciler.naming import cut

_CONNECT, _ANSWER = 10.0, 30.0  # seconds
_AGAIN = 2  # attempts more, where no connection comes about
_LONGEST = 200  # characters of a message
_BY_RULES = "This call needs a valid token for "  # how `validate-jwt` of a generated fragment refuses
_CHALLENGE = "azureapimanagementkey"  # as seen in terraform-provider-azurerm and azure-docs, in many answers
_REFUSED, _FORBIDDEN, _TOO_MANY = 401, 403, 429


@dataclass(frozen=True, slots=True)
class Call:
    """A call. `secrets` are shown in headers of those names: a key, a token."""

    method: Literal["GET", "HEAD"]
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, SecretStr], ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a gateway said. `ours` is true of a refusal that came of the key, or of the rules that stand in policies."""

    status: int
    ours: bool = False
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
        if call.secrets and not call.url.startswith("https://"):
            raise Unavailable(f"calling {call.url}", detail="no key goes where there is no TLS")
        shown = {name: secret.get_secret_value() for name, secret in call.secrets}
        headers, hidden, why = {**dict(call.headers), **shown}, tuple(shown.values()), ""
        try:
            answer = await self._client.request(call.method, call.url, headers=headers)
        except httpx.HTTPError as error:
            why = f"{type(error).__name__}: {_without(str(error), hidden)}"
        if why:
            raise Unavailable(f"calling {call.url}", detail=why)
        body = _body(answer)
        by_key = answer.status_code == _REFUSED and _CHALLENGE in answer.headers.get("www-authenticate", "").lower()
        ours = by_key or (answer.status_code in (_REFUSED, _FORBIDDEN) and _by_rules(body))
        return Said(answer.status_code, ours, cut(_without(body.get("message", ""), hidden), _LONGEST))


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


def _body(answer: httpx.Response) -> dict[str, str]:
    """Take from a refusal what API Management's answers hold, where it is text; a backend may say anything."""
    try:
        body = from_json(answer.content)
    except ValueError:
        return {}
    if not isinstance(body, dict) or body.get("statusCode") != answer.status_code:
        return {}
    return {name: text for name, text in body.items() if isinstance(text, str)}


def _by_rules(body: Mapping[str, str]) -> bool:
    """Whether it is in the words of a generated fragment."""
    return {"product", "ask"} <= body.keys() or body.get("message", "").startswith(_BY_RULES)


def _without(text: str, hidden: Iterable[str]) -> str:
    for each in hidden:
        text = text.replace(each.removeprefix("Bearer "), "(hidden)")
    return without_keys(text)
