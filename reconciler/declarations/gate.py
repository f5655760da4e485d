"""Inside a product's file: whose tokens it takes, and how often its consumers may call."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from reconciler.declarations.fields import Declaration, Url
from reconciler.limits import Limit, quota, rate

Credentials = Literal["key", "token", "key and token", "key or token"]


def _plain(text: str) -> str:
    """Refuse what a policy could not hold as plain text: white space, expressions, named values."""
    if not text or any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError("write it without white space")
    if found := next((mark for mark in ("@(", "@{", "{{") if mark in text), None):
        raise ValueError(f"`{found}` begins something else in a policy")
    return text


def _listed(value: Any) -> Any:
    """One of something may be written without a list."""
    return [value] if isinstance(value, str) else value


_LIMIT = WithJsonSchema({"type": "string", "pattern": "^[0-9]+ per ([0-9]+ )?[a-z]+$"})
_LIST = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]})

Rate = Annotated[Limit, BeforeValidator(rate), _LIMIT]
Quota = Annotated[Limit, BeforeValidator(quota), _LIMIT]
Plain = Annotated[str, AfterValidator(_plain)]
Several = Annotated[list[Plain], BeforeValidator(_listed), Field(min_length=1), _LIST]


class OAuth(Declaration):
    """Whose tokens count."""

    audience: Several = Field(
        description="For whom a token must be made: the API's application id URI, or one of several.",
        examples=["api://orders"],
    )
    issuer: Url | None = Field(
        default=None,
        description="Who makes the tokens, where that is not the environment's Entra tenant: "
        "its OpenID configuration is read below that address.",
        examples=["https://contoso.okta.example/oauth2/default"],
    )
    scopes: Several | None = Field(default=None, description="Of these, a token made for a user needs one.")
    roles: Several | None = Field(
        default=None,
        description="Of these, a token made for an application needs one.",
        examples=[["Orders.Read"]],
    )
    claim: Plain | None = Field(
        default=None, description="Which claim names the client. Entra's are `azp` and `appid`.", examples=["cid"]
    )


class Tier(Declaration):
    """How often each consumer of a tier may call; without both, as often as it likes."""

    rate: Rate | None = Field(
        default=None, description="Above it the answer is 429. At most 5 minutes long.", examples=["100 per minute"]
    )
    quota: Quota | None = Field(
        default=None, description="Above it the answer is 403. At least 5 minutes.", examples=["100000 per 30 days"]
    )


def by_token(says: Mapping[str, Any]) -> bool:
    """Whether a product looks at tokens."""
    return says.get("credentials") not in (None, "key")


def token_alone(says: Mapping[str, Any]) -> bool:
    """Whether a token without a key must do."""
    return says.get("credentials") in ("token", "key or token")


def key_alone(says: Mapping[str, Any]) -> bool:
    """Whether a key without a token does."""
    return says.get("credentials") in (None, "key", "key or token")


def has_gate(says: Mapping[str, Any]) -> bool:
    """Whether a product has rules that a policy has to hold."""
    return bool(says.get("oauth") or says.get("tiers"))


def asks_for_no_key(says: Mapping[str, Any]) -> bool | None:
    """Say whether a product is open in Azure's sense: as it says, or because a token alone must do; None: unmanaged."""
    required = says.get("subscription_required")
    if required is None and token_alone(says) and says.get("enforce_at") != "api":
        return True
    return None if required is None else not required


def open_to_all(says: Mapping[str, Any]) -> bool:
    """Whether anybody may call: no key is asked for, and no rules ask for a key or a token."""
    return asks_for_no_key(says) is True and (not has_gate(says) or says.get("enforcement") == "report")


def default_tier(says: Mapping[str, Any]) -> str:
    """Name the tier of whoever is in none: the one that is said, or the only one there is."""
    tiers = says.get("tiers") or {}
    return says.get("default_tier") or (next(iter(tiers)) if len(tiers) == 1 else "")
