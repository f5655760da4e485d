"""The gateway: who may pass with which key, in which context, at which address, and what is told of it."""

import re
from itertools import product
from pathlib import Path

import pytest
from caller import SERVICE, Arm
from gatekeeper import Gate, answering, header, policy, validate

from reconciler.emulator import ConnectionCut
from reconciler.emulator.state_file import load, save

MISSING = (
    "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an"
    " API."
)
INVALID = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
REPORT = "$filter=timestamp%20ge%20datetime'2026-01-01T00:00:00'"
PRODUCT = '@(context.Product?.Id ?? "none")'
WHO = '@(context.Subscription?.Id ?? "nobody")'


@pytest.fixture
def gate() -> Gate:
    return Gate()


KEYS = ("none", "wrong", "gold", "silver", "api", "other api", "all", "master")
STATES = ("active", "suspended", "submitted", "rejected", "cancelled", "expired")
SCOPES = {"gold": "/products/gold", "silver": "/products/silver", "api": "/apis/orders", "other api": "/apis/bills"}
FITS = {"gold": "gold", "api": "none", "all": "none", "master": "none"}  # the context that a key gives
SETTINGS = [
    dict(zip(("opened", "required", "ignored"), each, strict=True)) for each in product((False, True), repeat=3)
]


def expected(key: str, state: str, *, opened: bool, required: bool, ignored: bool) -> tuple[int, str, str]:
    """Say status, product and subscription as Microsoft's page does: with a key, and without one."""
    without = (200, "open", "nobody") if opened else (401, MISSING, "") if required else (200, "none", "nobody")
    if key == "none" or (ignored and not required):
        return without
    if key in FITS and state == "active":
        return 200, FITS[key], key
    return without if ignored and opened else (401, INVALID, "")


def answered(gate: Gate, key: str | None) -> tuple[int, str, str]:
    reply = gate(key)
    if reply.status != 200:
        return reply.status, reply.json["message"], ""
    return 200, reply.json["headers"]["x-product"], reply.json["headers"]["x-who"]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_table_of_keys_products_and_requirements(gate: Gate, settings: dict[str, bool]) -> None:
    gate.arm.azure.settings.ignored_keys = settings["ignored"]
    shown = {"displayName": "Orders", "path": "shop/orders", "subscriptionRequired": settings["required"]}
    gate.seed(
        {
            "apis/orders": shown,
            "apis/bills": {"displayName": "Bills", "path": "bills"},
            "products/silver": {"displayName": "Silver"},
            "products/silver/apis/bills": {},
            "products/open": {"displayName": "Open", "subscriptionRequired": False},
            **({"products/open/apis/orders": {}} if settings["opened"] else {}),
        }
    )
    gate.put("apis/orders", "<base />" + header("x-product", PRODUCT) + header("x-who", WHO))
    found, wanted = {}, {}
    for key, state in product(KEYS, STATES):
        if key not in {"none", "wrong"}:
            scope = "/" if key == "master" else SCOPES.get(key, "/apis")
            gate.seed({f"subscriptions/{key}": {"displayName": key, "scope": scope, "state": state}})
        sent = None if key == "none" else "wrong" if key == "wrong" else gate.key(key)
        found[key, state] = answered(gate, sent)
        wanted[key, state] = expected(key, state, **settings)
    assert found == wanted


def test_a_refusal_is_told_as_azure_tells_it(gate: Gate) -> None:
    refused = gate(None)
    assert refused.json == {"statusCode": 401, "message": MISSING}
    assert refused.headers["content-type"] == "application/json"
    assert refused.headers["www-authenticate"] == (
        'AzureApiManagementKey realm="https://localhost:8443/shop/orders",name="Ocp-Apim-Subscription-Key",type="header"'
    )


@pytest.mark.parametrize("slot", ["primary", "secondary"])
def test_either_key_is_taken_in_header_or_query_and_the_header_comes_first(gate: Gate, slot: str) -> None:
    key = gate.key(slot=slot)
    assert gate(key).status == 200
    assert gate(None, query=f"subscription-key={key}").status == 200
    assert gate("wrong", query=f"subscription-key={key}").status == 401
    assert gate(key, query="subscription-key=wrong").status == 200


def test_an_api_may_rename_header_and_query(gate: Gate) -> None:
    names = {"header": "X-Key", "query": "key"}
    gate.seed({"apis/orders": {"displayName": "O", "path": "shop/orders", "subscriptionKeyParameterNames": names}})
    assert gate().json["message"] == MISSING
    assert gate(None, headers={"x-key": gate.key()}).status == 200
    assert gate(None, query=f"key={gate.key()}").status == 200
    assert gate(None, query=f"subscription-key={gate.key()}").status == 401
    assert 'name="X-Key"' in gate(None).headers["www-authenticate"]


def test_what_is_written_at_resource_manager_holds_from_the_next_call_on(gate: Gate) -> None:
    arm = gate.arm
    old, other = gate.key(), gate.key(slot="secondary")
    assert arm("PATCH", "subscriptions/s", {"state": "suspended"}, etag="*").status == 200
    assert gate(old).json["message"] == INVALID
    arm("PATCH", "subscriptions/s", {"state": "active"}, etag="*")
    assert gate(old).status == 200
    arm("POST", "subscriptions/s/regeneratePrimaryKey")
    assert (gate(old).status, gate(other).status, gate(gate.key()).status) == (401, 200, 200)
    arm("DELETE", "products/gold/apis/orders")
    assert gate().status == 401
    arm("PUT", "products/gold/apis/orders")
    assert gate().status == 200
    arm("DELETE", "products/gold", query="deleteSubscriptions=true")
    assert gate(other).json["message"] == INVALID
    arm("DELETE", "apis/orders", etag="*")
    assert gate(other).json == {"statusCode": 404, "message": "Resource not found"}


def test_a_date_of_expiry_ends_nothing_and_a_blocked_owner_does(gate: Gate) -> None:
    held = {"displayName": "S", "scope": "/products/gold", "ownerId": "/users/ann"}
    gate.seed({"subscriptions/s": {**held, "expirationDate": "2020-01-01T00:00:00Z"}})
    assert gate().status == 200
    gate.seed({"users/ann": {"firstName": "Ann", "lastName": "Lee", "state": "blocked"}})
    assert gate().status == 401


def test_portal_groups_and_publishing_play_no_part(gate: Gate) -> None:
    gate.seed({"products/gold": {"displayName": "Gold", "state": "published"}})
    assert gate.arm("GET", "products/gold/groups").json["value"] == []
    assert gate().status == 200
    gate.seed({"products/gold": {"displayName": "Gold", "state": "notPublished"}})
    assert gate().status == 200


@pytest.mark.parametrize(
    ("path", "api", "below"),
    [
        ("shop/orders", "orders", "/"),
        ("SHOP/Orders/42/lines", "orders", "/42/lines"),
        ("shop/orders/archive/1", "archive", "/1"),
        ("shop/ordersx", "", ""),
        ("shop", "", ""),
        ("shop/orders/a%2Fb", "orders", "/a/b"),
    ],
)
def test_the_longest_path_wins(gate: Gate, path: str, api: str, below: str) -> None:
    gate.seed({"apis/archive": {"displayName": "Archive", "path": "/shop/orders/archive/"}})
    gate.seed({"subscriptions/all": {"displayName": "All", "scope": "/apis"}})
    gate.put("", header("x-api", "@(context.Api.Id)"), backend="<forward-request />", outbound="")
    reply = gate(gate.key("all"), path)
    assert reply.status == (200 if api else 404)
    if api:
        assert (reply.json["headers"]["x-api"], reply.json["path"]) == (api, below)


@pytest.mark.parametrize(
    ("scheme", "path", "query", "headers"),
    [
        ({"versioningScheme": "Segment"}, "bills/v2/7", "", {}),
        ({"versioningScheme": "Query", "versionQueryName": "version"}, "bills/7", "version=v2", {}),
        ({"versioningScheme": "Header", "versionHeaderName": "X-Version"}, "bills/7", "", {"x-version": "v2"}),
    ],
)
def test_a_version_is_told_as_its_set_says(
    gate: Gate, scheme: dict[str, str], path: str, query: str, headers: dict[str, str]
) -> None:
    version_set = {"displayName": "Bills", **scheme}
    shared = {"displayName": "Bills", "path": "bills", "apiVersionSetId": "/apiVersionSets/bills"}
    gate.seed({"apiVersionSets/bills": version_set, "subscriptions/all": {"displayName": "All", "scope": "/apis"}})
    gate.seed({f"apis/bills-{version}": {**shared, "apiVersion": version} for version in ("v1", "v2")})
    gate.put("", header("x-api", "@(context.Api.Id)"), backend="<forward-request />", outbound="")
    reply = gate(gate.key("all"), path, query=query, headers=headers)
    assert (reply.json["headers"]["x-api"], reply.json["path"]) == ("bills-v2", "/7")
    assert gate(gate.key("all"), "bills/7").status == 404


def test_a_revision_is_asked_for_behind_the_path(gate: Gate) -> None:
    assert gate.arm("PUT", "apis/orders;rev=2", {"path": "shop/orders"}).status in {200, 201}
    gate.put("apis/orders;rev=2", "<base />" + header("x-revision", "@(context.Api.Revision)"))
    assert gate.seen("x-revision", path="shop/orders;rev=2/42") == "2"
    assert gate.seen("x-revision", path="shop/orders/42") == ""
    assert gate(path="shop/orders;rev=9/42").status == 404


def test_an_api_with_operations_takes_no_other_calls(gate: Gate) -> None:
    gate.seed(
        {
            "apis/orders/operations/read": {"displayName": "R", "method": "GET", "urlTemplate": "/{id}"},
            "apis/orders/operations/list": {"displayName": "L", "method": "GET", "urlTemplate": "/all"},
            "apis/orders/operations/files": {"displayName": "F", "method": "POST", "urlTemplate": "/f/{*rest}"},
        }
    )
    shown = '@(context.Operation.Id + " " + context.Request.MatchedParameters.GetValueOrDefault("id", "-"))'
    gate.put("apis/orders", "<base />" + header("x-operation", shown))
    assert gate.seen("x-operation", path="shop/orders/42") == "read 42"
    assert gate.seen("x-operation", path="shop/orders/all") == "list -"
    assert gate.seen("x-operation", path="shop/orders/f/a/b", method="POST") == "files -"
    assert [gate(path=path, method="PUT").status for path in ("shop/orders/42", "shop/orders")] == [404, 404]


def test_one_service_answers_as_it_is_and_several_by_host(gate: Gate) -> None:
    other = SERVICE.replace("apim-dev", "apim-prod")
    gate.arm.azure.seed(other, {"apis/orders": {"path": "shop/orders"}})
    refused = gate()
    assert refused.status == 404
    assert "apim-dev.azure-api.localhost:8443" in refused.json["message"]
    regional = "apim-dev-westeurope-01.regional.azure-api.net"
    for host in ("apim-dev.azure-api.localhost:8443", "APIM-DEV.azure-api.net", regional):
        assert gate(headers={"host": host}).status == 200
    keyed = {"host": "localhost:8443", "ocp-apim-subscription-key": gate.key()}
    for name, status in (("apim-dev", 200), ("apim-prod", 401), ("nobody", 404)):
        assert gate.arm("GET", f"/gateways/{name}/shop/orders/1", version="", headers=keyed).status == status
    bare = {"host": "apim-dev.azure-api.localhost:8443", "ocp-apim-subscription-key": gate.key()}
    for path in ("/shop/orders/secrets", "/shop/orders/oauth2/token"):
        assert gate.arm("POST", path, version="", headers=bare).json["path"] == path.removeprefix("/shop/orders")
    assert gate(headers={"host": "apim-prod.azure-api.net"}).status == 401
    assert gate(headers={"host": "nobody.azure-api.net"}).status == 404


def test_the_backend_is_an_echo_that_shows_no_credentials(gate: Gate) -> None:
    sent = {"x-mine": "1", "authorization": "Bearer some-token"}
    reply = gate(query=f"a=1&subscription-key={gate.key()}", method="POST", body=b"hello", headers=sent)
    shown = reply.json
    assert (shown["method"], shown["path"], shown["backend"], shown["body"]) == (
        "POST",
        "/42",
        "https://backend",
        "hello",
    )
    assert shown["query"] == {"a": "1", "subscription-key": "(not shown)"}
    assert shown["headers"]["x-mine"] == "1"
    assert gate.key() not in reply.body.decode()
    assert "some-token" not in reply.body.decode()


def test_no_key_and_no_token_is_in_log_or_journal(gate: Gate) -> None:
    gate(headers={"authorization": "Bearer some-token"})
    gate(None, query=f"subscription-key={gate.key()}")
    told = f"{gate.journal} {gate.arm.azure.log.at('gateway')!r}"
    assert "/42" in told
    assert gate.key() not in told
    assert "some-token" not in told


def test_calls_are_counted_by_how_they_ended(gate: Gate) -> None:
    gate.put("apis/orders", answering(409), on_error="<base />")
    gate()
    gate.put("apis/orders", answering(500))
    gate()
    gate.put("apis/orders")
    gate()
    gate()
    gate(None)
    rows = gate.arm("GET", "reports/bySubscription", query=REPORT).json["value"]
    named = {row.get("subscriptionId", ""): row for row in rows}
    counts = ("Success", "Blocked", "Failed", "Other")
    assert [named["/subscriptions/s"][f"callCount{name}"] for name in counts] == [2, 0, 1, 1]
    assert [named[""][f"callCount{name}"] for name in counts] == [0, 1, 0, 0]
    assert named["/subscriptions/s"]["productId"] == "/products/gold"
    assert named["/subscriptions/s"]["userId"] == "/users/ann"
    assert named["/subscriptions/s"]["bandwidth"] > 0


def test_the_journal_shows_the_last_calls_and_can_be_emptied(gate: Gate) -> None:
    gate()
    gate(None)
    gate(path="nowhere")
    assert [
        (row["status"], row["api"], row["product"], row["subscription"], row["key"], row["source"], row["reason"])
        for row in gate.journal["calls"]
    ] == [
        (200, "orders", "gold", "s", "primary", "", ""),
        (401, "orders", "", "", "", "authorization", "SubscriptionKeyNotFound"),
        (404, "", "", "", "", "configuration", "OperationNotFound"),
    ]
    assert gate.journal["calls"][0]["when"] == "2027-01-15T08:00:00"
    assert gate.arm("DELETE", "/_admin/gateway", version="").status == 204
    assert gate.journal == {"calls": [], "events": [], "unknown": []}


def test_calls_have_a_plane_of_their_own_and_meet_faults(gate: Gate) -> None:
    gate()
    log = gate.arm.azure.log
    assert [(entry.principal, entry.method, entry.path, entry.status) for entry in log.at("gateway")] == [
        ("s", "GET", "/gateway/shop/orders/42", 200)
    ]
    gate.arm.azure.fault(path="^/gateway/", status=503)
    assert gate().status == 503
    gate.arm.azure.fault(path="^/gateway/", cut="before")
    with pytest.raises(ConnectionCut):
        gate()


def test_a_state_file_keeps_what_was_counted_and_who_may_pass(gate: Gate, tmp_path: Path) -> None:
    changes = gate.arm.azure.changes
    gate()
    assert gate.arm.azure.changes == changes + 1  # by which whoever saves the state sees that there is something new
    save(gate.arm.azure, tmp_path / "state.json")
    again = Arm()
    load(again.azure, tmp_path / "state.json")
    assert again.azure.service(SERVICE).usage.calls[0].success == 1
    sent = {"host": "localhost:8443", "ocp-apim-subscription-key": gate.key(), "authorization": ""}
    assert again("GET", "/gateway/shop/orders", version="", headers=sent).status == 200


def test_policies_run_from_the_widest_scope_inwards_and_back(gate: Gate) -> None:
    gate.seed({"apis/orders/operations/read": {"displayName": "R", "method": "GET", "urlTemplate": "/{id}"}})
    for scope in ("", "products/gold", "apis/orders", "apis/orders/operations/read"):
        name = scope.rpartition("/")[2] or "global"
        base = "<base />" if scope else ""
        backend = "<base />" if scope else "<forward-request />"
        gate.put(scope, base + header("x-way", name), backend=backend, outbound=header("x-back", name) + base)
    reply = gate()
    assert reply.json["headers"]["x-way"] == "global,gold,orders,read"
    assert reply.headers["x-back"] == "read,orders,gold,global"


def test_a_products_policy_needs_its_context(gate: Gate) -> None:
    gate.put("products/gold", "<base />" + header("x-way", "gold"))
    gate.seed({"subscriptions/one": {"displayName": "One", "scope": "/apis/orders"}})
    assert gate.seen("x-way") == "gold"
    assert gate.seen("x-way", key=gate.key("one")) == ""


def test_without_base_the_wider_scopes_are_not_asked(gate: Gate) -> None:
    gate.put("products/gold", "<base />" + answering(403))
    assert gate().status == 403
    gate.put("apis/orders", "")
    assert gate().status == 200
    gate.seed({"apis/orders/policies/policy": {"value": "<policies><outbound /></policies>"}})
    assert gate().status == 403  # a section that is not there is taken as inherited


def test_a_policy_that_is_taken_away_is_out_of_force_at_once(gate: Gate) -> None:
    gate.arm("PUT", "products/gold/policies/policy", {"value": policy(answering(403)), "format": "xml"})
    assert gate().status == 403
    gate.arm("DELETE", "products/gold/policies/policy", etag="*")
    assert gate().status == 200


def test_an_open_products_policy_runs_for_calls_without_a_key(gate: Gate) -> None:
    gate.seed(
        {"products/open": {"displayName": "Open", "subscriptionRequired": False}, "products/open/apis/orders": {}}
    )
    gate.put("products/open", "<base />" + header("x-way", "open"))
    gate.put("products/gold", "<base />" + header("x-way", "gold"))
    assert gate.seen("x-way", key=None) == "open"
    assert gate.seen("x-way") == "gold"


def test_an_answer_to_head_has_no_body(gate: Gate) -> None:
    reply = gate(method="HEAD")
    assert (reply.status, reply.body) == (200, b"")


def test_what_the_guide_asks_of_the_gateway_is_answered(gate: Gate) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text()
    asked = re.findall(r"^\$ curl (.*) https://localhost:8443(/gateway/\S+)$", guide, re.MULTILINE)
    assert len(asked) == guide.count("localhost:8443/gateway/") > 1
    gate.seed({"apis/orders": {"displayName": "Orders", "path": "orders"}})
    for options, path in asked:
        sent = re.findall(r'-H "(\S+): ([^"]*)"', options)
        named = {name.lower(): text.replace("$KEY", gate.key()) for name, text in sent}
        uses_token = "authorization" in named
        gate.seed({"apis/orders": {"displayName": "O", "path": "orders", "subscriptionRequired": not uses_token}})
        gate.put("apis/orders", "<base />" + (validate() if uses_token else ""))
        named["authorization"] = f"Bearer {gate.token()}" if uses_token else ""
        assert gate.arm("GET", path, version="", headers={"host": "localhost:8443", **named}).json["path"] == "/42", (
            options
        )


def test_a_service_that_nobody_mentioned_is_not_known() -> None:
    arm = Arm()
    refused = arm("GET", "/gateway/echo", version="", headers={"authorization": ""})
    assert refused.status == 404
    assert "none yet" in refused.json["message"]
