"""A session and an API's row of the list in; its definition out, or the words that say why there is none.

Asked is for the definition itself (`format=openapi+json`), which Azure answers without a link (azure-sdk-for-js
#13123): one request instead of two, no secret, and no host but Azure Resource Manager. Nothing publishes that form, so
that where it is refused or broken the published one is asked for, whose link lasts five minutes. Its blob is named
after the API's display name, and versions that share one were given each other's (Azure/apiops #316): they take turns.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from reconciler.azure import links
from reconciler.azure.bodies import TooLarge
from reconciler.azure.session import Session, path_of
from reconciler.definitions import Definition, Type
from reconciler.definitions.text import Unreadable, normal
from reconciler.definitions.websocket import document
from reconciler.errors import AccessDenied, AzureError, NotFound, Unavailable
from reconciler.json_text import from_json

LARGEST = 8 * 2**20  # bytes
_EXPORTED: Mapping[str, tuple[Type, str]] = {"http": ("openapi", "openapi+json"), "soap": ("wsdl", "wsdl")}
_SCHEMAS: Mapping[
    str, tuple[Type, str]
] = {  # the media types are the spec's (SchemaContract); GraphQL's is azure-cli's
    "graphql": ("graphql", "application/vnd.ms-azure-apim.graphql.schema"),
    "grpc": ("grpc", "text/protobuf"),
    "odata": ("odata", "application/vnd.ms-azure-apim.odata.schema"),
}
_REFUSED = frozenset({400, 406, 415, 422})


class Absent(Exception):
    """There is no definition. `passing` where that may be another the next time."""

    def __init__(self, why: str, *, passing: bool = False) -> None:
        super().__init__(why)
        self.passing = passing


class Exports:
    """Whoever fetches definitions of one service. It learns which formats Azure does not answer without a link."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._linked: set[str] = set()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._gateway: asyncio.Task[str] | None = None

    async def definition(self, row: Mapping[str, Any]) -> Definition:
        """Fetch one. Raises Absent."""
        api, properties = str(row["name"]), row.get("properties") or {}
        kind = str(properties.get("type") or "http").lower()
        try:
            if kind in _EXPORTED:
                told, form = _EXPORTED[kind]
                return Definition(
                    api, told, normal(await self._exported(api, form, str(properties.get("displayName"))), told)
                )
            if kind in _SCHEMAS:
                told, media = _SCHEMAS[kind]
                return Definition(api, told, normal(await self._schema(api, media), told))
            if kind == "websocket":
                return Definition(api, "asyncapi", document(properties, await self._address()))
        except Unreadable as error:
            raise Absent(f"what Azure exported is not used: {error}", passing=True) from error
        except AzureError as error:
            raise Absent(_why(error), passing=_is_passing(error)) from error
        raise Absent(f"API Management exports nothing for APIs of type {kind}")

    async def _exported(self, api: str, form: str, title: str) -> str:
        if form not in self._linked:
            try:
                return await self._text(api, form)
            except (AccessDenied, NotFound, TooLarge):
                raise
            except AzureError as error:
                refused = error.status in _REFUSED
            text = await self._by_link(api, form, title)
            if refused:
                self._linked.add(form)
            return text
        return await self._by_link(api, form, title)

    async def _by_link(self, api: str, form: str, title: str) -> str:
        async with self._turns[title]:
            return await self._behind(await self._text(api, f"{form}-link"), _doing(api))

    async def _text(self, api: str, form: str) -> str:
        query = {"export": "true", "format": quote(form, safe="")}
        text = await self._session.text(path_of("apis/{}", (api,)), query, _doing(api), largest=LARGEST)
        return text if form.endswith("-link") else await self._unwrapped(text, _doing(api))

    async def _unwrapped(self, text: str, doing: str) -> str:
        """Take a definition out of what may be around it (apiops-cli met both): an object with it as `value`."""
        told = _value(text)
        if isinstance(told, str):
            return told
        return await self._behind(text, doing) if _link(told) else text

    async def _behind(self, answer: str, doing: str) -> str:
        link = _link(_value(answer))
        if not link:
            raise Unavailable(doing, detail="Azure gave no link")
        return await links.read(self._session, link, doing, largest=LARGEST)

    async def _schema(self, api: str, media: str) -> str:
        """Read the schemas of an API: that of GraphQL is called `graphql`, the others anyhow."""
        rows = await self._session.rows(path_of("apis/{}/schemas", (api,)))
        for row in sorted(rows, key=lambda each: str(each.get("name"))):
            properties = row.get("properties") or {}
            if properties.get("contentType") == media:
                text = _document(properties)
                if not text:  # lists of Azure leave out what is large
                    path = path_of("apis/{}/schemas/{}", (api, str(row["name"])))
                    found = await self._session.get(path, _doing(api))
                    text = _document(found.row.get("properties") or {}) if found else ""
                if text:
                    return text
        raise Absent("API Management holds no schema of it")

    async def _address(self) -> str:
        """Ask once where the gateway is, however many want to know."""
        if self._gateway is None:
            self._gateway = asyncio.ensure_future(self._asked())
        return await self._gateway

    async def _asked(self) -> str:
        doing = "reading where the gateway is"
        found = await self._session.get("", doing)
        address = str(((found.row.get("properties") or {}) if found else {}).get("gatewayUrl") or "")
        if not address:
            raise Unavailable(doing, detail="the service names no gateway")
        return address


def _doing(api: str) -> str:
    return f"reading the definition of {api}"


def _value(text: str) -> Any:
    """Give what an answer of Azure's says: `properties.value`, `value`, or the whole, in each shape that was met."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        body = from_json(text)
    except ValueError:
        return None
    inner = body.get("properties") if isinstance(body.get("properties"), dict) else body
    return inner.get("value", inner)


def _link(told: Any) -> str:
    return str(told["link"]) if isinstance(told, dict) and isinstance(told.get("link"), str) else ""


def _document(properties: Mapping[str, Any]) -> str:
    document = properties.get("document") or {}
    return str(document.get("value") or "") if isinstance(document, dict) else ""


def _why(error: AzureError) -> str:
    """Say why in words that are the same each time: no id of a request, no date."""
    said = " ".join(filter(None, [str(error.status or ""), error.code]))
    return f"Azure did not give it: {said}" if said else f"Azure did not give it: {error.detail}"


def _is_passing(error: AzureError) -> bool:
    return not (isinstance(error, TooLarge | NotFound) or error.status in _REFUSED)
