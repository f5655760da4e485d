"""A product's rules and its grants in; the gate, whom it lets through, and where it stands, as resources, out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.declarations.gate import OAuth, by_token, default_tier, key_alone
from reconciler.limits import words
from reconciler.naming import fill_in
from reconciler.resource import Address, Origin, Resource

_V1_ISSUER = "https://sts.windows.net"  # Entra's tokens of version 1, also from applications that ask for no version


@dataclass(frozen=True, slots=True)
class Gating:
    """A product in one environment. `authority` is the tenant's there, `ask` says where to ask for access."""

    product: str
    apis: tuple[str, ...]
    ask: str
    authority: str
    variables: Mapping[str, str] = field(default_factory=dict)
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a grant lets in: by the ids of applications, by a subscription, or by both."""

    clients: tuple[str, ...]
    key: str
    tier: str
    origin: Origin


def gating(about: Gating, says: Mapping[str, Any], callers: Iterable[Caller]) -> Iterator[Resource]:
    """Give the gate of a product that has rules. Consumers are told apart by what a call must carry."""
    yield Resource(Address("gate", (about.product,)), _gate(about, says), about.origin)
    for caller in callers:
        if by_token(says):
            for client in caller.clients:
                yield Resource(Address("client", (about.product, client)), {"tier": caller.tier}, caller.origin)
        if key_alone(says) and caller.key and caller.tier:
            yield Resource(Address("key-tier", (about.product, caller.key)), {"tier": caller.tier}, caller.origin)
    if says.get("enforce_at") == "api":
        for api in about.apis:
            yield Resource(Address("api-rules", (api, about.product)), {}, about.origin)
    else:
        yield Resource(Address("product-rules", (about.product,)), {}, about.origin)


def _gate(about: Gating, says: Mapping[str, Any]) -> dict[str, Any]:
    tiers = says.get("tiers") or {}
    return {
        "credentials": says.get("credentials") or "key",
        "oauth": _oauth(about, says["oauth"]) if says.get("oauth") else None,
        "tiers": {name: _tier(tier) for name, tier in sorted(tiers.items())},
        "default": default_tier(says),
        "enforcement": says.get("enforcement") or "enforce",
        "ask": about.ask,
    }


def _oauth(about: Gating, oauth: OAuth) -> dict[str, Any]:
    """Name both issuers of Entra: which version a token has, is said by the API's own registration."""
    tenant = about.authority.rsplit("/", 1)[-1]
    issuer = oauth.issuer.rstrip("/") if oauth.issuer else f"{about.authority}/v2.0"
    return {
        "configuration": f"{issuer}/.well-known/openid-configuration",
        "issuers": [] if oauth.issuer else sorted([issuer, f"{_V1_ISSUER}/{tenant}/"]),
        "audiences": sorted({fill_in(each, about.variables) for each in oauth.audience}),
        "scopes": sorted(set(oauth.scopes or ())),
        "roles": sorted(set(oauth.roles or ())),
        "claim": oauth.claim or "",
    }


def _tier(tier: Any) -> dict[str, str]:
    return {name: words(limit) for name in ("rate", "quota") if (limit := getattr(tier, name))}
