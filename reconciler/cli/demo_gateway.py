"""A local Azure in; who is let in at its gateway now, called as anybody would call it, as lines to watch, out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from reconciler.azure.gateway import Call, Said
    from reconciler.declarations import Environment

BY_KEY, BY_TOKEN = "with checkout's key", "with checkout's token"
_PATH: Final = "shipments-p/4711"
_AUDIENCE, _ROLE = "api://shipping", "Shipping.Read"
_SUBSCRIPTION: Final = "subscriptions/checkout--shipping"
_CLIENT, _STRANGER = (f"{number}a2b0000-0000-0000-0000-000000000000" for number in (1, 9))  # the first is checkout's
_HEADER: Final = "Ocp-Apim-Subscription-Key"
_TOO_MANY, _MOST = 429, 100
_MEANS: Final = {200: "let in", 401: "not let in", 403: "known, and not granted", _TOO_MANY: "over its tier"}


@dataclass(frozen=True, slots=True)
class Visitors:
    """Whoever calls: checkout with its key or its token, and somebody else. The local Azure gives them both."""

    server: Any
    settings: "Environment"

    def prepare(self) -> None:
        """Let tokens for shipping carry the role that it asks for."""
        for client in (_CLIENT, _STRANGER):
            self.server.azure.app_role(client, _AUDIENCE, _ROLE)

    async def call(self, console: Console) -> dict[str, int]:
        """Call once each, and say what came of it. Gives the status of each."""
        console.print(Text(f"\n$ curl https://{self.settings.service_name}.azure-api.net/{_PATH}", style="bold cyan"))
        said = {}
        for who, call in self._calls():
            answer = await _asked(call)
            said[who] = answer.status
            console.print(_line(who, answer), soft_wrap=True)
        return said

    async def insist(self, console: Console) -> int:
        """Call with checkout's token until it is over its tier. Gives how often it was let in."""
        (_, call), let_in = self._by_token("", _CLIENT), 0
        async for answer in _again(call):
            let_in += answer.status != _TOO_MANY
        console.print(_line(f"{BY_TOKEN}, {let_in} times more, and then", answer), soft_wrap=True)
        return let_in

    def _calls(self) -> list[tuple[str, "Call"]]:
        found = [("with nothing", self._request())]
        if key := self._key():
            found.append((BY_KEY, self._request(secrets=((_HEADER, SecretStr(key)),))))
        found.append(self._by_token(BY_TOKEN, _CLIENT))
        found.append(self._by_token("with the token of an application that nobody granted", _STRANGER))
        return found

    def _by_token(self, who: str, client: str) -> tuple[str, "Call"]:
        token = self.server.azure.token(client, self.settings.tenant, _AUDIENCE, published=True)
        return who, self._request(secrets=(("Authorization", SecretStr(f"Bearer {token}")),))

    def _request(self, **more: Any) -> "Call":
        from reconciler.azure.gateway import Call  # noqa: PLC0415  the help must not wait for Azure's client

        return Call("GET", f"{self.server.url}/gateway/{_PATH}", **more)

    def _key(self) -> str:
        """Give what its owner reads in API Management, once it is there."""
        try:
            return str(self.server.azure.secrets(self.settings.service, _SUBSCRIPTION)["primaryKey"])
        except KeyError:
            return ""


async def _asked(call: "Call") -> "Said":
    from reconciler.azure.gateway import gateways  # noqa: PLC0415  as above

    async with gateways() as opened:
        return await opened.ask(call)


async def _again(call: "Call") -> AsyncIterator["Said"]:
    from reconciler.azure.gateway import gateways  # noqa: PLC0415  as above

    async with gateways() as opened:
        for _ in range(_MOST):
            answer = await opened.ask(call)
            yield answer
            if answer.status == _TOO_MANY:
                return


def _line(who: str, answer: "Said") -> Text:
    """Write a line, green where the call is let in; a refusal says why itself."""
    let_in = answer.status < 400  # noqa: PLR2004
    text = Text("  ").append(str(answer.status), style="bold green" if let_in else "bold red")
    text.append(f"  {who}: {_MEANS.get(answer.status, 'something else')}")
    why = answer.message.partition(". ")[0].rstrip(".")
    return text.append(f" ({why})", style="dim") if why else text
