"""A service in the neutral form of the samples in; the entities that the emulator is seeded with out."""

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "shared" / "samples"
PRESENT = FOLDER.is_dir()
NAMES = ("dev-sample-large.json", "apimdemo-apiops.json", "ai-hub-gateway.json")
_TENANT = "7c9e0000-0000-0000-0000-000000000000"
_GROUP = "5f0c0000-0000-0000-0000-{:012x}"
_API = ("displayName", "path", "subscriptionRequired", "protocols")
_PRODUCT = ("displayName", "description", "terms", "state", "subscriptionRequired", "approvalRequired")


def sample(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / name).read_text())  # type: ignore[no-any-return]


def entities(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give what of a sample decides about access: named values and policies are other people's."""
    found: dict[str, dict[str, Any]] = {}
    apis = [each for each in service["apis"] if ";rev=" not in each["id"]]
    for api in apis:
        found[f"apis/{api['id']}"] = _api(api)
    found |= _people(service) | _fragments(service)
    known = {api["id"] for api in apis}
    for product in service["products"]:
        found |= _product(product, known)
    products = {product["id"] for product in service["products"]}
    for index, subscription in enumerate(service["subscriptions"]):
        if (scope := _scope(subscription["scope"], products, known)) is not None:
            found[f"subscriptions/{subscription.get('id') or f'{index:024x}'}"] = _subscription(subscription, scope)
    return found


def _people(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for index, group in enumerate(service["groups"]):
        if group.get("type") in ("custom", "external"):
            found[f"groups/{group['id']}"] = _group(group, index)
    for index, user in enumerate(service["users"]):
        if (name := _user(user["id"])) != "1":
            found[f"users/{name}"] = {"email": f"{index}@contoso.example", "firstName": "A", "lastName": "B"}
    return found


def _fragments(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give fragments after what their texts refer to."""
    found = {}
    for fragment in service["fragments"]:
        for name in re.findall(r"\{\{([\w.-]+)\}\}", fragment["xml"]):
            found[f"namedValues/{name}"] = {"displayName": name, "value": "x"}
        for name in re.findall(r"backend-id=\"([\w.-]+)\"", fragment["xml"]):
            found[f"backends/{name}"] = {"url": "https://backend.invalid", "protocol": "http"}
        found[f"policyFragments/{fragment['id']}"] = {"value": fragment["xml"], "format": "rawxml"}
    return found


def _api(api: dict[str, Any]) -> dict[str, Any]:
    properties = {name: api[name] for name in _API if api.get(name) is not None}
    if not isinstance(properties.get("subscriptionRequired"), bool):
        properties["subscriptionRequired"] = True
    return properties | {"path": f"{api['path']}/{api['id']}"}  # versions share a path, which is not ours to stage


def _group(group: dict[str, Any], index: int) -> dict[str, Any]:
    properties = {"displayName": group["displayName"], "description": group.get("description") or ""}
    if group["type"] == "external":
        properties |= {"type": "external", "externalId": f"aad://{_TENANT}/groups/{_GROUP.format(index)}"}
    return properties


def _product(product: dict[str, Any], apis: set[str]) -> dict[str, dict[str, Any]]:
    properties = {name: product[name] for name in _PRODUCT if product.get(name) is not None}
    if product["subscriptionRequired"] and product.get("subscriptionsLimit") is not None:
        properties["subscriptionsLimit"] = product["subscriptionsLimit"]
    if not product["subscriptionRequired"]:
        properties.pop("approvalRequired", None)
    path = f"products/{product['id']}"
    found = {path: properties}
    found |= {f"{path}/apis/{api}": {} for api in product["apis"] if api in apis}
    found |= {f"{path}/groups/{group}": {} for group in product["groups"]}
    return found


def _scope(scope: str, products: set[str], apis: set[str]) -> str | None:
    kind, _, name = scope.partition(":")
    if kind == "all-apis":
        return "/apis"
    if (kind == "product" and name in products) or (kind == "api" and name in apis):
        return f"/{kind}s/{name}"
    return None  # of something that the sample does not have


def _subscription(subscription: dict[str, Any], scope: str) -> dict[str, Any]:
    owner = subscription.get("owner")
    title = {"displayName": subscription["displayName"]} if subscription.get("displayName") else {}
    return {
        "scope": scope,
        **title,
        "state": subscription["state"],
        **({"ownerId": f"/users/{_user(owner)}"} if owner else {}),
    }


def _user(identifier: str) -> str:
    return identifier.rpartition("/")[2]
