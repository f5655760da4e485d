"""A product's rules: its gate, and who is let through it in which tier; all of it stands in one generated fragment."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.kinds.document import Edit
from reconciler.kinds.kind import Kind
from reconciler.limits import Limit, quota, rate, words
from reconciler.naming import gate_id
from reconciler.policy import gate as policy
from reconciler.policy.reading import read
from reconciler.policy.writing import COMMENT, write
from reconciler.resource import Address, Resource

_NOBODY = policy.Gate(product="", ask="", credentials="key")


class _Generated:
    """The fragment `access-<product>`. What is in it is read only where it is whole, and written whole."""

    name = "fragment"

    def resources(self, address: Address, text: str) -> Iterator[Resource]:  # noqa: ARG002  it names its product itself
        gate = read(text) if is_generated(text) else None
        if gate is None:
            return
        yield Resource(Address("gate", (gate.product,)), properties_of(gate))
        for kind, consumers in (("client", gate.clients), ("key-tier", gate.keys)):
            for name, tier in consumers.items():
                yield Resource(Address(kind, (gate.product, name)), {"tier": tier})

    def edited(self, address: Address, text: str | None, edits: Iterable[Edit]) -> str | None:
        edits = list(edits)
        about = {(before or after).address.kind: (before, after) for before, after in edits if before or after}  # type: ignore[union-attr]
        made_anew = "gate" in about and about["gate"][0] is None
        gate = read(text) if text is not None and is_generated(text) else None
        if gate is None and not made_anew:
            raise ValueError("it was changed by another hand: a run over everything puts it back")
        if text is not None and gate is None and not is_generated(text):
            raise ValueError("a fragment of that name is there and not ours: rename it, or empty it to `<fragment />`")
        if "gate" in about and about["gate"][1] is None:
            return None
        return write(_with(gate or replace(_NOBODY, product=address.name[0]), edits))


def is_generated(text: str) -> bool:
    """Whether a fragment says that it was made here, or says nothing at all."""
    return COMMENT in text or text.split() in (["<fragment", "/>"], ["<fragment/>"], ["<fragment></fragment>"])


def _with(gate: policy.Gate, edits: list[Edit]) -> policy.Gate:
    """Change all of it at once: on the way from one to the other it might contradict itself."""
    clients, keys, fields = dict(gate.clients), dict(gate.keys), properties_of(gate)
    for before, after in edits:
        resource = after or before
        if resource is None:
            continue
        if resource.address.kind == "gate":
            fields |= after.properties if after else {}
            continue
        consumers = clients if resource.address.kind == "client" else keys
        if after is None:
            consumers.pop(resource.address.name[1], None)
        else:
            consumers[resource.address.name[1]] = after.properties.get("tier") or ""
    return policy.Gate(product=gate.product, clients=clients, keys=keys, **_fields(fields))


def properties_of(gate: policy.Gate) -> dict[str, Any]:
    """Give what a gate says besides whom it names, as JSON's values: the same as `_fields` reads."""
    oauth = gate.oauth and {
        "configuration": gate.oauth.configuration,
        "audiences": sorted(gate.oauth.audiences),
        "issuers": sorted(gate.oauth.issuers),
        "scopes": sorted(gate.oauth.scopes),
        "roles": sorted(gate.oauth.roles),
        "claim": gate.oauth.claim,
    }
    return {
        "credentials": gate.credentials,
        "oauth": oauth,
        "tiers": {name: _limits(tier) for name, tier in sorted(gate.tiers.items())},
        "default": gate.default,
        "enforcement": gate.enforcement,
        "ask": gate.ask,
    }


def _limits(tier: policy.Tier) -> dict[str, str]:
    return {name: words(limit) for name, limit in (("rate", tier.rate), ("quota", tier.quota)) if limit}


def _fields(properties: Mapping[str, Any]) -> dict[str, Any]:
    says = properties.get("oauth")
    sets = ("audiences", "issuers", "scopes", "roles")
    oauth = says and policy.OAuth(
        configuration=says["configuration"], claim=says["claim"], **{name: frozenset(says[name]) for name in sets}
    )
    tiers = {
        name: policy.Tier(_limit(rate, tier.get("rate")), _limit(quota, tier.get("quota")))
        for name, tier in (properties.get("tiers") or {}).items()
    }
    plain = {name: properties[name] for name in ("credentials", "default", "enforcement", "ask")}
    return {**plain, "oauth": oauth, "tiers": tiers}


def _limit(reads: Any, text: str | None) -> Limit | None:
    limit: Limit | None = reads(text) if text else None
    return limit


class _Part(Kind):
    """What stands in the fragment. Azure knows none of it by itself, and nothing is written of it alone."""

    path = "policyFragments/{}"
    document = _Generated()
    patches = False

    def refers(self, resource: Resource) -> tuple[Address, ...]:
        """Azure lets a fragment be without a product."""
        return () if self.name == "gate" else (Address("gate", resource.address.name[:1]),)

    def needs(self, resource: Resource) -> tuple[Address, ...]:
        """It is a product's."""
        return (*self.refers(resource), Address("product", resource.address.name[:1]))

    def place(self, address: Address) -> tuple[str, ...]:
        """The fragment's name is made of the product's."""
        return (gate_id(address.name[0]),)


class Gate(_Part):
    """What a call of a product must carry, whose tokens count, and how often each tier may call."""

    name = "gate"
    listing = "policyFragments"
    parts = ("product",)
    ends_document = True
    fields = ("credentials", "oauth", "tiers", "default", "enforcement", "ask")

    def rows(self, row: Mapping[str, Any]) -> Iterator[Resource]:
        """A row is a whole fragment: the gate, and everybody named in it."""
        text = (row.get("properties") or {}).get("value") or ""
        yield from self.document.resources(self.address(row["name"]), text)


class Client(_Part):
    """An application whose tokens are let through, and its tier; the default one where it has none."""

    name = "client"
    parts = ("product", "")
    fields = ("tier",)


class KeyTier(_Part):
    """The tier of a subscription, where it is not the default one."""

    name = "key-tier"
    parts = ("product", "subscription")
    fields = ("tier",)
