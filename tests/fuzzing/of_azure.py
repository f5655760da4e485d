"""Azure's answers: whatever one of them says, what is made of it is a plan, a value of ours or an error of ours."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from asgi import Answer, AsgiTransport, Credential
from cloud import Cloud, wanted
from hypothesis import strategies as st
from organisations import ENDPOINT, SERVICE, TODAY, environment, organisation

from fuzzing.mutating import documents
from fuzzing.target import REFUSED, TAKEN, Target, repeated, step
from reconciler.access import access
from reconciler.assist.live import live_apis, operations
from reconciler.azure.activity import events
from reconciler.azure.auditing import calls, policies
from reconciler.azure.connecting import connect
from reconciler.azure.definitions import definitions
from reconciler.azure.directory import told
from reconciler.azure.federation import federated
from reconciler.azure.gateway import Call, Gateways
from reconciler.azure.keys import read_key
from reconciler.azure.reading import fragment_texts, read
from reconciler.azure.reading_to_cut import Reach, read_to_cut
from reconciler.azure.remembering import recall
from reconciler.azure.seeing import see
from reconciler.azure.session import Session
from reconciler.azure.vault import vaults
from reconciler.cli.run import plan
from reconciler.definitions import Library
from reconciler.errors import ReconcilerError
from reconciler.memory import Applied, encode
from reconciler.report.markdown import render
from reconciler.report.story import tell

_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_GRAPH, _VAULT = "https://graph.microsoft.com", "https://kv.vault.azure.net"
_ID = "1a2b0000-0000-0000-0000-000000000000"
_CLIENTS = {"clients": [_ID], "portal": True, "tier": "standard"}
_COMPANY = organisation(
    **{
        "environments.yaml": {"prod": environment(marks=["tag", "contact"], mode="enforce")},
        "checkout/team.yaml": {"display_name": "Checkout", "entra_group": "5f0c0000-0000-0000-0000-000000000000"},
        "commerce/fragments/cors.xml": "<fragment><trace /></fragment>",
        "commerce/products/orders.yaml": {
            "manage": "product",
            "display_name": "Orders",
            "environments": ["prod"],
            "apis": ["orders"],
            "credentials": "key or token",
            "oauth": {"audience": "api://orders"},
            "include": ["cors"],
            "tiers": {"standard": {"rate": "10 per minute"}},
        },
    }
)
_COMPANY["checkout/grants/orders.yaml"] |= _CLIENTS
_APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
_USERS = {
    "users/u1": {"email": "a@contoso.example", "firstName": "A", "lastName": "B"},
    "groups/g1": {"displayName": "G"},
}
_USERS |= {
    "subscriptions/s1": {"scope": "/products/orders", "displayName": "x", "state": "active", "ownerId": "/users/u1"}
}
_APPLIED = encode(Applied(service=SERVICE, environment="prod", commit="a" * 40, when="2026-11-23"))
_EVENT = {
    "resourceId": f"{SERVICE}/products/orders",
    "status": {"value": "Succeeded"},
    "claims": {"appid": "x"},
    "eventTimestamp": "2026-11-20T10:11:12.1234567Z",
    "caller": "a@contoso.example",
    "httpRequest": {"method": "PUT"},
}
_API = {"displayName": "x", "path": "x", "protocols": ["https"], "type": "http"}
_LISTED = {
    f"https://localhost:8443{SERVICE}/namedValues/reconciler-applied": {"properties": {"value": _APPLIED}},
    "https://localhost:8443/subscriptions/s1/providers/Microsoft.Insights/eventtypes/management/values": {
        "value": [_EVENT]
    },
    f"https://localhost:8443{SERVICE}": {
        "properties": {"gatewayUrl": "https://gw", "hostnameConfigurations": [{"type": "Proxy", "hostName": "h"}]}
    },
    f"https://localhost:8443{SERVICE}/subscriptions/k/listSecrets": {"primaryKey": "p", "secondaryKey": "s"},
    f"https://localhost:8443{SERVICE}/reports/byProduct": {
        "value": [{"productId": "/products/orders", "callCountTotal": 3}]
    },
    f"https://localhost:8443{SERVICE}/apiVersionSets": {
        "value": [{"name": "v", "properties": {"versioningScheme": "Segment"}}]
    },
    f"https://localhost:8443{SERVICE}/products": {"value": [{"name": "orders", "properties": {"displayName": "x"}}]},
    f"https://localhost:8443{SERVICE}/apis/ws": {"openapi": "3", "paths": {}},
    f"https://localhost:8443{SERVICE}/apis/ql/schemas": {
        "value": [
            {
                "name": "graphql",
                "properties": {
                    "contentType": "application/vnd.ms-azure-apim.graphql.schema",
                    "document": {"value": "type Q {}"},
                },
            }
        ]
    },
    f"https://localhost:8443{SERVICE}/apis/o/operations": {
        "value": [{"name": "get", "properties": {"displayName": "Get", "method": "GET", "urlTemplate": "/"}}]
    },
    f"{_GRAPH}/v1.0/groups": {"value": [{"id": _ID, "displayName": "G"}]},
    f"{_GRAPH}/v1.0/servicePrincipals": {"value": [{"appId": _ID, "displayName": "A", "accountEnabled": True}]},
    f"{_GRAPH}/v1.0/applications(appId='{_ID}')/federatedIdentityCredentials": {
        "value": [{"issuer": "i", "subject": "s", "audiences": ["a"]}]
    },
    f"{_VAULT}/secrets": {
        "value": [
            {"id": f"{_VAULT}/secrets/x", "attributes": {"enabled": True, "created": 1}, "tags": {"slot": "primary"}}
        ]
    },
}


class _Recording(AsgiTransport):
    """Keeps what the emulator answers."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.answers: dict[str, Any] = {}

    async def send(self, request: Any, **more: Any) -> Answer:
        answer = await super().send(request, **more)
        if answer.status_code == 200 and request.method == "GET":
            self.answers[_key(request.url)] = json.loads(answer.body())
        return answer


class _Replaying(AsgiTransport):
    """Answers as was recorded, but for one address; no more than so often."""

    def __init__(self, wrong: Mapping[str, tuple[int, bytes]]) -> None:
        super().__init__(None)
        self._wrong, self._left = wrong, 3_000

    async def send(self, request: Any, **_: Any) -> Answer:
        self._left -= 1
        assert self._left > 0, "it asks and asks"
        key = _key(request.url)
        if key in self._wrong:
            status, body = self._wrong[key]
        elif key in ANSWERS:
            status, body = 200, json.dumps(ANSWERS[key]).encode()
        else:
            status, body = 404, b'{"error": {"code": "NotFound", "message": "no"}}'
        headers = {"content-type": "application/json", "etag": '"1"', "content-length": str(len(body))}
        if "vault" in request.url and "Authorization" not in request.headers:
            headers["www-authenticate"] = (
                'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'
            )
            status = 401
        return Answer(request, status, headers, body)

    async def sleep(self, duration: float) -> None:
        """Nobody waits here."""


def _key(url: str) -> str:
    parts = urlsplit(url)
    query = {name: value for name, value in parse_qsl(parts.query) if name in ("expandGroups", "$skip")}
    return f"{parts.scheme}://{parts.netloc}{unquote(parts.path)}".rstrip("/") + (
        f"?{json.dumps(query)}" if query else ""
    )


def _recorded() -> dict[str, Any]:
    cloud = Cloud().seed({**_APIS})
    cloud.converge(_COMPANY)
    cloud.seed(_USERS)
    transport = _Recording(None)
    transport._app = _door(cloud)  # noqa: SLF001

    async def run() -> None:
        credential: Any = Credential(cloud.azure.token("tests"))
        async with connect(
            SERVICE, subscription="s1", endpoint=ENDPOINT, credential=credential, transport=transport, backoff=0, poll=0
        ) as session:
            for scoped in (True, False):
                asks = wanted(_COMPANY, None, TODAY)
                await plan(session, _scoped(asks, scoped=scoped), "prod", day=TODAY)
            await fragment_texts(session, ["cors"])
            await policies(session)
            await read_to_cut(session, _REACH)

    asyncio.run(run())
    return transport.answers


def _door(cloud: Cloud) -> Any:
    from reconciler.emulator import create_app  # noqa: PLC0415

    return create_app(cloud.azure)


def _scoped(asks: Any, *, scoped: bool) -> Any:
    from dataclasses import replace  # noqa: PLC0415

    return replace(asks, scoped=scoped)


_REACH = Reach(product="orders", prefix="checkout--", client=_ID)
ANSWERS: Mapping[str, Any] = {**_recorded(), **_LISTED}
_ASKS = wanted(_COMPANY, None, TODAY)
_LISTS = sorted(ANSWERS)


async def _planned(session: Session) -> None:
    for scoped in (False, True):
        step()
        made = await plan(session, _scoped(_ASKS, scoped=scoped), "prod", day=TODAY)
        render(tell(made))


async def _everything(session: Session) -> None:
    access(await read(session))


async def _cataloged(session: Session) -> None:
    found = await see(session)
    live_apis(found.service, found.apis, found.version_sets)
    operations(await session.rows("apis/o/operations"))
    rows = [
        *found.apis,
        {"name": "ws", "properties": {**_API, "type": "websocket"}},
        {"name": "ql", "properties": {"type": "graphql"}},
    ]
    await definitions(session, rows, Library(SERVICE), _NOW)


_VERBS: tuple[Callable[[Session], Awaitable[object]], ...] = (
    _planned,
    _everything,
    _cataloged,
    recall,
    lambda session: events(session, _NOW),
    lambda session: calls(session, TODAY, 30),
    policies,
    lambda session: fragment_texts(session, ["cors"]),
    lambda session: read_to_cut(session, _REACH),
    lambda session: read_key(session, "k", "primary"),
)


def azure(content: bytes) -> bool:
    """Ask for everything, where one answer is wrong: the first line has its status and its address."""
    head, _, body = content.partition(b"\n")
    status, _, key = head.decode(errors="replace").partition(" ")
    wrong = {key: (int(status) if status in ("200", "400", "403", "404", "409", "500") else 200, body)}
    return asyncio.run(_asked(wrong))


async def _asked(wrong: Mapping[str, tuple[int, bytes]]) -> bool:
    taken = True
    credential: Any = Credential("t")
    for verb in _VERBS:
        transport = _Replaying(wrong)
        async with connect(
            SERVICE, subscription="s1", endpoint=ENDPOINT, credential=credential, transport=transport, backoff=0, poll=0
        ) as session:
            taken &= await _done(verb(session))
    options = {"credential": credential, "transport": _Replaying(wrong), "backoff": 0}
    taken &= await _done(told("t", groups=[_ID], applications=[_ID], graph=_GRAPH, **options))
    taken &= await _done(
        federated(
            _ID, endpoint="https://management.azure.com", authority="https://login.microsoftonline.com", **options
        )
    )
    async with vaults(credential=credential, transport=_Replaying(wrong), backoff=0) as there:
        taken &= await _done(there.kept(_VAULT))
    return taken


async def _done(verb: Awaitable[object]) -> bool:
    step()
    try:
        await verb
    except ReconcilerError as error:
        assert str(error).replace("\n", "").isprintable()  # noqa: PT017
        return REFUSED
    return TAKEN


def gateway(content: bytes) -> bool:
    """What a gateway says to a call that was refused, which may be a backend's word."""
    import httpx  # noqa: PLC0415

    async def ask() -> bool:
        transport = httpx.MockTransport(lambda _: httpx.Response(401, content=content))
        async with httpx.AsyncClient(transport=transport) as client:
            return (await Gateways(client).ask(Call("GET", "https://gw/x"))).ours

    asyncio.run(ask())
    return TAKEN


def _at(key: str, body: bytes, status: int = 200) -> bytes:
    return f"{status} {key}\n".encode() + body


@st.composite
def _wrong(draw: st.DrawFn) -> bytes:
    key = draw(st.sampled_from(_LISTS))
    status = draw(st.sampled_from((200, 200, 200, 200, 200, 200, 400, 404, 500)))
    error = {"error": {"code": "c", "message": "m", "details": [{"message": "d"}]}}
    return _at(key, draw(documents([ANSWERS[key]] if status == 200 else [error])), status)


def _large(path: str, piece: str, after: str = "{}") -> Callable[[int], bytes]:
    return lambda size: _at(
        f"https://localhost:8443{SERVICE}/{path}", repeated(piece, before='{"value": [', after=f"{after}]}}")(size)
    )


_ROW = '{"id": "/x{n}", "name": "x{n}", "properties": {"displayName": "x"}}'
AZURE = Target(
    "azure",
    azure,
    _wrong(),
    tuple(_at(key, json.dumps(ANSWERS[key]).encode()) for key in _LISTS[:3]),
    {
        "APIs": lambda size: _large("apis", f"{_ROW},", _ROW)(size // 4),  # each is asked for by itself
        "subscriptions": _large("subscriptions", f"{_ROW},", _ROW),
        "rows that are none": _large("subscriptions", "{},"),
        "lists, each in the last": lambda size: _at(
            f"https://localhost:8443{SERVICE}/apis", b"[" * (size // 2) + b"]" * (size // 2)
        ),
        "a count of many": lambda _: _at(
            f"https://localhost:8443{SERVICE}/apis",
            b'{"value": [{"name": "x"}], "count": 1000000000, "nextLink": "https://x/?$skip=1"}',
        ),
        "a link to itself": lambda _: _at(
            f"https://localhost:8443{SERVICE}/apis", b'{"value": [{"name": "x"}], "nextLink": "https://x/?$top=1"}'
        ),
        "events": _large(
            "../../../../../../subscriptions/s1/providers/Microsoft.Insights/eventtypes/management/values",
            f"{json.dumps(_EVENT)},",
            json.dumps(_EVENT),
        ),
    },
    weight=4,
)
GATEWAY = Target(
    "gateway",
    gateway,
    documents([{"statusCode": 401, "message": "Access denied"}, {"statusCode": 401, "product": "p", "ask": "a"}]),
    (b'{"statusCode": 401, "message": "Access denied"}',),
    {"lists": repeated("["), "text": repeated("x", before='{"statusCode": 401, "message": "', after='"}')},
)
