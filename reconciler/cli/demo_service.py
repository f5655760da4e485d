"""The sample company's APIs in; a service as such companies have it before they declare anything, as a seed, out."""

from collections.abc import Iterable
from typing import Any

Entities = dict[str, dict[str, Any]]


def before_adoption(apis: Iterable[str]) -> Entities:
    """Give the entities of the service: paths below it, in the order they are made."""
    return {
        **{f"apis/{api}": {"displayName": _title(api), "path": api, "protocols": ["https"]} for api in sorted(apis)},
        **_people(),
        **_clicked_in_the_portal(),
        **_made_by_other_pipelines(),
        **_keys_nobody_declared(),
    }


def _title(api: str) -> str:
    return api.removesuffix("-p").replace("-", " ").capitalize()


def _people() -> Entities:
    """Who signed in to the portal over the years; one of them left."""
    return {
        "users/asha": {"firstName": "Asha", "lastName": "Rao", "email": "asha@contoso.example", "state": "active"},
        "users/piet": {"firstName": "Piet", "lastName": "de Wit", "email": "piet@contoso.example", "state": "blocked"},
        "groups/partners-legacy": {"displayName": "Partners (legacy)", "description": "A contract of 2016"},
        "groups/logistics-team": {"displayName": "Logistics", "description": "Older than the repository"},
    }


def _clicked_in_the_portal() -> Entities:
    """A product that exists already, with links that somebody clicked."""
    return {
        "products/orders": {"displayName": "Orders (new!)", "state": "published", "approvalRequired": False},
        "products/orders/apis/orders-p": {},
        "products/orders/apis/echo-p": {},
        "products/orders/groups/developers": {},
        "products/orders/groups/partners-legacy": {},
        "products/returns": {"displayName": "Returns", "state": "published"},
        "products/returns/apis/returns-p": {},
        "products/returns/groups/developers": {},
    }


def _made_by_other_pipelines() -> Entities:
    """The finance programme makes its product by Terraform; here only access to it is declared."""
    return {
        "apis/general-ledger": {"displayName": "General ledger", "path": "gl", "protocols": ["https"]},
        "products/finance": {"displayName": "Finance", "state": "published"},
        "products/finance/apis/general-ledger": {},
    }


def _keys_nobody_declared() -> Entities:
    """Keys made by hand: for an ERP of 2017, by the man who left, for the monitoring, and one that finance uses."""
    orders = {"scope": "/products/orders", "state": "active"}
    return {
        "subscriptions/5a1c0de4f00d000012340001": {**orders, "displayName": "Old ERP - Orders"},
        "subscriptions/5a1c0de4f00d000012340002": {**orders, "displayName": "piet test", "ownerId": "/users/piet"},
        "subscriptions/5b77aa01f00d000012340003": {
            "scope": "/products/returns",
            "displayName": "Returns 2020 ",
            "state": "active",
        },
        "subscriptions/5d8a1f2e9b3c4a0017e6d201": {
            "scope": "/products/finance",
            "displayName": "ledger",
            "state": "active",
        },
        "subscriptions/uptime-monitor": {"scope": "/apis", "displayName": "Uptime monitor", "state": "active"},
    }
