"""A living product in, what its file says out; and values that differ between environments put where they belong."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ruamel.yaml.comments import CommentedMap

from reconciler.draft import plain
from reconciler.kinds.group import ENTRA
from reconciler.resource import Resource

PROPERTIES: Mapping[str, str] = {
    "display_name": "displayName",
    "description": "description",
    "terms": "terms",
}
_LONGEST = 1000
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def product_values(
    product: Resource,
    *,
    environment: str,
    apis: Sequence[str],
    shown_to: Sequence[str],
    manage: Literal["product", "access"],
) -> dict[str, Any]:
    """Say of a product what decides about access, always; of the rest what is there."""
    live = product.properties
    values: dict[str, Any] = {"environments": [environment]}
    closed = live.get("subscriptionRequired") is not False
    if manage == "product":
        texts = {ours: live.get(azure) for ours, azure in PROPERTIES.items()}
        values |= {"manage": "product", **{ours: text for ours, text in texts.items() if text}}
        if len(values.get("description", "")) > _LONGEST:
            del values["description"]
        values["published"] = live.get("state") == "published"
        values["subscription_required"] = closed
        if closed:
            values["approval_required"] = bool(live.get("approvalRequired"))
            if live.get("subscriptionsLimit") is not None:
                values["subscriptions_limit"] = live["subscriptionsLimit"]
    if apis or manage == "product":
        values["apis"] = list(apis)  # also where there is none: a list that is not written is not compared
    if shown_to:
        values["visible_to"] = list(shown_to)
        if closed and not values.get("approval_required"):
            values["self_service"] = True
    return values


def entra_of(group: Resource) -> tuple[str, str] | None:
    """Give tenant, as an id where it is one, and object id of a group that mirrors Entra's."""
    match = ENTRA.fullmatch(group.properties.get("externalId") or "")
    return (match["tenant"].lower(), match["object"].lower()) if match else None


def is_id(tenant: str) -> bool:
    """Whether a tenant is named by its id: a name is not what environments.yaml takes."""
    return bool(_UUID.fullmatch(tenant))


def join(document: CommentedMap, values: Mapping[str, Any], *, environment: str) -> None:
    """Let a declaration be in one more environment; what differs there stands under `in:`."""
    others = list(document["environments"])
    document["environments"].append(environment)
    different = {}
    for key, value in values.items():
        if key in _THE_SAME or document.get(key) == value:
            continue
        different[key] = value
    for key in _ONLY_HERE:
        if key in document and key not in values:
            _lower(document, key, others)
    differs(document, environment, different)


_THE_SAME = frozenset({"environments", "manage", "reason", "component", "api", "product"})
_ONLY_HERE = (
    *PROPERTIES,
    "subscriptions_limit",
    "approval_required",
    "apis",
    "visible_to",
    "self_service",
    "portal",
    "key",
    "subscription",
    "suspended",
)


def put(document: CommentedMap, environment: str, values: Mapping[str, Any]) -> None:
    """Say something of one environment: beside the rest where the declaration is in no other."""
    if list(document["environments"]) == [environment] and environment not in (document.get("in") or {}):
        for key, value in values.items():
            _place(document, key, plain(value))
    else:
        differs(document, environment, values)


def differs(document: CommentedMap, environment: str, values: Mapping[str, Any]) -> None:
    """Say what is otherwise in one environment."""
    if values:
        inside = document.setdefault("in", CommentedMap()).setdefault(environment, CommentedMap())
        for key, value in values.items():
            inside[key] = plain(value)


def _lower(document: CommentedMap, key: str, environments: Sequence[str]) -> None:
    """Move a value of all environments under `in:` of those that have it; nothing under `in:` takes a value away."""
    value = document.pop(key)
    for environment in environments:
        if key not in (document.get("in") or {}).get(environment, {}):
            differs(document, environment, {key: value})


def _place(document: CommentedMap, key: str, value: Any) -> None:
    """Put a new key before `in:`, which stands last."""
    keys = list(document)
    if key in document or "in" not in document:
        document[key] = value
    else:
        document.insert(keys.index("in"), key, value)
