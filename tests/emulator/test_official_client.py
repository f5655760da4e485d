"""The official client, sync and aio, with its default credential and pipeline, drives every published path over TLS.

No list of calls stands here: each method of an operation group is called with what its parameters are named for, on a
service of its own that holds one of everything.
"""

import asyncio
import inspect
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AioCredential
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.apimanagement.aio import ApiManagementClient as AioClient

from reconciler.emulator import Azure, Running
from reconciler.emulator.published import published
from reconciler.emulator.routes import find

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
PROVIDER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ApiManagement"
SCOPES = ["https://management.azure.com/.default"]
POLICY = {"value": "<policies><inbound /></policies>"}
HELD: dict[str, dict[str, Any]] = {
    "groups/g": {},
    "users/u": {},
    "tags/t": {},
    "backends/b": {"url": "https://backend.contoso.example", "protocol": "http"},
    "namedValues/n": {
        "displayName": "n",
        "secret": True,
        "keyVault": {"secretIdentifier": "https://kv-dev.vault.azure.net/secrets/n"},
    },
    "apiVersionSets/v": {},
    "apis/a": {},
    "apis/a/operations/o": {},
    "apis/a/operations/other": {},
    "apis/a/operations/o/policies/policy": POLICY,
    "apis/a/operations/o/tags/t": {},
    "apis/a/policies/policy": POLICY,
    "apis/a/releases/r": {"apiId": "/apis/a"},
    "apis/a/schemas/s": {"contentType": "application/json"},
    "apis/a/tags/t": {},
    "products/p": {},
    "products/p/policies/policy": POLICY,
    "products/p/groups/g": {},
    "products/p/apis/a": {},
    "products/p/tags/t": {},
    "groups/g/users/u": {},
    "policyFragments/f": {},
    "policies/policy": POLICY,
    "subscriptions/k": {"scope": "/products/p", "ownerId": "/users/u"},
}
LINKED = [
    ("products/groups", "p", "g"),
    ("products/apis", "p", "a"),
    ("apis/tags", "a", "t"),
    ("products/tags", "p", "t"),
    ("apis/operations/tags", "a/o", "t"),
]
NAMED: dict[str, Any] = {
    "resource_group_name": "rg",
    "product_id": "p",
    "group_id": "g",
    "user_id": "u",
    "api_id": "a",
    "operation_id": "o",
    "tag_id": "t",
    "backend_id": "b",
    "named_value_id": "n",
    "version_set_id": "v",
    "release_id": "r",
    "schema_id": "s",
    "policy_id": "policy",
    "id": "f",
    "sid": "k",
    "if_match": "*",
    "location": "westeurope",
    "group_link_id": "l",
    "api_link_id": "l",
    "product_link_id": "l",
    "operation_link_id": "l",
}
SENT: dict[str, dict[str, Any]] = {
    "api": {"path": "a", "displayName": "A"},
    "api_operation": {"displayName": "O", "method": "GET", "urlTemplate": "/o"},
    "api_release": {"apiId": "/apis/a", "notes": "again"},
    "api_schema": {"contentType": "application/json"},
    "api_version_set": {"displayName": "V", "versioningScheme": "Segment"},
    "backend": {"url": "https://other.contoso.example", "protocol": "http"},
    "group": {"displayName": "G"},
    "named_value": {"displayName": "n", "value": "1", "secret": True},
    "policy_fragment": {"value": "<fragment />"},
    "product": {"displayName": "P"},
    "product_api_link": {"apiId": "/apis/echo-api"},
    "product_group_link": {"groupId": "/groups/developers"},
    "subscription": {"displayName": "K", "scope": "/products/p"},
    "tag": {"displayName": "T"},
    "tag_api_link": {"apiId": "/apis/echo-api"},
    "tag_operation_link": {"operationId": "/apis/a/operations/other"},
    "tag_product_link": {"productId": "/products/starter"},
    "user": {"firstName": "U", "lastName": "U", "email": "u@contoso.example"},
    **dict.fromkeys(("policy", "api_policy", "api_operation_policy", "product_policy"), POLICY),
}
"""The body of each group's writes; a group that sends none is not here."""

GROUPS = (
    *SENT,
    *("all_policies", "api_product", "api_revision", "group_user", "operation", "operation_status"),
    *("operations_results", "product_api", "product_group", "product_subscriptions", "reports", "tag_resource"),
    *("user_group", "user_identities", "user_subscription", "api_management_service"),
)
NOT_SERVED = {
    *(
        (group, method)
        for group in ("api_management_service",)
        for method in ("get_sso_token", "check_name_availability")
    ),
    ("api_management_service", "get_domain_ownership_identifier"),
    ("backend", "reconnect"),
    *(("reports", f"list_by_{what}") for what in ("geo", "operation", "request", "time")),
    *(("user", method) for method in ("generate_sso_url", "get_shared_access_token")),
}
FROM = "timestamp ge datetime'2026-01-01T00:00:00'"


def calls(client: Any, azure: Azure) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Give every call there is to make, each to a service of its own in which everything is still there."""
    for group in GROUPS:
        operations = getattr(client, group)
        for method in dir(operations):
            called = getattr(operations, method)
            of_the_service = group == "api_management_service" and method.startswith("begin_")
            if method.startswith("_") or not callable(called) or (group, method) in NOT_SERVED or of_the_service:
                continue
            service = f"apim-{group.replace('_', '-')}-{method.replace('_', '-')}"[:50].rstrip("-")
            operation = _stocked(azure, f"{PROVIDER}/service/{service}")
            yield f"{group}.{method}", _prepared(called, group, service, operation)


def _stocked(azure: Azure, path: str) -> str:
    """Lay out a service, its links under a name that a call can ask for, and give the number of an operation in it."""
    service = azure.seed(path, HELD)
    for relation, left, right in LINKED:
        service.links(relation).remove(left, right)
        service.links(relation).add(left, right, "l")
    target = ("policyFragments", "f")
    return service.operations.start(target, code=200, polls=0, fails=False, finish=lambda: None).identifier


def _prepared(called: Callable[..., Any], group: str, service: str, operation: str) -> Callable[[], Any]:
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(called).parameters.items():
        if name == "service_name":
            given[name] = service
        elif name == "parameters":
            given[name] = {"properties": SENT[group]}
        elif name == "operation_id" and group in ("operation_status", "operations_results"):
            given[name] = operation
        elif name == "filter" and group == "reports":
            given[name] = FROM
        elif name.endswith("_link_id") and "create" in called.__name__:
            given[name] = "new"
        elif name in NAMED and (parameter.default is inspect.Parameter.empty or name == "if_match"):
            given[name] = NAMED[name]
    more = {"delete_subscriptions": True} if "delete" in called.__name__ and group in ("product", "user") else {}
    return lambda: called(**given, **more)


def asked(azure: Azure) -> set[tuple[str, str]]:
    """Give the published paths and verbs that were asked for, all of them answered."""
    entries = azure.log.at("arm")
    assert [f"{entry} {entry.query}" for entry in entries if entry.status >= 400] == []
    seen = set()
    for entry in entries:
        below = tuple(entry.path.strip("/").split("/")[8:])
        found = find(below) if "/service/" in entry.path else None
        if found:
            seen.add((entry.method, found.route.template))
    return seen


def polls(azure: Azure) -> Counter[str]:
    """Count how often each operation that a call began was asked about."""
    return Counter(entry.path for entry in azure.log.at("arm") if "/tenant/operationResults/" in entry.path)


def everything() -> set[tuple[str, str]]:
    return {(verb, route.template) for route in published() for verb in route.verbs}


@pytest.fixture
def slow(running: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Give a server whose operations are still running at the first poll, so that pollers have to poll."""
    monkeypatch.setattr(running.azure.settings, "slow_polls", 1)
    monkeypatch.setattr(running.azure.settings, "slow_retry_after", 0)
    return running


def test_the_sync_client_drives_every_path(slow: Running) -> None:
    credential = DefaultAzureCredential()
    with ApiManagementClient(
        credential, SUBSCRIPTION, base_url=slow.url, credential_scopes=SCOPES, polling_interval=0
    ) as client:
        for name, call in calls(client, slow.azure):
            _finished(name, call)
        list(client.product.list_by_tags("rg", "apim-tags"))
        list(client.api.list_by_tags("rg", "apim-tags"))
    assert everything() - asked(slow.azure) == set()
    assert set(polls(slow.azure).values()) == {2}


def told(name: str, result: Any, status: str = "Succeeded") -> None:
    """Look at what a method gave: an entity with its name, keys, true, or nothing where nothing is left."""
    method = name.partition(".")[2]
    assert status == "Succeeded"
    if "get_entity" in method or "check_entity" in method:
        assert result is True
    elif any(word in method for word in ("delete", "detach", "regenerate")) or name == "operations_results.get":
        assert result is None
    elif "create" in method or "update" in method or "assign" in method:
        assert result.name
        assert result.id.endswith(f"/{result.name}")
    else:
        assert result is not None


def _finished(name: str, call: Callable[[], Any]) -> None:
    try:
        result = call()
        if name.partition(".")[2].startswith("begin_"):
            told(name, result.result(), result.status())
        elif hasattr(result, "by_page"):
            list(result)
        else:
            told(name, result)
    except Exception as error:
        raise AssertionError(f"{name}: {error}") from error


def test_the_aio_client_drives_every_path(slow: Running) -> None:
    async def run() -> None:
        async with (
            AioCredential() as credential,
            AioClient(
                credential, SUBSCRIPTION, base_url=slow.url, credential_scopes=SCOPES, polling_interval=0
            ) as client,
        ):
            for name, call in calls(client, slow.azure):
                await _awaited(name, call)
            assert [each async for each in client.product.list_by_tags("rg", "apim-tags")] == []
            assert [each async for each in client.api.list_by_tags("rg", "apim-tags")] == []

    asyncio.run(run())
    assert everything() - asked(slow.azure) == set()
    assert set(polls(slow.azure).values()) == {2}


async def _awaited(name: str, call: Callable[[], Any]) -> None:
    try:
        result = call()
        if inspect.isawaitable(result):
            result = await result
        if name.partition(".")[2].startswith("begin_"):
            told(name, await result.result(), result.status())
        elif isinstance(result, AsyncIterator):
            async for _ in result:
                pass
        else:
            told(name, result)
    except Exception as error:
        raise AssertionError(f"{name}: {error}") from error
