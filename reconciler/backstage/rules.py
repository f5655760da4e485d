"""What a product's file says in an environment in; its rules in sentences, for who wants to call it, out."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.declarations.gate import OAuth, Tier, by_token, default_tier, open_to_all
from reconciler.limits import words

_CREDENTIALS: Final = {
    "key": "A call carries a key of this product.",
    "token": "A call carries a token of a client that has access.",
    "key and token": "A call carries both: a key of this product, and a token of a client that has access.",
    "key or token": "A call carries a key of this product, or a token of a client that has access.",
}


def rules(says: Mapping[str, Any]) -> Iterator[str]:
    """Say each rule, in the order in which a call meets them."""
    if open_to_all(says):
        yield "Anybody may call it, without a key or a token."
    else:
        yield _CREDENTIALS[says.get("credentials") or "key"]
    if by_token(says) and says.get("oauth"):
        yield from _tokens(says["oauth"])
    if says.get("enforcement") == "report":
        yield "The rules are tried out: who breaks them is counted, and let in."
    for name, tier in sorted((says.get("tiers") or {}).items()):
        default = " This is the tier of whoever names none." if name == default_tier(says) else ""
        yield f"Tier {name}: {_tier(tier)}.{default}"
    if says.get("include"):
        yield f"Policy fragments in force: {', '.join(says['include'])}."
    if says.get("rotation"):
        yield f"Keys in vaults are made anew every {says['rotation']} days."


def _tokens(oauth: OAuth) -> Iterator[str]:
    yield f"A token is made for {' or '.join(oauth.audience)}, by {oauth.issuer or 'our Entra tenant'}."
    if oauth.roles:
        yield f"A token of an application has one of the roles {', '.join(oauth.roles)}."
    if oauth.scopes:
        yield f"A token of a user has one of the scopes {', '.join(oauth.scopes)}."


def _tier(tier: Tier) -> str:
    said = [words(limit).replace(" per ", " calls per ") for limit in (tier.rate, tier.quota) if limit]
    return f"at most {' and '.join(said)}" if said else "no limit"
