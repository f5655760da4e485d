"""Unmodified azure-cli against `reconciler emulate`: what people type, from login to a deleted product."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

AZ = os.environ.get("AZ") or shutil.which("az")
pytestmark = pytest.mark.skipif(AZ is None, reason="azure-cli is not installed: put `az` on PATH, or name it in AZ")
WHERE = ["--resource-group", "rg", "--service-name", "apim-cli"]
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
SERVICE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ApiManagement/service/apim-cli"
PATIENCE = 30.0
Az = Callable[..., Any]


@pytest.fixture(scope="module")
def az(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Az]:
    """Give `az`, logged in with a federated token to a local Azure in a process of its own."""
    folder = tmp_path_factory.mktemp("az")
    seed, told = folder / "seed.json", folder / "env"
    seed.write_text(json.dumps({"services": {SERVICE: {"entities": {"tags/t": {}}}}}))
    command = [sys.executable, "-m", "reconciler", "emulate", "--port", "0", "--env", told, "--seed", seed]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:  # noqa: S603  our own command
        try:
            environment = os.environ | _exported(told) | _quiet(folder)

            def run(*words: str) -> Any:
                done = subprocess.run(  # noqa: S603  the client under test
                    [str(AZ), *words, "--output", "json"], env=environment, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"az {' '.join(words)}: {done.stderr}"
                return json.loads(done.stdout or "null")

            run("cloud", "register", "-n", "local", "--endpoint-resource-manager", environment[_ARM])
            run("cloud", "set", "-n", "local")
            token = Path(environment["AZURE_FEDERATED_TOKEN_FILE"]).read_text()
            who = ["-u", environment["AZURE_CLIENT_ID"], "--tenant", environment["AZURE_TENANT_ID"]]
            run("login", "--service-principal", *who, "--federated-token", token)
            run("account", "set", "--subscription", SUBSCRIPTION)
            yield run
        finally:
            server.send_signal(signal.SIGTERM)


_ARM = "AZURE_RESOURCE_MANAGER_ENDPOINT"


def _exported(told: Path) -> dict[str, str]:
    until = time.monotonic() + PATIENCE
    while not (told.exists() and _ARM in told.read_text()):
        if time.monotonic() > until:
            pytest.fail("the local Azure did not start")
        time.sleep(0.1)
    return dict(line.split("=", 1) for line in told.read_text().splitlines())


def _quiet(folder: Path) -> dict[str, str]:
    return {
        "AZURE_CONFIG_DIR": str(folder / "config"),
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
    }


def rest(az: Az, method: str, path: str, body: object = None) -> Any:
    sent = ["--body", json.dumps(body)] if body is not None else []
    return az("rest", "--method", method, "--url", f"{SERVICE}/{path}?api-version=2024-05-01", *sent)


def test_a_product_is_created_listed_shown_changed_and_deleted(az: Az) -> None:
    product = ["--product-id", "orders"]
    made = az("apim", "product", "create", *WHERE, *product, "--product-name", "Orders", "--state", "notPublished")
    assert (made["name"], made["subscriptionRequired"]) == ("orders", True)
    assert "orders" in [each["name"] for each in az("apim", "product", "list", *WHERE)]
    az("apim", "product", "update", *WHERE, *product, "--description", "Read and place orders")
    assert az("apim", "product", "show", *WHERE, *product)["description"] == "Read and place orders"
    az("apim", "product", "api", "add", *WHERE, *product, "--api-id", "echo-api")
    assert [each["name"] for each in az("apim", "product", "api", "list", *WHERE, *product)] == ["echo-api"]
    az("apim", "product", "api", "delete", *WHERE, *product, "--api-id", "echo-api")
    az("apim", "product", "delete", *WHERE, *product, "--delete-subscriptions", "true", "--yes")
    assert "orders" not in [each["name"] for each in az("apim", "product", "list", *WHERE)]


def test_apis_named_values_and_version_sets_are_known_by_their_commands(az: Az) -> None:
    api = ["--api-id", "orders"]
    az("apim", "api", "create", *WHERE, *api, "--path", "orders", "--display-name", "Orders")
    assert {"echo-api", "orders"} <= {each["name"] for each in az("apim", "api", "list", *WHERE)}
    az("apim", "nv", "create", *WHERE, "--named-value-id", "n", "--display-name", "n", "--value", "1")
    assert az("apim", "nv", "show", *WHERE, "--named-value-id", "n")["value"] == "1"
    scheme = ["--versioning-scheme", "Segment", "--display-name", "V"]
    az("apim", "api", "versionset", "create", *WHERE, "--version-set-id", "v", *scheme)
    assert [each["name"] for each in az("apim", "api", "versionset", "list", *WHERE)] == ["v"]
    az("apim", "api", "delete", *WHERE, *api, "--yes")
    assert "orders" not in {each["name"] for each in az("apim", "api", "list", *WHERE)}


def test_groups_subscriptions_and_policies_are_reached_by_az_rest(az: Az) -> None:
    rest(az, "put", "groups/checkout", {"properties": {"displayName": "Checkout"}})
    assert "checkout" in [each["name"] for each in rest(az, "get", "groups")["value"]]
    key = {"properties": {"displayName": "Key", "scope": "/products/starter"}}
    assert len(rest(az, "put", "subscriptions/key", key)["properties"]["primaryKey"]) == 32
    assert len(rest(az, "post", "subscriptions/key/listSecrets")["primaryKey"]) == 32
    policy = {"properties": {"format": "rawxml", "value": "<policies><inbound><base /></inbound></policies>"}}
    rest(az, "put", "products/starter/policies/policy", policy)
    assert "<inbound>" in rest(az, "get", "products/starter/policies/policy")["properties"]["value"]
    rest(az, "delete", "subscriptions/key")
    assert "key" not in [each["name"] for each in rest(az, "get", "subscriptions")["value"]]
