"""A living service in, what is wrong with access in it out: each finding with its rule, an explanation, a way out."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from reconciler.access import EVERY_API, opens
from reconciler.kinds import kind_of
from reconciler.resource import Address, Resource, State
from reconciler.usage import PERIOD, Usage, seen

Level = Literal["error", "warning", "note"]
MEASURED_DAYS: Final = PERIOD
_LONG: Final = 30  # days
_BY_NAME = re.compile(r"\.\s*Groups\b[^;]{0,300}?\.\s*Name\b", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule looks for, why that matters and what to do."""

    name: str
    level: Level
    because: str
    way_out: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found."""

    rule: Rule
    address: Address
    text: str


@dataclass(frozen=True, slots=True)
class Service:
    """What the rules look at. `owned` are APIs that somebody owns; `policies` are texts by scope, as `products/x`.

    `calls` are the calls of each product since some time ago; None where Azure does not tell. `usage` is of keys.
    """

    state: State
    day: date
    owned: frozenset[str] = frozenset()
    policies: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, int] | None = None
    usage: Usage | None = None


def findings(service: Service) -> tuple[Finding, ...]:
    """Look at a service by every rule, in the order of RULES."""
    return tuple(
        Finding(rule, address, text)
        for rule, look in _LOOKS
        for address, text in sorted(look(service), key=lambda each: each[0])
    )


Seen = Iterator[tuple[Address, str]]


def _apis_without_owner(service: Service) -> Seen:
    for api in _all(service, "api"):
        if api.address.name[0] not in service.owned:
            yield api.address, f"API {api.address.name[0]} has no owner"


def _apis_on_no_product(service: Service) -> Seen:
    linked = {address.name[1] for address in service.state if address.kind == "product-api"}
    for api in _all(service, "api"):
        if api.address.name[0] not in linked:
            yield api.address, f"API {api.address.name[0]} is on no product"


def _keys_for_all(service: Service) -> Seen:
    for key in _keys(service):
        if opens(key) == EVERY_API and key.properties.get("state") == "active":
            yield key.address, f"{_called(key)} opens every API"


def _keys_for_one(service: Service) -> Seen:
    for key in _keys(service):
        to = opens(key)
        if to is not None and to.kind == "api" and to != EVERY_API and key.properties.get("state") == "active":
            yield key.address, f"{_called(key)} opens API {to.name[0]} past its products"


def _keys_without_owner(service: Service) -> Seen:
    for key in _keys(service):
        if not key.properties.get("ownerId"):
            yield key.address, f"{_called(key)} belongs to no user"


def _keys_without_name(service: Service) -> Seen:
    for key in _keys(service):
        if not (key.properties.get("displayName") or "").strip():
            yield key.address, f"subscription {key.address.name[0]} has no name"


def _keys_of_one_name(service: Service) -> Seen:
    named: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for key in _keys(service):
        if name := (key.properties.get("displayName") or "").strip().casefold():
            named[name, str(key.properties.get("scope"))].append(key)
    for keys in named.values():
        if len(keys) > 1:
            ids = ", ".join(each.address.name[0] for each in keys)
            for key in keys:
                yield key.address, f"{_called(key)} is one of {len(keys)} of that name for one thing: {ids}"


def _keys_waiting(service: Service) -> Seen:
    for key in _keys(service):
        state, since = key.properties.get("state"), str(key.properties.get("createdDate") or "")[:10]
        try:
            days = (service.day - date.fromisoformat(since)).days
        except ValueError:
            continue
        if state in ("suspended", "submitted") and days > _LONG:
            yield key.address, f"{_called(key)} is {state}, and {days} days old"


def _open_products(service: Service) -> Seen:
    for product in _all(service, "product"):
        if product.properties.get("subscriptionRequired") is False:
            yield product.address, f"product {product.address.name[0]} asks for no key"


def _guests(service: Service) -> Seen:
    for address in service.state:
        if address.kind == "product-group" and address.name[1] == "guests":
            yield address, f"guests see product {address.name[0]} without signing in"


def _empty_groups(service: Service) -> Seen:
    inside = {group for user in _all(service, "user") for group in user.properties.get("groups") or ()}
    for group in _all(service, "group"):
        name = group.address.name[0]
        if group.properties.get("type") == "custom" and name not in inside:
            yield group.address, f"nobody is in group {group.properties.get('displayName') or name}"


def _unused_products(service: Service) -> Seen:
    for product in _all(service, "product"):
        name = product.address.name[0]
        if service.calls is not None and not service.calls.get(name):
            yield product.address, f"nobody has called product {name} in {MEASURED_DAYS} days"


def _unused_keys(service: Service) -> Seen:
    for key in _keys(service):
        use = seen(service.usage, key.address) if key.properties.get("state") == "active" else None
        if use is not None and use.standing == "unused":
            yield key.address, f"{_called(key)} has not been used for {use.days} days"


def _groups_by_name(service: Service) -> Seen:
    for scope, text in service.policies.items():
        if _BY_NAME.search(text):
            collection, _, name = scope.partition("/")
            kind = {"products": "product", "apis": "api", "policyFragments": "fragment"}.get(collection, "service")
            yield (
                Address(kind, (name.partition("/")[0] or "policy",)),
                f"the policy of {scope or 'the service'} asks for groups by display name",
            )


def _all(service: Service, kind: str) -> Iterator[Resource]:
    return (each for address, each in service.state.items() if address.kind == kind)


def _keys(service: Service) -> Iterator[Resource]:
    return (each for each in _all(service, "subscription") if not kind_of(each).built_in(each))


def _called(key: Resource) -> str:
    title = (key.properties.get("displayName") or "").strip()
    return f"subscription {key.address.name[0]}" + (f" ({title})" if title else "")


_LOOKS: Final[tuple[tuple[Rule, Callable[[Service], Seen]], ...]] = (
    (
        Rule(
            "key-for-all-apis",
            "error",
            "A key for all APIs opens what is published tomorrow, too, past every product's policy: no tier, no token.",
            "Give its holder keys of the products it needs, then suspend it.",
        ),
        _keys_for_all,
    ),
    (
        Rule(
            "key-for-one-api",
            "warning",
            "A key for one API goes around every product that holds it, and around that product's policy.",
            "Put the API on a product, grant that, then suspend this key.",
        ),
        _keys_for_one,
    ),
    (
        Rule(
            "open-product",
            "warning",
            "Whoever reaches the gateway may call every API on it, unless a policy asks for something else.",
            "Require a subscription, or write down that it is open: `subscription_required: false`.",
        ),
        _open_products,
    ),
    (
        Rule(
            "guests-linked",
            "warning",
            "Guests have not signed in: the product is shown to everybody who finds the portal.",
            "Unlink `guests`, or write `visible_to: [guests]` on purpose.",
        ),
        _guests,
    ),
    (
        Rule(
            "group-by-display-name",
            "warning",
            "Renaming the group takes access away or gives it, and only keys with an owner have groups at all.",
            "Ask for the group's id (`.Id`) in the policy.",
        ),
        _groups_by_name,
    ),
    (
        Rule(
            "api-without-owner",
            "note",
            "Nobody can be asked who may use it, or told that it breaks.",
            "List it in some team's apis.yaml; `reconciler adopt` proposes one.",
        ),
        _apis_without_owner,
    ),
    (
        Rule(
            "api-on-no-product",
            "note",
            "No product's key opens it: it is unused, open, or reached by broader keys.",
            "Put it on a product, or retire it.",
        ),
        _apis_on_no_product,
    ),
    (
        Rule(
            "key-without-owner",
            "note",
            "Nobody is told when it changes, and policies that ask for the user's groups refuse it.",
            "Adopt it: the grant's team answers for it.",
        ),
        _keys_without_owner,
    ),
    (
        Rule(
            "key-without-name",
            "note",
            "Nobody knows what stops when it is taken away. Azure makes such keys along with products.",
            "Name it, or suspend it and see who calls.",
        ),
        _keys_without_name,
    ),
    (
        Rule(
            "keys-of-one-name",
            "note",
            "Whoever rotates or revokes by name takes the wrong one.",
            "Name them for who uses them.",
        ),
        _keys_of_one_name,
    ),
    (
        Rule(
            "key-waiting",
            "note",
            f"Suspended or never approved, and more than {_LONG} days old: nobody misses it.",
            "Approve it, or delete it.",
        ),
        _keys_waiting,
    ),
    (
        Rule(
            "empty-group",
            "note",
            "A group without members lets nobody in; whoever is added to it gets what it was linked to, unseen.",
            "Delete it, or unlink it.",
        ),
        _empty_groups,
    ),
    (
        Rule(
            "unused-product",
            "note",
            "Keys that nobody uses are keys that nobody watches.",
            "Ask its owner, then retire it.",
        ),
        _unused_products,
    ),
    (
        Rule(
            "unused-key",
            "note",
            "Nobody would notice if somebody else used it. It is older than that, and every call since is known.",
            "Ask its team, then give it back: `reconciler review` asks for all of them.",
        ),
        _unused_keys,
    ),
)
RULES: Final = tuple(rule for rule, _ in _LOOKS)


def by_rule(found: tuple[Finding, ...]) -> Counter[str]:
    """Count the findings of each rule."""
    return Counter(each.rule.name for each in found)
