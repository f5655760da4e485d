"""A call on its way in, `context` as C# expressions see it out (Microsoft: "API Management policy expressions")."""

from typing import Any
from urllib.parse import urlsplit

from reconciler.emulator.gateway.exchange import Exchange
from reconciler.emulator.gateway.members import Lookup, Thing
from reconciler.emulator.gateway.messages import Headers
from reconciler.emulator.gateway.refusals import Refused
from reconciler.emulator.service import Entity


def context_of(exchange: Exchange) -> Thing:
    """Make it anew for each expression: policies change what it shows."""
    admitted = exchange.admitted
    asked = admitted.asked
    return Thing(
        "context",
        {
            "Api": _api(asked.api, asked.whole),
            "Operation": _operation(asked.operation),
            "Product": _product(admitted.product),
            "Subscription": _subscription(admitted.subscription, admitted.key),
            "User": _user(admitted.user),
            "Variables": Lookup("context.Variables", exchange.variables, lists=False),
            "Request": _request(exchange),
            "Response": Thing(
                "context.Response",
                {
                    "StatusCode": exchange.response.status,
                    "StatusReason": exchange.response.reason,
                    "Headers": _headers(exchange.response.headers),
                },
            ),
            "LastError": _error(exchange.error),
        },
    )


def _api(api: Entity, name: str) -> Thing:
    shown = api.properties
    return Thing(
        "context.Api",
        {
            "Id": name,
            "Name": shown.get("displayName"),
            "Path": shown.get("path"),
            "Version": shown.get("apiVersion"),
            "Revision": shown.get("apiRevision"),
            "IsCurrentRevision": bool(shown.get("isCurrent")),
        },
    )


def _operation(operation: Entity | None) -> Thing | None:
    if operation is None:
        return None
    shown = operation.properties
    named = {"Name": shown.get("displayName"), "Method": shown["method"], "UrlTemplate": shown["urlTemplate"]}
    return Thing("context.Operation", {"Id": operation.name, **named})


def _product(product: Entity | None) -> Thing | None:
    if product is None:
        return None
    shown = product.properties
    return Thing(
        "context.Product",
        {
            "Id": product.name,
            "Name": shown.get("displayName"),
            "SubscriptionRequired": shown.get("subscriptionRequired", True),
            "ApprovalRequired": shown.get("approvalRequired", False),
        },
    )


def _subscription(subscription: Entity | None, slot: str) -> Thing | None:
    """`Key` is the one that was sent."""
    if subscription is None:
        return None
    keys = subscription.secrets
    return Thing(
        "context.Subscription",
        {
            "Id": subscription.name,
            "Name": subscription.properties.get("displayName"),
            "Key": keys.get(f"{slot}Key"),
            "PrimaryKey": keys.get("primaryKey"),
            "SecondaryKey": keys.get("secondaryKey"),
        },
    )


def _user(user: Entity | None) -> Thing | None:
    if user is None:
        return None
    named = {name: user.properties.get(name[0].lower() + name[1:]) for name in ("FirstName", "LastName", "Email")}
    return Thing("context.User", {"Id": user.name, **named})


def _request(exchange: Exchange) -> Thing:
    request = exchange.request
    url = urlsplit(request.url)
    queries = Lookup("Url.Query", {name: [value] for name, value in request.query.items()})
    original = Thing(
        "IUrl",
        {
            "Scheme": url.scheme,
            "Host": url.hostname,
            "Path": url.path,
            "Query": queries,
            "QueryString": f"?{url.query}" if url.query else "",
        },
    )
    return Thing(
        "context.Request",
        {
            "Method": request.method,
            "Headers": _headers(request.headers),
            "IpAddress": request.address,
            "Url": Thing("IUrl", {**original.members, "Path": f"/{request.path}"}),
            "OriginalUrl": original,
            "MatchedParameters": Lookup("MatchedParameters", exchange.admitted.asked.parameters, lists=False),
        },
    )


def _headers(headers: Headers) -> Lookup:
    return Lookup("Headers", headers.lists(), folded=True)


def _error(error: Refused | None) -> Any:
    if error is None:
        return None
    told = {"Source": error.source, "Reason": error.reason, "Message": error.message, "PolicyId": error.policy_id}
    return Thing("context.LastError", {**told, "Scope": error.scope, "Section": error.section, "Path": error.path})
