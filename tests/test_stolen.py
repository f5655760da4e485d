"""A token in the wrong hands, or an identity with too many rights: what it opens, and what shows that it was used."""

import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from commanded import in_process
from hasty import hasten
from organisations import SERVICE, environment, organisation

from reconciler.emulator import Azure, Certificates, Running, serve
from reconciler.permissions import role

KEY = "subscriptions/checkout--orders"
THIEF = "thief"
VAULT = "kv-shared"
NEW_KEY = {"properties": {"scope": "/products/orders", "displayName": "Mine", "primaryKey": "mine-and-known-to-me"}}
POLICY = {"properties": {"value": "<policies><inbound /></policies>", "format": "rawxml"}}
Run = Callable[..., int]


@pytest.fixture(scope="module")
def running(certified: Certificates) -> Iterator[Running]:
    with serve(Azure(), certified=certified) as served:
        yield served


@pytest.fixture
def run(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give the command line where a grant is in force, in enforce."""
    apis = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
    secret = {"namedValues/backend": {"displayName": "backend", "value": "planted", "secret": True}}
    running.azure.seed(SERVICE, {**apis, **secret}, fresh=True)
    running.azure.vault(VAULT).set("prod--checkout--orders", "planted")
    places = {"prod": environment(endpoint=running.url, mode="enforce")}
    for path, value in organisation(**{"environments.yaml": places}).items():
        (tmp_path / "access" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "access" / path).write_text(json.dumps(value))
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    hasten(monkeypatch)

    call = in_process(monkeypatch)
    assert call("apply", "--yes") == 0
    running.azure.log.clear()
    return call


def steals(running: Running, what: Any, method: str, path: str, body: Any = None) -> int:
    """Use a token of an identity that has this role, past the tool."""
    running.azure.grant(THIEF, what)
    token = running.azure.token(THIEF)
    url = f"{running.url}{SERVICE}/{path}?api-version=2024-05-01"
    context = ssl.create_default_context(cafile=str(running.certificate_authority))
    headers = {"Authorization": f"Bearer {token}", "If-Match": "*"}
    return httpx.request(method, url, json=body, headers=headers, verify=context).status_code


def opens_the_vault(running: Running, what: Any) -> int:
    """Ask for the secret, with a token for vaults of the same identity."""
    running.azure.grant(THIEF, what)
    token = running.azure.token(THIEF, audience="https://vault.azure.net")
    context = ssl.create_default_context(cafile=str(running.certificate_authority))
    headers = {"Authorization": f"Bearer {token}", "Host": f"{VAULT}.vault.localhost"}
    url = f"{running.url}/secrets/prod--checkout--orders?api-version=7.6"
    return httpx.get(url, headers=headers, verify=context).status_code


def printed(verb: str) -> dict[str, Any]:
    return {"actions": role(verb, [SERVICE], marks=[])["Actions"]}  # type: ignore[arg-type]


READS = {
    "Reader": "Reader",
    "the printed role": printed("plan"),
}


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("what", READS)
def test_a_stolen_token_for_planning_reads_no_key_and_changes_nothing(running: Running, what: str) -> None:
    before = running.azure.snapshot(SERVICE)
    for method, path, body in (
        ("POST", f"{KEY}/listSecrets", None),
        ("POST", f"{KEY}/regeneratePrimaryKey", None),
        ("POST", "namedValues/backend/listValue", None),
        ("PUT", "subscriptions/mine", NEW_KEY),
        ("PUT", "products/orders/policies/policy", POLICY),
        ("DELETE", KEY, None),
    ):
        assert steals(running, READS[what], method, path, body) == 403, path
    assert opens_the_vault(running, READS[what]) == 403
    assert steals(running, READS[what], "GET", "products") == 200
    assert running.azure.snapshot(SERVICE) == before


@pytest.mark.usefixtures("run")
def test_a_stolen_token_for_applying_reads_no_key_and_touches_no_api(running: Running) -> None:
    for method, path, body in (
        ("POST", f"{KEY}/listSecrets", None),
        ("POST", "namedValues/backend/listValue", None),
        ("PUT", "policies/policy", POLICY),
        ("PUT", "backends/mine", {"properties": {"url": "https://evil.example", "protocol": "http"}}),
        ("PUT", "apis/mine", {"properties": {"displayName": "Mine", "path": "mine"}}),
        ("DELETE", "apis/orders", None),
        ("PUT", "users/mine", {"properties": {"email": "m@evil.example", "firstName": "M", "lastName": "M"}}),
    ):
        assert steals(running, printed("apply"), method, path, body) == 403, path
    assert opens_the_vault(running, printed("apply")) == 403
    assert opens_the_vault(running, "Key Vault Secrets Officer") == 200


@pytest.mark.usefixtures("run")
def test_a_stolen_token_for_keys_gives_nobody_access(running: Running) -> None:
    """It reads keys: that is what it is for. It makes none for anybody, and lets nobody in who is suspended."""
    assert steals(running, printed("keys"), "POST", f"{KEY}/listSecrets") == 200
    for method, path, body in (
        ("PUT", "subscriptions/mine", NEW_KEY),
        ("PATCH", KEY, {"properties": {"state": "active"}}),
        ("PUT", "products/orders/policies/policy", POLICY),
    ):
        assert steals(running, printed("keys"), method, path, body) == 403, path


def test_a_key_that_a_stolen_token_made_is_named_the_same_day_and_goes_in_enforce(
    running: Running, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """It can be made: whoever may make keys may choose them. It does not stay."""
    assert steals(running, printed("apply"), "PUT", "subscriptions/mine", NEW_KEY) == 201
    assert running.azure.secrets(SERVICE, "subscriptions/mine")["primaryKey"] == "mine-and-known-to-me"
    capsys.readouterr()
    assert run("drift", "--exit-code") == 10
    assert "subscription mine" in capsys.readouterr().out
    assert run("apply", "--yes") == 0
    assert running.azure.snapshot(SERVICE)["subscriptions/mine"]["state"] == "suspended"


LOOKING = {
    "plan": ("plan",),
    "drift": ("drift",),
    "audit": ("audit", "--environment", "prod"),
    "adopt": ("adopt", "-e", "prod"),
    "validate": ("validate", "--live"),
    "backstage": ("backstage", "--output", "catalog"),
    "memory": ("memory",),
}


@pytest.mark.parametrize("verb", LOOKING)
def test_a_verb_that_only_looks_writes_nothing_though_its_identity_may_do_everything(
    running: Running, run: Run, verb: str
) -> None:
    running.azure.grant(running.environment["AZURE_CLIENT_ID"], "Contributor")
    before = running.azure.snapshot(SERVICE)
    assert run(*LOOKING[verb]) in {0, 4}
    assert running.azure.log.entries
    assert {entry.method for entry in running.azure.log.entries} <= {"GET", "HEAD"}
    assert running.azure.snapshot(SERVICE) == before


def test_a_plan_that_somebody_changed_on_its_way_applies_nothing_else(
    running: Running, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An apply reads no plan from anywhere: it makes its own, and compares the fingerprint that was reviewed."""
    grant = tmp_path / "access/checkout/grants/orders.yaml"
    grant.write_text(json.dumps({**json.loads(grant.read_text()), "portal": True}))
    assert run("plan", "--format", "json", "--output", "plan.json") == 0
    told = json.loads(Path("plan.json").read_text())["plans"][0]
    assert told["fingerprint"]
    options = subprocess.run(
        [sys.executable, "-m", "reconciler", "apply", "--help"], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    assert "FILE" not in options
    grant.write_text(json.dumps({**json.loads(grant.read_text()), "portal": False}))
    (tmp_path / "access/checkout/grants/refunds.yaml").write_text(
        json.dumps({"api": "refunds", "environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30"})
    )
    before = running.azure.snapshot(SERVICE)
    capsys.readouterr()
    assert run("apply", "--yes", "--expect", told["fingerprint"]) == 4
    assert running.azure.snapshot(SERVICE) == before
