"""A call and the API it is for in, who may pass and in which context out, or the 401.

The rules are those of Microsoft's page on subscriptions, "How API Management handles requests with or without
subscription keys". Two editions of it differ: by that of 2023 a key that is wrong is always refused; by that of 2025 it
is ignored where an open product or the API itself asks for none, and so is a right one where the API asks for none.
`Settings.ignored_keys` chooses the second. An expiration date ends nothing (specification: "for audit purposes only").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.emulator.gateway.apis import Asked
from reconciler.emulator.gateway.refusals import Refused
from reconciler.emulator.service import Entity, Service
from reconciler.emulator.wire import Call

_NAMES: Final = {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"}
_MISSING: Final = (  # as answered; Microsoft's page on errors ends it with "to this API."
    "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an"
    " API."
)
_INVALID: Final = (
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The context of a call. Policies of a product apply only where there is one."""

    asked: Asked
    product: Entity | None = None
    subscription: Entity | None = None
    user: Entity | None = None
    key: str = ""  # "primary" or "secondary"


def admit(service: Service, call: Call, asked: Asked) -> Admitted:
    """Decide as the gateway does before any policy runs."""
    key, opened, settings = _key(call, asked.api), _open_product(service, asked), service.settings
    is_free = not asked.api.properties.get("subscriptionRequired", True)
    if key and not (settings.ignored_keys and is_free):
        admitted = _by_key(service, asked, key)
        if admitted is not None:
            return admitted
        if not (settings.ignored_keys and opened):
            raise _refused(call, asked, "SubscriptionKeyInvalid", _INVALID)
    if opened is not None or is_free:
        return Admitted(asked, opened)
    raise _refused(call, asked, "SubscriptionKeyNotFound", _MISSING)


def key_names(api: Entity) -> dict[str, str]:
    """Give the names of the header and the query parameter; an API may rename both."""
    return {**_NAMES, **{where: name for where, name in (_renamed(api) or {}).items() if name}}


def _renamed(api: Entity) -> dict[str, str] | None:
    return api.properties.get("subscriptionKeyParameterNames")


def _key(call: Call, api: Entity) -> str:
    """Read the header, and the query only without the header."""
    names = key_names(api)
    return call.headers.get(names["header"].lower(), call.query.get(names["query"], ""))


def _by_key(service: Service, asked: Asked, key: str) -> Admitted | None:
    for subscription in service.rows("subscriptions"):
        if key in subscription.secrets.values():
            slot = "primary" if subscription.secrets.get("primaryKey") == key else "secondary"
            return _of_subscription(service, asked, subscription, slot)
    return None


def _of_subscription(service: Service, asked: Asked, subscription: Entity, slot: str) -> Admitted | None:
    """Look at state, owner and scope. A blocked user may not call (specification); that it is a 401 is unverified."""
    owner = service.find(("users",), str(subscription.properties.get("ownerId", "")).rpartition("/")[2])
    is_blocked = owner is not None and owner.properties.get("state") == "blocked"
    if subscription.properties.get("state") != "active" or is_blocked:
        return None
    scope = str(subscription.properties["scope"]).removeprefix(service.path)
    collection, _, name = scope.strip("/").partition("/")
    if collection == "products":
        product = service.find(("products",), name)
        if product is None or not service.links("products/apis").has(name, asked.whole):
            return None
        return Admitted(asked, product, subscription, owner, slot)
    is_for_it = scope == "/" or (collection == "apis" and name in {"", asked.whole})
    return Admitted(asked, None, subscription, owner, slot) if is_for_it else None


def _open_product(service: Service, asked: Asked) -> Entity | None:
    """An API is on one open product at most; with several here the first counts, which is unverified."""
    return next(_open_products(service, asked), None)


def _open_products(service: Service, asked: Asked) -> Iterator[Entity]:
    for name in service.links("products/apis").lefts(asked.whole):
        product = service.find(("products",), name)
        if product is not None and not product.properties.get("subscriptionRequired", True):
            yield product


def _refused(call: Call, asked: Asked, reason: str, message: str) -> Refused:
    """The header is seen in many answers, such as that of terraform-provider and azure-docs; the key is never told."""
    path = str(asked.api.properties.get("path", "")).strip("/")
    name = key_names(asked.api)["header"]
    challenge = f'AzureApiManagementKey realm="{call.base_url}/{path}",name="{name}",type="header"'
    return Refused(401, "authorization", reason, message, headers={"WWW-Authenticate": challenge})
