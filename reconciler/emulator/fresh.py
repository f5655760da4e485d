"""An empty service in, a new instance as Azure delivers it out.

Products starter and unlimited, the echo API, two subscriptions of user 1, `master`, three groups, user 1 and a global
policy (recorded). That both products are visible to all three groups and hold the echo API is unverified.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.seed import Entities, put_all
from reconciler.emulator.service import Service

_GLOBAL_POLICY = """<!--
    IMPORTANT:
    - Policy elements can appear only within the <inbound>, <outbound>, <backend> section elements.
    - Only the <forward-request> policy element can appear within the <backend> section element.
    - To apply a policy to the incoming request, place a policy element within the <inbound> section element.
-->
<policies>
	<inbound></inbound>
	<backend>
		<forward-request />
	</backend>
	<outbound></outbound>
</policies>"""


def furnish(service: Service) -> None:
    put_all(service, _contents())


def _contents() -> Entities:
    return {
        **{f"groups/{name}": _group(name, who) for name, who in _GROUPS.items()},
        "users/1": {
            "firstName": "Administrator",
            "lastName": "",
            "email": "admin@contoso.example",
            "identities": [{"provider": "Azure", "id": "admin@contoso.example"}],
        },
        "groups/administrators/users/1": {},
        "groups/developers/users/1": {},
        "apis/echo-api": {
            "displayName": "Echo API",
            "path": "echo",
            "serviceUrl": "http://echoapi.cloudapp.net/api",
        },
        "policies/policy": {"value": _GLOBAL_POLICY},
        **_product("starter", "5 calls/minute up to a maximum of 100 calls/week.", approval=False),
        **_product("unlimited", "completely unlimited access to the API.", approval=True),
        "subscriptions/master": {"displayName": "Built-in all-access subscription", "scope": "/"},
    }


_GROUPS: Mapping[str, str] = {
    "administrators": "Microsoft Azure subscription administrators fall into this group.",
    "developers": "Signed-in users fall into this group.",
    "guests": "Unauthenticated users visiting the developer portal fall into this group.",
}


def _group(name: str, who: str) -> Mapping[str, Any]:
    title = name.capitalize()
    return {
        "displayName": title,
        "description": f"{title} is a built-in group. Its membership is managed by the system. {who}",
        "builtIn": True,
        "type": "system",
    }


def _product(name: str, promise: str, *, approval: bool) -> Mapping[str, Mapping[str, Any]]:
    number = 1 + approval
    return {
        f"products/{name}": {
            "displayName": name.capitalize(),
            "description": f"Subscribers have {promise}",
            "terms": "",
            "approvalRequired": approval,
            "subscriptionsLimit": 1,
            "state": "published",
        },
        **{f"products/{name}/groups/{group}": {} for group in _GROUPS},
        f"products/{name}/apis/echo-api": {},
        f"subscriptions/5600b59475ff19004807000{number}": {
            "displayName": name.capitalize(),
            "scope": f"/products/{name}",
            "ownerId": "/users/1",
            "state": "active",
        },
    }
