"""Inside a product's file: whose tokens it takes, and how often its consumers may call."""

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
