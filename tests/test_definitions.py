"""Definitions of APIs: fetched by the real client, kept in files, and fetched again where they may be new."""

import asyncio
import json
import logging
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from asgi import Credential
from checked import checked
from cloud import Cloud
from organisations import SERVICE

from reconciler.azure import exports, links
from reconciler.azure.connecting import connect
from reconciler.azure.definitions import definitions
from reconciler.azure.session import Session
from reconciler.definitions import Definition, Library, Type
from reconciler.definitions.files import INDEX, as_files, from_files
from reconciler.definitions.text import Unreadable, normal
from reconciler.definitions.websocket import document
from reconciler.emulator import Azure, Certificates, Running, serve
from reconciler.errors import Unavailable
from reconciler.permissions import role

SDL = "application/vnd.ms-azure-apim.graphql.schema"
EDMX = "application/vnd.ms-azure-apim.odata.schema"
NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=10)  # what these tests write is before it
GET = {"method": "GET", "urlTemplate": "/orders/{id}", "templateParameters": [{"name": "id", "type": "string"}]}
APIS: dict[str, dict[str, Any]] = {
    "apis/orders": {"displayName": "Order API", "path": "orders"},
    "apis/orders/operations/get": GET,
    "apis/orders/operations/list": {"method": "GET", "urlTemplate": "/orders"},
    "apis/billing": {"displayName": "Billing", "path": "billing", "type": "soap"},
    "apis/billing/operations/charge": {"displayName": "Charge", "method": "POST", "urlTemplate": "/?op=charge"},
    "apis/catalog": {"displayName": "Catalog", "path": "catalog", "type": "graphql"},
    "apis/catalog/schemas/graphql": {"contentType": SDL, "document": {"value": "type Query {\r\n  a: Int \r\n}"}},
    "apis/passed": {"displayName": "Passed", "path": "passed", "type": "graphql"},
    "apis/ledger": {"displayName": "Ledger", "path": "ledger", "type": "grpc"},
    "apis/ledger/schemas/s1": {"contentType": "text/protobuf", "document": {"value": 'syntax = "proto3";'}},
    "apis/feed": {"displayName": "Feed", "path": "feed", "type": "odata"},
    "apis/feed/schemas/default": {"contentType": EDMX, "document": {"value": "<Edmx><a/></Edmx>"}},
    "apis/ticker": {
        "displayName": "Ticker",
        "path": "ticker/v1",
        "type": "websocket",
        "protocols": ["ws", "wss"],
        "description": "Prices.",
    },
    "apis/pulse": {"displayName": "Pulse", "path": "pulse", "type": "websocket"},
}
ORDERS = r"/apis/orders$"
BLOB = "^/api-export/"
PLANTED = "P1antedSignature"


@pytest.fixture
def cloud() -> Cloud:
    return Cloud().seed(APIS)


def fetched(cloud: Cloud, kept: Library | None = None, now: datetime = NOW, *, client: str | None = None) -> Library:
    async def ask(session: Session) -> Library:
        return await definitions(session, await session.rows("apis"), kept or Library(), now)

    cloud.azure.log.clear()
    return within(cloud, ask, client)


def within(cloud: Cloud, ask: Callable[[Session], Any], client: str | None = None) -> Any:
    async def run() -> Any:
        async with cloud.session(client) as session:
            return await ask(session)

    return asyncio.run(run())


def write(cloud: Cloud, path: str, properties: Mapping[str, Any], *, at: float | None = None) -> None:
    """Write as Azure Resource Manager does, so that the activity log tells of it."""
    if at is not None:
        cloud.azure.settings.clock = lambda: at
    within(cloud, lambda session: session.put(path, properties, "writing", etag="*"))


def counted(cloud: Cloud) -> Counter[str]:
    """Count requests, each API's under `apis/*`."""
    begin = f"{SERVICE}/"
    found = Counter[str]()
    for entry in cloud.azure.log:
        below = entry.path.removeprefix(begin) if entry.path.startswith(begin) else "log"
        below = "service" if entry.path == SERVICE else below
        is_one = below.startswith("apis/")
        form = entry.query.get("format", "") if is_one else ""
        found[" ".join(filter(None, [entry.method, "apis/*" if is_one else below, form]))] += 1
    return found


def test_each_type_of_api_comes_as_what_backstage_shows_it_as(cloud: Cloud) -> None:
    library = fetched(cloud)
    orders = json.loads(library["orders"].text)
    assert (library["orders"].type, list(orders["paths"])) == ("openapi", ["/orders", "/orders/{id}"])
    assert library["billing"].type == "wsdl"
    assert 'operation name="Charge"' in library["billing"].text
    assert "\r" not in library["billing"].text
    assert library["catalog"] == Definition("catalog", "graphql", "type Query {\n  a: Int\n}\n")
    assert library["ledger"] == Definition("ledger", "grpc", 'syntax = "proto3";\n')
    assert library["feed"] == Definition("feed", "odata", "<Edmx><a/></Edmx>\n")
    assert json.loads(library["ticker"].text) == {
        "asyncapi": "2.6.0",
        "info": {"title": "Ticker", "version": "1.0", "description": "Prices."},
        "servers": {"gateway": {"url": "wss://apim-test.azure-api.net", "protocol": "wss"}},
        "channels": {"/ticker/v1": {}},
    }
    assert library["passed"].why == "API Management holds no schema of it"
    assert library["nobody"].why == "it was not fetched"
    assert {api: kept.definition.why for api, kept in library.apis.items() if kept.definition.why} == {
        "passed": "API Management holds no schema of it"
    }
    assert counted(cloud)["GET service"] == 1  # where the gateway is, for both WebSockets
    assert cloud.azure.log.at("blob") == []


def test_a_type_that_nobody_knew_is_named(cloud: Cloud) -> None:
    row = {"name": "x", "properties": {"type": "a2a"}}
    library = within(cloud, lambda session: definitions(session, [row], Library(), NOW))
    assert library["x"].why == "API Management exports nothing for APIs of type a2a"


@pytest.mark.parametrize("shape", ["properties", "published", "link"])
def test_where_azure_answers_with_links_alone_the_text_is_the_same(cloud: Cloud, shape: str) -> None:
    inline = fetched(cloud)
    cloud.azure.settings.inline_exports, cloud.azure.settings.export_shape = False, shape
    library = fetched(cloud)
    assert {api: kept.definition for api, kept in library.apis.items()} == {
        api: kept.definition for api, kept in inline.apis.items()
    }
    assert len(cloud.azure.log.at("blob")) == 3  # orders, billing, echo
    assert not [entry for entry in cloud.azure.log.at("blob") if entry.status != 200]


def test_versions_that_share_a_name_are_not_given_each_others_text(cloud: Cloud) -> None:
    cloud.seed({f"apis/orders-v{number}": {"displayName": "Order API", "path": f"v{number}"} for number in range(2, 9)})
    cloud.azure.settings.inline_exports = False
    cloud.azure.settings.latency = 0.002  # so that one request can pass another
    library = fetched(cloud)
    for number in range(2, 9):
        servers = json.loads(library[f"orders-v{number}"].text)["servers"]
        assert servers == [{"url": f"https://apim-test.azure-api.net/v{number}"}]


def test_links_alone_cost_no_second_request_once_that_is_known() -> None:
    cloud = Cloud().seed({f"apis/a{index}": {"displayName": f"A{index}", "path": f"a{index}"} for index in range(40)})
    cloud.azure.settings.inline_exports = False
    fetched(cloud)
    asked = counted(cloud)
    assert asked["GET apis/* openapi+json-link"] == 41
    assert asked["GET apis/* openapi+json"] <= 20  # those on their way before the first was answered


WRAPPED = {"properties": {"format": "openapi", "value": '{"openapi": "3.0.1", "paths": {}}'}}


@pytest.mark.parametrize("body", [WRAPPED, {"value": WRAPPED["properties"]["value"]}], ids=["properties", "value"])
def test_a_definition_that_comes_wrapped_in_json_is_taken_out(cloud: Cloud, body: Any) -> None:
    cloud.azure.fault(path=ORDERS, status=200, body=body, times=None)
    assert json.loads(fetched(cloud)["orders"].text) == {"openapi": "3.0.1", "paths": {}}


def test_a_link_that_comes_unasked_is_followed(cloud: Cloud) -> None:
    cloud.azure.settings.export_shape = "published"
    answer = within(cloud, a_link)
    cloud.azure.fault(path=ORDERS, status=200, body={"link": answer})
    assert list(json.loads(fetched(cloud)["orders"].text)["paths"]) == ["/orders", "/orders/{id}"]


async def a_link(session: Session, form: str = "openapi%2Bjson-link") -> str:
    text = await session.text("apis/orders", {"export": "true", "format": form}, "asking", largest=10_000)
    return str(json.loads(text)["value"]["link"])


@pytest.mark.parametrize("status", [400, 406, 500])
def test_what_is_refused_inline_is_asked_for_by_link(cloud: Cloud, status: int) -> None:
    cloud.azure.fault(path=ORDERS, status=status, times=4 if status == 500 else 1)  # of which the client repeats some
    assert fetched(cloud)["orders"].text == fetched(cloud)["orders"].text != ""


HOSTS = [
    "https://evil.example/api-export/x.json?sig={}",
    "http://apimst.blob.core.windows.net/api-export/x.json?sig={}",
    "https://apimst.blob.core.windows.net.evil.example/x.json?sig={}",
    "https://evilblob.core.windows.net/x.json?sig={}",
    "https://blob.core.windows.net@evil.example/x.json?sig={}",
    "https://me@apimst.blob.core.windows.net/x.json?sig={}",
    "https://me:{}@apimst.blob.core.windows.net/x.json",
    "https://apimst.blob.core.windows.net:8080/x.json?sig={}",
    "https://127.0.0.1:1/x.json?sig={}",
    "https://localhost:8444/api-export/x.json?sig={}",
    "https://[::1/x.json?sig={}",
    "file:///etc/passwd?sig={}",
    "https://apimst.blob.core.windows.net:x/{}",
    "//apimst.blob.core.windows.net/{}",
    "{}",
]


@pytest.mark.parametrize("link", HOSTS)
def test_a_link_to_a_strange_host_is_not_followed_and_not_told(
    cloud: Cloud, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], link: str
) -> None:
    caplog.set_level(logging.DEBUG)
    planted = link.format(PLANTED)
    body = {"properties": {"format": "openapi-link", "value": {"link": planted}}}
    cloud.azure.fault(path=ORDERS, status=200, body=body, times=None)
    library = fetched(cloud)
    assert library["orders"].text == ""
    assert "the link leads to" in library["orders"].why or "gave a link that is none" in library["orders"].why
    assert library["billing"].text
    assert cloud.azure.log.at("blob") == []
    assert PLANTED not in caplog.text + repr(library) + "".join(capsys.readouterr())
    assert PLANTED not in failure(cloud, planted)


def failure(cloud: Cloud, link: str) -> str:
    """Give all that an exception tells, with what it came of."""

    async def ask(session: Session) -> str:
        try:
            await links.read(session, link, "reading x", largest=1000)
        except Unavailable as error:
            return "".join(traceback.format_exception(error, chain=True)) + repr(error.__dict__)
        return ""

    told = str(within(cloud, ask))
    assert told
    return told


@pytest.mark.parametrize(
    "host",
    [
        "https://apimst.blob.core.windows.net",
        "https://a.z01.blob.storage.azure.net",
        "https://a.blob.core.chinacloudapi.cn",
    ],
)
def test_a_link_to_a_storage_of_azure_is_followed_without_our_token(cloud: Cloud, host: str) -> None:
    cloud.azure.settings.inline_exports, cloud.azure.settings.exports = False, host
    assert fetched(cloud)["orders"].text
    assert {entry.host for entry in cloud.azure.log.at("blob")} == {host.removeprefix("https://")}
    assert {entry.status for entry in cloud.azure.log.at("blob")} == {200}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"status": 500}, "the blob answered 500"),
        ({"status": 403}, "the blob answered 403"),
        ({"status": 302, "headers": {"Location": "https://evil.example"}}, "the blob answered 302"),
        ({"cut": "before"}, "the blob was not read to its end"),
        ({"truncate": 20}, "the blob was not read to its end"),
        ({"status": 200, "body": "x" * 3_000}, "it is larger than"),
        ({"status": 200, "body": b"\xff\xfe\x00"}, "it is not UTF-8"),
        ({"status": 200, "body": b'{"openapi": "3.0.1", "paths": {'}, "it is not whole, or no JSON"),
        ({"status": 200, "body": b"<html>"}, "it is not whole, or no JSON"),
        ({"status": 200, "body": ["openapi"]}, "it is no OpenAPI document"),
        ({"status": 200, "body": b""}, "it is not whole, or no JSON"),
    ],
)
def test_a_blob_that_is_not_what_it_should_be_is_said_and_stops_nothing(
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, Any],
    says: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(exports, "LARGEST", 2_000)
    cloud.azure.settings.inline_exports = False
    cloud.azure.fault(path=f"{BLOB}Order API", times=None, **fault)
    library = fetched(cloud)
    assert says in library["orders"].why
    assert library["orders"].text == ""
    assert library["billing"].text
    assert "sig=" not in caplog.text + repr(library)


def test_a_blob_that_fails_once_is_read_again(cloud: Cloud) -> None:
    cloud.azure.settings.inline_exports = False
    cloud.azure.fault(path=f"{BLOB}Order API", status=503)
    assert fetched(cloud)["orders"].text
    assert [entry.status for entry in cloud.azure.log.at("blob") if "Order" in entry.path] == [503, 200]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"status": 403, "code": "AuthorizationFailed"}, "Azure did not give it: 403 AuthorizationFailed"),
        ({"status": 404, "code": "ResourceNotFound"}, "Azure did not give it: 404 ResourceNotFound"),
        ({"status": 400, "code": "ValidationError"}, "Azure did not give it: 400 ValidationError"),
        ({"status": 503, "code": "Down"}, "Azure did not give it: 503 Down"),
        ({"status": 200, "body": b"<html>"}, "it is not whole, or no JSON"),
        ({"status": 200, "body": b'{"openapi": "3.0.1", "paths": {'}, "it is not whole, or no JSON"),
        ({"status": 200, "body": {"openapi": "3.0.1", "x": "x" * 3_000}}, "it is larger than"),
        ({"truncate": 20}, "Azure did not give it"),
        ({"cut": "before"}, "Azure did not give it"),
    ],
)
def test_an_api_that_cannot_be_read_is_said_and_stops_nothing(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], says: str
) -> None:
    monkeypatch.setattr(exports, "LARGEST", 2_000)
    cloud.azure.fault(path=ORDERS, times=None, **fault)
    library = fetched(cloud)
    assert says in library["orders"].why
    assert library["orders"].text == ""
    assert library["billing"].text


@pytest.mark.parametrize(
    "text", [b"<a>", b"<html/>", b'<!DOCTYPE a [<!ENTITY b "c">]><definitions>&b;</definitions>', b"", b"no xml"]
)
def test_a_wsdl_that_is_none_is_not_kept(cloud: Cloud, text: bytes) -> None:
    cloud.azure.fault(path=r"/apis/billing$", status=200, body=text, times=None)
    assert fetched(cloud)["billing"].why.startswith("what Azure exported is not used: it")


def crowd(number: int) -> Cloud:
    apis = {f"apis/a{index}": {"displayName": f"A{index}", "path": f"a{index}"} for index in range(number)}
    operations = {f"apis/a{index}/operations/get": GET for index in range(number)}
    cloud = Cloud()
    cloud.azure.seed(SERVICE, {**apis, **operations}, fresh=False)
    return cloud


def test_a_thousand_apis_cost_a_request_each_and_the_second_time_eleven_and_one_more_for_one_that_changed() -> None:
    cloud = crowd(1000)
    first = fetched(cloud)
    assert len(cloud.azure.log) == 10 + 1 + 1000
    second = fetched(cloud, kept := again(first))
    assert len(cloud.azure.log) == 11
    assert second is kept
    write(cloud, "apis/a7/operations/new", {"displayName": "New", "method": "PUT", "urlTemplate": "/new"})
    third = fetched(cloud, again(second))
    assert len(cloud.azure.log) == 12
    assert "/new" in third["a7"].text
    before, after = files(first), files(third)
    assert {name for name in after.keys() | before.keys() if after.get(name) != before.get(name)} == {"a7.json", INDEX}


def files(library: Library) -> dict[str, bytes]:
    return as_files(library, {api: api for api in library.apis})


def again(library: Library) -> Library:
    """Write it down and read it, as two runs do."""
    return from_files(files(library), SERVICE)


@pytest.mark.parametrize(
    ("path", "properties", "touched"),
    [
        ("apis/orders", {"path": "orders", "displayName": "Order API", "description": "New"}, {"orders"}),
        ("apis/orders/operations/get", {**GET, "displayName": "One"}, {"orders"}),
        ("apis/orders/schemas/s", {"contentType": "a/b", "document": {"value": "x"}}, {"orders"}),
        ("apis/catalog/schemas/graphql", {"contentType": SDL, "document": {"value": "scalar A"}}, {"catalog"}),
        ("apis/new", {"path": "new", "displayName": "New"}, {"new"}),
        ("apis/orders;rev=2", {"path": "orders", "displayName": "Order API", "apiRevision": "2"}, {"orders"}),
        ("apis/orders/policies/policy", {"value": "<policies />"}, set()),
        ("apis/orders/operations/get/policies/policy", {"value": "<policies />"}, set()),
        ("products/p", {"displayName": "P"}, set()),
    ],
)
def test_the_log_tells_which_writes_may_change_a_definition(
    cloud: Cloud, path: str, properties: dict[str, Any], touched: set[str]
) -> None:
    kept = again(fetched(cloud))
    write(cloud, path, properties)
    library = fetched(cloud, kept, NOW + timedelta(seconds=1))
    asked = {entry.path.removeprefix(f"{SERVICE}/apis/").split("/")[0] for entry in cloud.azure.log} & set(library.apis)
    assert asked == touched
    later = again(fetched(cloud, again(library), NOW + timedelta(hours=3)))  # the overlap sees the write once more
    assert fetched(cloud, later, NOW + timedelta(hours=4)) is later


def test_an_event_that_came_late_to_the_log_is_seen_all_the_same(cloud: Cloud) -> None:
    kept = again(fetched(cloud))
    write(cloud, "apis/orders/operations/old", {**GET, "displayName": "O"}, at=(NOW - timedelta(hours=2)).timestamp())
    assert "old" not in fetched(cloud, kept)["orders"].text
    write(
        cloud, "apis/orders/operations/late", {**GET, "displayName": "L"}, at=(NOW - timedelta(minutes=30)).timestamp()
    )
    assert "late" in fetched(cloud, kept)["orders"].text


def test_a_row_of_the_list_that_is_another_is_enough(cloud: Cloud) -> None:
    kept = again(fetched(cloud))
    cloud.seed({"apis/orders": {"displayName": "Renamed", "path": "orders"}})  # no write that a log tells of
    assert json.loads(fetched(cloud, kept)["orders"].text)["info"]["title"] == "Renamed"
    assert counted(cloud)["GET apis/* openapi+json"] == 1


def test_what_is_gone_from_the_list_is_gone(cloud: Cloud) -> None:
    kept = again(fetched(cloud))
    within(cloud, lambda session: session.delete("apis/orders", "deleting", etag="*"))
    library = fetched(cloud, kept)
    assert "orders" not in library.apis
    assert "billing" in library.apis


def test_what_is_a_week_old_is_fetched_again_and_what_is_not_is_not(cloud: Cloud) -> None:
    kept = again(fetched(cloud))
    assert fetched(cloud, kept, NOW + timedelta(days=7, seconds=-1)) is kept
    later = NOW + timedelta(days=7)
    library = fetched(cloud, kept, later)
    assert {each.fetched for each in library.apis.values()} == {later}
    assert counted(cloud)["GET apis/* openapi+json"] == 2
    assert fetched(cloud, kept, NOW - timedelta(days=1)).read == NOW - timedelta(days=1)  # a clock that went back


SHOWN = role("backstage", [SERVICE], marks=[])["Actions"]
NARROW = {"actions": ["Microsoft.ApiManagement/*/read"]}


def test_who_may_not_read_the_log_asks_each_api_for_its_etag() -> None:
    cloud = crowd(30)
    cloud.azure.grant("narrow", NARROW)
    first = fetched(cloud, client="narrow")
    assert counted(cloud) == {"GET apis": 1, "GET log": 1, "HEAD apis/*": 30, "GET apis/* openapi+json": 30}
    kept = again(first)
    assert fetched(cloud, kept, client="narrow") is kept
    assert counted(cloud) == {"GET apis": 1, "GET log": 1, "HEAD apis/*": 30}
    write(cloud, "apis/a7", {"path": "a7", "displayName": "A7", "termsOfServiceUrl": "https://a.example"})
    cloud.seed({"apis/a7": {"path": "a7", "displayName": "A7"}})  # the row is the same again, the ETag is not
    fetched(cloud, kept, client="narrow")
    assert counted(cloud) == {"GET apis": 1, "GET log": 1, "HEAD apis/*": 30, "GET apis/* openapi+json": 1}


def test_an_etag_that_azure_does_not_tell_is_never_the_same() -> None:
    cloud = crowd(3)
    cloud.azure.grant("narrow", NARROW)
    kept = fetched(cloud, client="narrow")
    cloud.azure.fault(method="HEAD", status=400, times=None)
    for _ in range(2):
        kept = again(fetched(cloud, again(kept), client="narrow"))
        assert counted(cloud)["GET apis/* openapi+json"] == 3


def test_whoever_has_the_printed_role_reads_all_types_and_the_log(cloud: Cloud) -> None:
    cloud.azure.grant("catalog", {"actions": SHOWN})
    library = fetched(cloud, client="catalog")
    assert {api for api, kept in library.apis.items() if kept.definition.why} == {"passed"}
    assert not [entry for entry in cloud.azure.log if entry.method == "HEAD" or entry.status >= 400]


@pytest.mark.parametrize(
    ("action", "lost"),
    [
        ("Microsoft.ApiManagement/service/read", {"ticker", "pulse", "passed"}),
        ("Microsoft.ApiManagement/service/apis/schemas/read", {"catalog", "ledger", "feed", "passed"}),
        ("Microsoft.Insights/eventtypes/values/Read", {"passed"}),  # at the cost of an ETag each
    ],
)
def test_without_any_one_action_of_the_role_something_is_lost_and_the_rest_stays(
    cloud: Cloud, action: str, lost: set[str]
) -> None:
    cloud.azure.grant("catalog", {"actions": [each for each in SHOWN if each != action]})
    library = fetched(cloud, client="catalog")
    assert {api for api, kept in library.apis.items() if kept.definition.why} == lost
    assert [entry for entry in cloud.azure.log if entry.status == 403]


def test_a_definition_that_cannot_be_read_any_more_stays_as_it_was_and_is_asked_for_again(cloud: Cloud) -> None:
    kept = again(fetched(cloud))
    cloud.azure.fault(path=ORDERS, status=503, times=None)
    write(cloud, "apis/orders/operations/new", {**GET, "displayName": "New", "urlTemplate": "/new"})
    troubled = again(fetched(cloud, kept))
    assert troubled["orders"].text == kept["orders"].text
    assert troubled["orders"].why.startswith("Azure did not give it: 503")
    still = fetched(cloud, troubled, NOW + timedelta(hours=2))
    assert still is troubled
    assert counted(cloud)["GET apis/* openapi+json"] > 0
    cloud.azure.faults.clear()
    well = fetched(cloud, troubled, NOW + timedelta(hours=2))
    assert "/new" in well["orders"].text
    assert well["orders"].why == ""


def test_what_failed_in_passing_is_asked_for_again_and_what_azure_refuses_is_not(cloud: Cloud) -> None:
    cloud.azure.fault(path=ORDERS, status=503, times=None)
    cloud.azure.fault(path=r"/apis/billing$", status=400, times=None)
    kept = again(fetched(cloud))
    assert kept["billing"].why == "Azure did not give it: 400 InternalServerError"
    cloud.azure.faults.clear()
    library = fetched(cloud, kept)
    assert library["orders"].text
    assert library["billing"].text == ""
    assert counted(cloud)["GET apis/* openapi+json"] == sum(counted(cloud).values()) - 2 == 1


def test_the_order_in_which_azure_tells_is_not_seen() -> None:
    pair = [("apis/x/operations/a", GET), ("apis/x/operations/b", {"method": "PUT", "urlTemplate": "/orders/{id}"})]
    texts = set()
    for ordered in (pair, pair[::-1]):
        cloud = Cloud()
        cloud.azure.seed(SERVICE, {"apis/x": {"path": "x", "displayName": "X"}, **dict(ordered)}, fresh=False)
        texts.add(fetched(cloud)["x"].text)
    assert len(texts) == 1


def test_files_and_library_are_one_and_the_same(cloud: Cloud) -> None:
    library = fetched(cloud)
    assert again(library) == library
    assert files(again(library)) == files(library)
    named = sorted(name for name in files(library) if name != INDEX)
    of_apis = "billing.wsdl catalog.graphql echo-api.json feed.xml ledger.proto orders.json pulse.json ticker.json"
    assert named == of_apis.split()


def test_what_has_no_file_is_fetched_again(cloud: Cloud) -> None:
    library = fetched(cloud)
    written = as_files(library, {"orders": "o"})
    assert set(written) == {"o.json", INDEX}
    assert set(from_files(written, SERVICE).apis) == {"orders", "passed"}  # of the second it is known why there is none


@pytest.mark.parametrize("index", [b"", b"{", b"[]", b'{"service": 1}', b"\xff", b'{"service": "/other", "apis": {}}'])
def test_an_index_that_is_not_ours_is_as_good_as_none(index: bytes) -> None:
    assert from_files({INDEX: index}, SERVICE) == Library(SERVICE)


def test_a_text_that_was_changed_by_hand_or_is_missing_is_fetched_again(cloud: Cloud) -> None:
    library = fetched(cloud)
    for changed in ({"orders.json": b"{}\n"}, {"orders.json": b""}):
        assert "orders" not in from_files(files(library) | changed, SERVICE).apis
        assert fetched(cloud, from_files(files(library) | changed, SERVICE))["orders"] == library["orders"]
        assert counted(cloud)["GET apis/* openapi+json"] == 1


def test_another_service_is_never_taken_for_this_one(cloud: Cloud) -> None:
    assert from_files(files(fetched(cloud)), f"{SERVICE}-2") == Library(f"{SERVICE}-2")


def test_over_tls_a_link_is_read_past_every_log(
    monkeypatch: pytest.MonkeyPatch, certified: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    """The real transport, with everything logged that anybody can have logged."""
    caplog.set_level(logging.DEBUG)
    azure = Azure()
    azure.seed(SERVICE, APIS)
    azure.settings.inline_exports = False
    given: list[str] = []
    shelve = azure.outside.shelf.put
    monkeypatch.setattr(azure.outside.shelf, "put", lambda *blob: given.append(shelve(*blob)) or given[-1])

    async def run(running: Running) -> Library:
        credential: Any = Credential(azure.token("tests"))
        async with connect(SERVICE, subscription="s1", endpoint=running.url, credential=credential) as session:
            return await definitions(session, await session.rows("apis"), Library(), NOW)

    with serve(azure, certified=certified, app=checked(azure)) as running:
        library = asyncio.run(run(running))
    assert json.loads(library["orders"].text)["openapi"] == "3.0.1"
    assert [entry.status for entry in azure.log.at("blob")] == [200, 200, 200]
    assert len(given) == 3
    assert "azure.core" in {record.name.rpartition(".pipeline")[0] for record in caplog.records}
    for query in given:
        signature = query.partition("sig=")[2].partition("&")[0]
        assert signature not in caplog.text
        assert unquote(signature) not in caplog.text


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ('\ufeff{"paths": {"/b": 1, "/a": 2}, "info": {"z": 1, "a": 2}, "openapi": "3.0.1"}', "openapi", None),
        ('{"openapi": "3.0.1", "info": {"a": 2, "z": 1}, "paths": {"/a": 2, "/b": 1}}', "openapi", None),
        ("\ufefftype A {\r\n  a: Int  \r\n}\r\n\r\n", "graphql", "type A {\n  a: Int\n}\n"),
        ('<?xml version="1.0" encoding="utf-16"?>\r\n<definitions/>', "wsdl", None),
        ('<w:definitions xmlns:w="urn:w"/>', "wsdl", '<w:definitions xmlns:w="urn:w"/>\n'),
    ],
)
def test_what_says_the_same_is_written_the_same(text: str, kind: Type, written: str | None) -> None:
    once = normal(text, kind)
    assert normal(once, kind) == once
    assert "\r" not in once
    assert "\ufeff" not in once
    if written is not None:
        assert once == written
    if kind == "openapi":
        assert list(json.loads(once)) == ["openapi", "info", "paths"]
        assert once == normal(json.dumps(json.loads(once), sort_keys=True), kind)
        assert list(json.loads(once)["paths"]) == ["/a", "/b"]


DEEP = '{"openapi": "3.0.1", "x": ' + '{"x": ' * 900 + "1" + "}" * 901  # json reads it, who walks it falls


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "graphql"),
        (" \r\n", "grpc"),
        ("{}", "openapi"),
        ("[" * 100_000, "openapi"),
        (DEEP, "openapi"),
        ("<a/>", "wsdl"),
    ],
)
def test_what_is_none_is_refused_in_words(text: str, kind: Type) -> None:
    with pytest.raises(Unreadable, match=r"^it(s first element)? is "):
        normal(text, kind)


@pytest.mark.parametrize(
    ("protocols", "url"), [(["ws"], "ws://g.example"), (["ws", "wss"], "wss://g.example"), (None, "wss://g.example")]
)
def test_a_websocket_is_shown_at_the_gateway_by_the_safest_protocol_it_has(protocols: Any, url: str) -> None:
    told = json.loads(document({"displayName": "T", "path": "/t/", "protocols": protocols}, "https://g.example"))
    assert told["servers"]["gateway"]["url"] == url
    assert told["channels"] == {"/t": {}}
    assert told["info"] == {"title": "T", "version": "1.0"}
