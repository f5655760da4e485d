"""`<team>/grants/<name>.yaml`: access that a team asks for; a new file is a request, a deleted one a revocation."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from reconciler.declarations.api import ApiId
from reconciler.declarations.fields import AzureId, ClientId, Day, Declaration, Name, NotYet, Text, at
from reconciler.declarations.review import Reviewed

EVERY_API: Final = "*"


class GrantSettings(Declaration):
    """What may differ in an environment."""

    key: bool | None = Field(default=None, description="A subscription to the product, with its two keys.")
    portal: bool | None = Field(
        default=None,
        description="The team's group sees the product in the developer portal and may subscribe there. "
        "This is not access: a call needs a key.",
    )
    expires: Day | None = Field(
        default=None, description="Access lasts to the end of that day, UTC.", examples=["2027-06-30"]
    )
    suspended: bool | None = Field(
        default=None, description="The key is kept and opens nothing, and no client is let in, until this line goes."
    )
    subscription: AzureId | None = Field(
        default=None, description="The id of a living subscription to take over, with its keys as they are."
    )
    tier: Name | None = Field(default=None, description="One of the product's tiers.", examples=["standard"])
    clients: list[ClientId] | None = Field(
        default=None,
        description="Ids of the applications whose tokens are accepted, as the tokens' issuer knows them.",
        examples=[["1a2b0000-0000-0000-0000-000000000000"]],
    )
    owner: Annotated[str | None, NotYet()] = Field(
        default=None, description="The user who owns the subscription, by e-mail. Not enforced yet."
    )
    revoked: Literal["compromised"] | None = Field(
        default=None,
        description="Somebody else has the key or acts as a client: the grant opens nothing while this line stands, "
        "and both keys are made anew.",
    )


class Grant(GrantSettings):
    """A grant: named after its product as a rule."""

    environments: list[str] = Field(
        min_length=1, description="Where the access is asked for.", examples=[["dev", "prod"]]
    )
    product: Name | None = Field(default=None, description="The product, only where it is not the file's name.")
    reason: Text = Field(description="Why, in a sentence the owner understands.", examples=["Show the order history"])
    component: str | None = Field(
        default=None, min_length=1, max_length=63, description="Who calls, in Backstage's words.", examples=["web-shop"]
    )
    requested_by: str | None = Field(
        default=None, description="Filled in by forms and robots that open the pull request.", examples=["octocat"]
    )
    reviewed: Reviewed | None = Field(
        default=None, description="Who looked last whether it is still needed: the answer to a review."
    )
    formerly: Name | None = Field(
        default=None, description="The name this grant had; keeps its keys through a rename of the file."
    )
    api: ApiId | Literal["*"] | None = Field(
        default=None,
        description="One API instead of a product, or `*` for every one: such a key goes around products.",
        examples=["orders-$(letter)"],
    )
    emergency: bool = Field(
        default=False,
        description="For today only, with one approval: by the product's owner, one of its `approvers`, or the "
        "platform team. The owner reviews it when the file is deleted again.",
    )
    consumer: Annotated[dict[str, Any] | None, NotYet()] = Field(
        default=None, description="Somebody outside, with a sponsoring team. Not enforced yet."
    )
    in_: dict[str, GrantSettings] = Field(
        default_factory=dict,
        alias="in",
        description="What differs in an environment.",
        examples=[{"dev": {"expires": "2026-12-31"}}],
    )


def own_end(grant: Grant, environment: str) -> date | None:
    """Give the last day that a grant names in an environment; None: it names none there."""
    end: date | None = at(grant, grant.in_, environment).get("expires")
    return end
