"""Key Vault's secrets: versions that stay readable, soft delete, pages without values, and who may do what."""

import json
from pathlib import Path
from typing import Any

import pytest
from caller import SERVICE, Arm, Reply

from reconciler.emulator import Azure, ConnectionCut, SeedError
from reconciler.emulator.seed_file import plant_values
from reconciler.emulator.state_file import load, save

HOST = "kv-dev.vault.azure.net"
SECRETS = "Microsoft.KeyVault/vaults/secrets"


def vault(
    arm: Arm,
    method: str,
    path: str,
    body: Any = None,
    *,
    query: str = "",
    version: str = "7.4",
    host: str = HOST,
    audience: str = "https://vault.azure.net",
) -> Reply:
    headers = {"host": host, "authorization": f"Bearer {arm.azure.token(arm.client, audience=audience)}"}
    content = b"" if body is None else json.dumps(body).encode()
    return arm(method, f"/{path}", query=query, version=version, body=content, headers=headers)


def put(arm: Arm, name: str, value: str, **rest: Any) -> dict[str, Any]:
    reply = vault(arm, "PUT", f"secrets/{name}", {"value": value, **rest})
    assert reply.status == 200
    body: dict[str, Any] = reply.json
    return body


def identifier(body: dict[str, Any]) -> str:
    return str(body["id"].rpartition("/")[2])


def test_a_new_version_leaves_the_old_one_readable(arm: Arm) -> None:
    first = put(arm, "checkout-orders", "old", tags={"owner": "checkout"}, contentType="text/plain")
    second = put(arm, "checkout-orders", "new")
    assert vault(arm, "GET", "secrets/checkout-orders").json["value"] == "new"
    old = vault(arm, "GET", f"secrets/checkout-orders/{identifier(first)}").json
    assert (old["value"], old["tags"], old["contentType"]) == ("old", {"owner": "checkout"}, "text/plain")
    assert first["id"].startswith(f"https://{HOST}/secrets/checkout-orders/")
    assert len(identifier(first)) == 32
    assert "tags" not in second
    assert vault(arm, "GET", "secrets/CHECKOUT-orders").json["value"] == "new"
    assert vault(arm, "GET", f"secrets/checkout-orders/{'0' * 32}").error["code"] == "SecretNotFound"


def test_attributes_are_times_of_the_clock_and_what_was_said(arm: Arm) -> None:
    now = 1_800_000_000.0
    arm.azure.settings.clock = lambda: now
    made = put(arm, "s", "v", attributes={"nbf": 1_900_000_000, "exp": 1_900_000_001})
    now += 60
    changed = vault(arm, "PATCH", f"secrets/s/{identifier(made)}", {"tags": {"a": "b"}}).json
    assert "value" not in changed
    assert changed["tags"] == {"a": "b"}
    assert changed["attributes"] == {
        "enabled": True,
        "nbf": 1_900_000_000,
        "exp": 1_900_000_001,
        "created": 1_800_000_000,
        "updated": 1_800_000_060,
        "recoveryLevel": "Recoverable+Purgeable",
        "recoverableDays": 90,
    }
    assert vault(arm, "GET", "secrets/s").json["value"] == "v"  # not valid yet, which only informs
    now = 1_900_000_100.0
    assert vault(arm, "GET", "secrets/s").json["value"] == "v"  # expired, which only informs


def test_a_disabled_version_gives_no_value_but_can_be_enabled_again(arm: Arm) -> None:
    made = put(arm, "s", "v", attributes={"enabled": False}, tags={"kept": "yes"})
    refused = vault(arm, "GET", "secrets/s")
    assert (refused.status, refused.error["code"], refused.error["innererror"]["code"]) == (
        403,
        "Forbidden",
        "SecretDisabled",
    )
    (row,) = vault(arm, "GET", "secrets").json["value"]
    assert row["attributes"]["enabled"] is False
    vault(arm, "PATCH", f"secrets/s/{identifier(made)}", {"attributes": {"enabled": True}})
    assert vault(arm, "GET", "secrets/s").json["tags"] == {"kept": "yes"}


def test_lists_have_pages_tags_and_never_a_value(arm: Arm) -> None:
    for number in range(60):
        arm.azure.vault("kv-dev").set(f"name-{number:02}", f"value-{number}", tags={"number": str(number)})
    rows, path, query, pages = [], "secrets", "", 0
    while path and pages < 10:
        page = vault(arm, "GET", path, query=query, version="" if query else "7.4")
        assert "value-" not in page.body.decode()
        rows += page.json["value"]
        link, pages = page.json["nextLink"] or "", pages + 1
        path, _, query = link.removeprefix(f"https://{HOST}/").partition("?")
    assert pages == 3
    assert [row["id"] for row in rows] == [f"https://{HOST}/secrets/name-{number:02}" for number in range(60)]
    assert rows[7]["tags"] == {"number": "7"}
    assert len(vault(arm, "GET", "secrets", query="maxresults=3").json["value"]) == 3
    assert vault(arm, "GET", "secrets", query="maxresults=26").error["code"] == "BadParameter"


def test_versions_are_listed_in_no_order_of_time(arm: Arm) -> None:
    made = [identifier(put(arm, "s", str(number))) for number in range(30)]
    page = vault(arm, "GET", "secrets/s/versions").json
    link = page["nextLink"].removeprefix(f"https://{HOST}/").partition("?")
    rows = [*page["value"], *vault(arm, "GET", link[0], query=link[2], version="").json["value"]]
    assert [identifier(row) for row in rows] == sorted(made)
    assert not any("value" in row for row in rows)


def test_a_deleted_secret_keeps_its_name_until_it_is_purged(arm: Arm) -> None:
    put(arm, "s", "v", tags={"a": "b"})
    deleted = vault(arm, "DELETE", "secrets/s").json
    assert deleted["recoveryId"] == f"https://{HOST}/deletedsecrets/s"
    assert deleted["scheduledPurgeDate"] - deleted["deletedDate"] == 90 * 86_400
    assert "value" not in deleted
    assert vault(arm, "GET", "secrets/s").error["code"] == "SecretNotFound"
    assert vault(arm, "GET", "secrets").json["value"] == []
    refused = vault(arm, "PUT", "secrets/S", {"value": "w"})
    assert (refused.status, refused.error["code"]) == (409, "Conflict")
    assert refused.error["innererror"] == {"code": "ObjectIsDeletedButRecoverable"}
    assert [row["tags"] for row in vault(arm, "GET", "deletedsecrets").json["value"]] == [{"a": "b"}]
    assert vault(arm, "POST", "deletedsecrets/s/recover").status == 200
    assert vault(arm, "GET", "secrets/s").json["value"] == "v"
    vault(arm, "DELETE", "secrets/s")
    assert vault(arm, "DELETE", "deletedsecrets/s").status == 204
    assert vault(arm, "GET", "deletedsecrets/s").error["message"] == "Deleted Secret not found: s"
    assert put(arm, "s", "w")["value"] == "w"


def test_a_slow_deletion_is_seen_only_after_some_polls(arm: Arm) -> None:
    put(arm, "s", "v")
    arm.azure.settings.slow_polls = 2
    vault(arm, "DELETE", "secrets/s")
    assert vault(arm, "PUT", "secrets/s", {"value": "w"}).error["innererror"]["code"] == "ObjectIsBeingDeleted"
    assert vault(arm, "DELETE", "deletedsecrets/s").status == 409
    assert [vault(arm, "GET", "deletedsecrets/s").status for _ in range(4)] == [404, 404, 200, 200]
    assert vault(arm, "DELETE", "deletedsecrets/s").status == 204


def test_what_was_deleted_long_ago_is_gone(arm: Arm) -> None:
    now = 1_800_000_000.0
    arm.azure.settings.clock = lambda: now
    put(arm, "s", "v")
    vault(arm, "DELETE", "secrets/s")
    now += 90 * 86_400 - 10
    assert vault(arm, "GET", "deletedsecrets/s").status == 200
    now += 20
    assert vault(arm, "GET", "deletedsecrets/s").status == 404
    assert vault(arm, "PUT", "secrets/s", {"value": "w"}).status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("secrets/under_score", {"value": "v"}),
        (f"secrets/{'a' * 128}", {"value": "v"}),
        ("secrets/s", {}),
        ("secrets/s", {"value": 1}),
        ("secrets/s", []),
        ("secrets/s", {"value": "é" * 12_801}),
        ("secrets/s", {"value": "v", "tags": {str(number): "" for number in range(16)}}),
        ("secrets/s", {"value": "v", "tags": {"a": 1}}),
        ("secrets/s", {"value": "v", "tags": {"a": "x" * 257}}),
        ("secrets/s", {"value": "v", "contentType": "x" * 256}),
        ("secrets/s", {"value": "v", "attributes": {"enabled": "yes"}}),
        ("secrets/s", {"value": "v", "attributes": {"nbf": 2, "exp": 1}}),
    ],
)
def test_what_breaks_a_limit_is_a_bad_parameter(arm: Arm, path: str, body: Any) -> None:
    refused = vault(arm, "PUT", path, body)
    assert (refused.status, refused.error["code"]) == (400, "BadParameter")
    assert arm.azure.vault("kv-dev").snapshot() == {}


def test_limits_themselves_are_kept(arm: Arm) -> None:
    assert put(arm, "a" * 127, "é" * 12_800, tags={str(number): "x" * 256 for number in range(15)})


@pytest.mark.parametrize("version", ["7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"])
def test_the_versions_that_clients_send_are_served(arm: Arm, version: str) -> None:
    assert vault(arm, "GET", "secrets", version=version).status == 200
    for other in ("", "9.9"):
        assert vault(arm, "GET", "secrets", version=other).status == 400


@pytest.mark.parametrize(
    ("host", "authority", "resource"),
    [
        (HOST, "https://login.microsoftonline.com", "https://vault.azure.net"),
        ("kv-dev.vault.localhost:8443", "https://localhost:8443", "https://vault.localhost:8443"),
        ("localhost:8443", "https://localhost:8443", "https://vault.localhost:8443"),
    ],
)
def test_the_challenge_leads_to_a_token_for_this_vault(arm: Arm, host: str, authority: str, resource: str) -> None:
    asked = arm("GET", "/secrets", version="7.4", headers={"host": host, "authorization": ""})
    assert (asked.status, asked.error["code"]) == (401, "Unauthorized")
    assert asked.headers["www-authenticate"] == (
        f'Bearer authorization="{authority}/{arm.azure.tenant}", resource="{resource}"'
    )
    assert vault(arm, "GET", "secrets", host=host, audience=resource).status == 200
    for audience in ("https://management.azure.com", "https://vault.azure.net/", "https://vault.localhost:1"):
        refused = vault(arm, "GET", "secrets", host=host, audience=audience)
        assert (refused.status, refused.error["code"]) == (401, "Unauthorized")
        assert f"found: {audience}." in refused.error["message"]


def test_each_host_is_a_vault_of_its_own(arm: Arm) -> None:
    for host, value in ((HOST, "dev"), ("kv-prod.vault.azure.net", "prod"), ("localhost:8443", "default")):
        assert vault(arm, "PUT", "secrets/s", {"value": value}, host=host).status == 200
    assert [arm.azure.vault(name).value("s") for name in ("kv-dev", "kv-prod", "default")] == ["dev", "prod", "default"]
    assert vault(arm, "GET", "secrets/s", host="KV-DEV.vault.azure.net").json["value"] == "dev"
    assert vault(arm, "GET", "secrets", host="a--b.vault.azure.net").status == 400
    assert vault(arm, "GET", f"{SERVICE}/groups".strip("/"), version="7.4").status == 405


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "secrets", "readMetadata/action"),
        ("GET", "secrets/s", "getSecret/action"),
        ("GET", "secrets/s/versions", "readMetadata/action"),
        ("PUT", "secrets/s", "setSecret/action"),
        ("PATCH", "secrets/s", "update/action"),
        ("DELETE", "secrets/s", "delete"),
        ("GET", "deletedsecrets", "readMetadata/action"),
        ("GET", "deletedsecrets/gone", "readMetadata/action"),
        ("POST", "deletedsecrets/gone/recover", "recover/action"),
        ("DELETE", "deletedsecrets/gone", "purge/action"),
    ],
)
def test_each_request_needs_its_data_action(arm: Arm, method: str, path: str, action: str) -> None:
    kept = arm.azure.vault("kv-dev")
    for name in ("s", "gone"):
        kept.set(name, "v")
    kept.delete("gone")
    action = f"{SECRETS}/{action}"
    arm.azure.grant("tests", {"actions": ["*"], "dataActions": ["*"], "notDataActions": [action]})
    refused = vault(arm, method, path, {"value": "w"})
    assert (refused.status, refused.error["code"]) == (403, "Forbidden")
    assert refused.error["innererror"] == {"code": "ForbiddenByRbac"}
    assert f"Action: '{action}'\r\n" in refused.error["message"]
    assert "Caller: appid=tests;oid=" in refused.error["message"]
    arm.azure.grant("tests", {"dataActions": [action]})
    assert vault(arm, method, path, {"value": "w"}).status in {200, 204}


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        ("Contributor", (403, 403, 403)),
        ("Owner", (403, 403, 403)),
        ("Key Vault Reader", (200, 403, 403)),
        ("Key Vault Secrets User", (200, 200, 403)),
        (["Reader", "Key Vault Secrets Officer"], (200, 200, 200)),
    ],
)
def test_built_in_roles_allow_what_they_allow_in_azure(arm: Arm, role: Any, statuses: tuple[int, ...]) -> None:
    arm.azure.vault("kv-dev").set("s", "v")
    arm.azure.grant("tests", role)
    told = (("GET", "secrets"), ("GET", "secrets/s"), ("PUT", "secrets/s"))
    assert tuple(vault(arm, method, path, {"value": "w"}).status for method, path in told) == statuses


def test_a_role_at_one_vault_or_one_secret_says_nothing_of_others(arm: Arm) -> None:
    for name in ("kv-dev", "kv-prod"):
        for secret in ("mine", "theirs"):
            arm.azure.vault(name).set(secret, "v")
    arm.azure.grant("tests", "Key Vault Secrets Officer", scope=arm.azure.vault_id("KV-dev"))
    arm.azure.grant("tests", "Key Vault Secrets User", scope=f"{arm.azure.vault_id('kv-prod')}/secrets/mine")
    seen = [
        vault(arm, "GET", f"secrets/{secret}", host=f"{name}.vault.azure.net").status
        for name in ("kv-dev", "kv-prod")
        for secret in ("mine", "theirs")
    ]
    assert seen == [200, 200, 200, 403]
    assert arm("GET", "groups").status == 403


def test_vault_requests_are_counted_apart_and_told_by_host(arm: Arm) -> None:
    put(arm, "s", "the-value")
    vault(arm, "GET", "secrets/s")
    log = arm.azure.log
    assert (log.reads, log.writes, log.entries) == (0, 0, [])
    assert [(entry.method, entry.host, entry.principal) for entry in log.at("vault")] == [
        ("PUT", HOST, "tests"),
        ("GET", HOST, "tests"),
    ]
    assert str(log.at("vault")[1]) == f"tests GET {HOST}/secrets/s 200"
    assert "the-value" not in str(log.at("vault"))
    assert arm.azure.changes == 1
    arm.azure.fault(method="GET", path="/secrets/", status=503)
    assert vault(arm, "GET", "secrets/s").status == 503
    arm.azure.fault(method="GET", path="/secrets/", cut="before")
    with pytest.raises(ConnectionCut):
        vault(arm, "GET", "secrets/s")
    assert [entry.status for entry in log.at("vault")] == [200, 200, 503, 0]
    assert log.entries == []


def test_a_seed_fills_vaults_and_a_state_keeps_every_version(arm: Arm, tmp_path: Path) -> None:
    described = {"kv-dev": {"plain": "p", "full": {"value": "f", "tags": {"a": "b"}, "attributes": {"enabled": False}}}}
    plant_values(arm.azure, {"vaults": described})
    first = identifier(put(arm, "plain", "p2"))
    put(arm, "plain", "p3")
    put(arm, "gone", "g")
    vault(arm, "DELETE", "secrets/gone")
    assert arm.azure.vault("kv-dev").snapshot() == {
        "plain": {"contentType": None, "tags": {}, "enabled": True, "versions": 3},
        "full": {"contentType": None, "tags": {"a": "b"}, "enabled": False, "versions": 1},
    }
    save(arm.azure, tmp_path / "state.json")
    again = Arm(Azure())
    load(again.azure, tmp_path / "state.json")
    assert vault(again, "GET", "secrets/plain").json["value"] == "p3"
    assert vault(again, "GET", f"secrets/plain/{first}").json["value"] == "p2"
    assert vault(again, "GET", "deletedsecrets/gone").status == 200
    assert again.azure.vault("kv-dev").snapshot() == arm.azure.vault("kv-dev").snapshot()


@pytest.mark.parametrize(
    "described",
    [
        [],
        {"kv-dev": []},
        {"kv-dev": {"s": 1}},
        {"kv-dev": {"s": {"val": "v"}}},
        {"kv-dev": {"s": {}}},
        {"kv-dev": {"under_score": "v"}},
        {"a": {"s": "v"}},
    ],
)
def test_a_wrong_vault_in_a_seed_is_named(described: Any) -> None:
    with pytest.raises(SeedError, match="vaults"):
        plant_values(Azure(), {"vaults": described})


def named_value(arm: Arm, secret: str, method: str = "PUT") -> dict[str, Any]:
    properties = {"displayName": "N", "secret": True, "keyVault": {"secretIdentifier": secret}}
    assert arm(method, "namedValues/n", properties, etag="*").status in {200, 201}
    status: dict[str, Any] = arm("GET", "namedValues/n").properties["keyVault"]["lastStatus"]
    return status


@pytest.mark.parametrize("host", [HOST, "kv-dev.vault.localhost:8443"])
def test_a_named_value_is_read_from_its_vault(arm: Arm, host: str) -> None:
    old = identifier(put(arm, "s", "old"))
    put(arm, "s", "new")
    assert named_value(arm, f"https://{host}/secrets/s")["code"] == "Success"
    assert arm("POST", "namedValues/n/listValue").json == {"value": "new"}
    assert named_value(arm, f"https://{host}/secrets/s/{old}")["code"] == "Success"
    assert arm("POST", "namedValues/n/listValue").json == {"value": "old"}
    arm.azure.vault().set("s", "of the default vault")
    assert named_value(arm, "https://localhost:8443/secrets/s")["code"] == "Success"
    assert arm("POST", "namedValues/n/listValue").json == {"value": "of the default vault"}
    named_value(arm, f"https://{host}/secrets/s/{old}")
    etag = arm("GET", "namedValues/n").headers["etag"]
    named_value(arm, f"https://{host}/secrets/s/{old}")
    assert arm("GET", "namedValues/n").headers["etag"] == etag


def test_a_named_value_from_a_vault_has_to_be_secret(arm: Arm) -> None:
    properties = {"displayName": "N", "keyVault": {"secretIdentifier": f"https://{HOST}/secrets/s"}}
    refused = arm("PUT", "namedValues/n", properties)
    assert (refused.status, refused.error["code"]) == (400, "ValidationError")
    assert refused.error["message"] == "One or more fields contain incorrect values:"
    assert arm("GET", "namedValues/n").error["message"] == "NamedValue not found."


def test_a_named_value_says_why_its_secret_cannot_be_read(arm: Arm) -> None:
    put(arm, "s", "v")
    put(arm, "off", "v", attributes={"enabled": False})
    assert named_value(arm, f"https://{HOST}/secrets/s")["code"] == "Success"
    absent = named_value(arm, f"https://{HOST}/secrets/none", "PATCH")
    assert absent["code"] == "SecretNotFound"
    assert "was not found in this key vault" in absent["message"]
    assert arm("POST", "namedValues/n/listValue").json == {"value": "v"}
    assert named_value(arm, f"https://{HOST}/secrets/off")["code"] == "SecretDisabled"
    assert named_value(arm, "https://elsewhere.vault.azure.net/secrets/any")["code"] == "Success"
