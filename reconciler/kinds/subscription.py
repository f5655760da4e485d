"""Subscriptions: a pair of keys, for a product as a rule; taken back by suspending, and deleted after a grace."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from reconciler.kinds.kind import Kind
from reconciler.naming import cut
from reconciler.resource import Address, Resource

ACTIVE = "active"
SUSPENDED = "suspended"
_OPENS = {"products": "product", "apis": "api"}
_SCOPE = re.compile(r".*/service/[^/]+/(?P<inside>.*)", re.IGNORECASE)
_REVOKED = re.compile(r"Revoked on (?P<day>\d{4}-\d{2}-\d{2}) by reconciler")
_CUT = re.compile(r"Cut on (?P<day>\d{4}-\d{2}-\d{2}) by reconciler")
_COMPROMISED = re.compile(r"Compromised on (?P<day>\d{4}-\d{2}-\d{2}) by reconciler")
_MADE_ANEW = re.compile(r".*\(keys made anew: (?P<times>[1-9]\d{0,5})\)", re.DOTALL)
_CHOSEN_BY_AZURE = re.compile(r"[0-9a-f]{24}")
_REASON = 200  # characters of a comment; Azure names no limit


class Subscription(Kind):
    """A subscription. Its keys are never read here; `scope` is relative to the service, as in `products/orders`."""

    name = "subscription"
    path = "subscriptions/{}"
    listing = "subscriptions"
    fields = ("scope", "displayName", "state", "stateComment", "ownerId", "createdDate")
    immutable = frozenset({"scope"})
    remarks = frozenset({"stateComment"})
    taken_back = "suspended, deleted after a grace"
    posts = ("regeneratePrimaryKey", "regenerateSecondaryKey")

    @property
    def holds(self) -> frozenset[str]:
        """What it opens stands in its scope."""
        return super().holds | {*_OPENS.values()}

    def observed(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Azure always answers with full ids (az Subscription recordings); ours are short."""
        known = super().observed(properties)
        scope = _SCOPE.fullmatch(known["scope"] or "")
        known["scope"] = (scope["inside"] if scope else known["scope"] or "").strip("/")
        known["ownerId"] = (known["ownerId"] or "").rsplit("/", 1)[-1] or None
        return known

    def initial(self, address: Address) -> dict[str, Any]:
        """Azure wants a display name, which a declaration that took over a living subscription does not give."""
        return {"displayName": address.name[0]}

    def body(self, properties: Mapping[str, Any], service: str) -> dict[str, Any]:
        """Send the scope as a full id."""
        return {name: f"{service}/{value}" if name == "scope" else value for name, value in properties.items()}

    def meaning(self, name: str, value: Any) -> Any:
        """Compare what counts: whether the keys open anything, and of comments only this tool's own mark.

        Suspended, submitted, rejected, cancelled and expired keys open nothing, all alike.
        """
        if name == "state":
            return value == ACTIVE
        if name == "stateComment":
            text = value if isinstance(value, str) else ""
            if _COMPROMISED.match(text):
                return "compromised"  # since when does not matter: it was made once
            return text if _REVOKED.match(text) or _CUT.match(text) else None
        return super().meaning(name, value)

    def refers(self, resource: Resource) -> tuple[Address, ...]:
        """The product or API it opens; nothing when it opens them all."""
        collection, _, name = resource.properties.get("scope", "").partition("/")
        kind = _OPENS.get(collection)
        return (Address(kind, (name,)),) if kind and name else ()

    def product(self, resource: Resource) -> str | None:
        """The product in its scope."""
        collection, _, name = (resource.properties.get("scope") or "").partition("/")
        return name if collection == "products" and name else None

    def renamed(self, resource: Resource, names: Mapping[Address, Address]) -> Resource:
        """Follow the product's name in the scope, too."""
        moved = super().renamed(resource, names)
        for address in self.refers(resource):
            if address in names:
                scope = f"{resource.properties['scope'].partition('/')[0]}/{names[address].name[0]}"
                return Resource(moved.address, {**moved.properties, "scope": scope}, moved.origin)
        return moved

    def built_in(self, resource: Resource) -> bool:
        """`master` opens everything and belongs to the service."""
        return resource.address.name == ("master",)

    def retired(self, resource: Resource, *, day: date, grace: int) -> Resource | None:
        """Suspend at once, saying since when; delete once the grace is over."""
        since = revoked_on(resource)
        if (since or day) + timedelta(days=grace) <= day:
            return None
        comment = f"Revoked on {since or day} by reconciler: no longer declared; deleted after a grace"
        return self._suspended(resource, comment)

    def cut_off(self, resource: Resource, *, day: date, reason: str) -> Resource | None:
        """Suspend, saying when and why; what opens nothing stays as it is. It is never deleted for this."""
        if resource.properties.get("state") != ACTIVE:
            return resource
        comment = f"Cut on {day} by reconciler: {cut(' '.join(reason.split()), _REASON)}"
        return self._suspended(resource, comment)

    def following(self, before: Resource, after: Resource) -> Resource:
        """Keep in the comment how often both keys were made anew: a secret with an earlier one holds a dead key."""
        comment = after.properties.get("stateComment")
        if comment is None or not (comment or before.properties.get("stateComment")):
            return after
        times = times_made_anew(before) + bool(self.along(before, after))
        if not times:
            return after
        said = f"{comment} (keys made anew: {times})".strip()
        return Resource(after.address, {**after.properties, "stateComment": said}, after.origin)

    def along(self, before: Resource, after: Resource) -> tuple[str, ...]:
        """Make both keys anew where the comment will say for the first time that they are compromised."""
        said = (is_compromised(each) for each in (before, after))
        return self.posts if tuple(said) == (False, True) else ()

    def _suspended(self, resource: Resource, comment: str) -> Resource:
        kept = {"scope": resource.properties["scope"], "state": SUSPENDED, "stateComment": comment}
        if not resource.properties.get("displayName"):  # one that Azure made along with a product; it wants a name now
            kept["displayName"] = resource.address.name[0]
        return Resource(resource.address, kept, resource.origin)

    def marked(self, resource: Resource) -> bool:
        """Suspended by this tool, and waiting for the end of its grace."""
        return resource.properties.get("state") != ACTIVE and revoked_on(resource) is not None


def made_by_azure(name: str) -> bool:
    """Whether the service chose the id: what a declaration makes has a name (Azure/apiops #707, #645)."""
    return bool(_CHOSEN_BY_AZURE.fullmatch(name))


def revoked_on(resource: Resource) -> date | None:
    """Read from a subscription's own comment since when it is revoked; None when it opens, or by another hand."""
    return _said(_REVOKED, resource)


def cut_on(resource: Resource) -> date | None:
    """Read the same way since when it is cut off by hand."""
    return _said(_CUT, resource)


def compromised(day: date) -> str:
    """Give the comment of a subscription whose keys somebody else has. It is written when new ones are made."""
    return f"Compromised on {day} by reconciler: both keys were made anew, and open nothing"


def is_compromised(resource: Resource) -> bool:
    """Whether its comment says so, also where another hand made it active again."""
    return bool(_COMPROMISED.match(resource.properties.get("stateComment") or ""))


def times_made_anew(resource: Resource) -> int:
    """Read from the comment how often both keys were made anew because they were compromised."""
    match = _MADE_ANEW.fullmatch(resource.properties.get("stateComment") or "")
    return int(match["times"]) if match else 0


def _said(mark: re.Pattern[str], resource: Resource) -> date | None:
    if resource.properties.get("state") == ACTIVE:
        return None
    match = mark.match(resource.properties.get("stateComment") or "")
    try:
        return date.fromisoformat(match["day"]) if match else None
    except ValueError:
        return None
