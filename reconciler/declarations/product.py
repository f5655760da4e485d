"""`<team>/products/<name>.yaml`: a product that a team publishes, or whose access it decides."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.declarations.api import ApiId
from reconciler.declarations.fields import Days, Declaration, FragmentName, Mode, Name, Text
from reconciler.declarations.gate import Credentials, OAuth, Tier
from reconciler.declarations.review import MissedReview

WayAround = Annotated[str, Field(pattern=r"^(subscription|product|api) [^\s/]{1,256}$")]


class ProductSettings(Declaration):
    """What may differ in an environment. Unset is unmanaged: a property nobody wrote is not compared."""

    id: Annotated[str, Field(min_length=1, max_length=256)] | None = Field(
        default=None, description="The product's id in API Management, only where it is not the file's name."
    )
    display_name: str | None = Field(
        default=None, min_length=1, max_length=300, description="The name people see in the developer portal."
    )
    description: Text | None = Field(default=None, description="What the product is for.")
    terms: str | None = Field(default=None, description="Terms of use, shown in the developer portal.")
    published: bool | None = Field(default=None, description="Whether those who may see it find it in the portal.")
    subscription_required: bool | None = Field(
        default=None, description="Whether a call needs a key. `false` makes the product open to everybody."
    )
    approval_required: bool | None = Field(
        default=None, description="Whether a person approves each subscription made in the portal."
    )
    subscriptions_limit: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="How many subscriptions one user may hold."
    )
    self_service: bool | None = Field(
        default=None,
        description="Whether whoever sees the product may subscribe in the portal, without a grant and a review.",
    )
    visible_to: list[Literal["developers", "guests"]] | None = Field(
        default=None, description="Built-in groups that see the product, besides the teams granted `portal`."
    )
    apis: list[ApiId] | None = Field(
        default=None,
        description="The APIs on the product. Exact with `manage: product` and `mode: enforce`; else they are added.",
        examples=[["orders-$(letter)", "order-events-$(letter)"]],
    )
    max_duration: Days | None = Field(default=None, description="The longest a grant may run.", examples=["365 days"])
    missed_review: MissedReview | None = Field(
        default=None, description="What becomes of a grant whose review is missed; else as guardrails say."
    )
    mode: Mode | None = Field(
        default=None,
        description="observe writes nothing; add gives, and takes back what it gave; "
        "enforce makes access exactly what is declared.",
    )
    credentials: Credentials | None = Field(
        default=None, description="What a call must carry: a key of this product, a token of a granted client, or both."
    )
    oauth: OAuth | None = Field(default=None, description="Whose tokens are accepted.")
    tiers: dict[Name, Tier] | None = Field(
        default=None,
        description="How often a consumer may call, by the name that grants ask for.",
        examples=[{"standard": {"rate": "100 per minute", "quota": "100000 per 30 days"}}],
    )
    default_tier: Name | None = Field(
        default=None, description="The tier of whoever is in none; needed only where there are several."
    )
    include: list[FragmentName] | None = Field(
        default=None,
        description="Policy fragments in force on the product: any team's, or one that lives in the service.",
        examples=[["cors-internal"]],
    )
    enforce_at: Literal["product", "api"] | None = Field(
        default=None,
        description="Whose policy holds the rules: the product's, or, where keys go around it, each of its APIs'.",
    )
    enforcement: Literal["report", "enforce"] | None = Field(
        default=None, description="`report` refuses nobody and tells who would be; `enforce` is the rule."
    )
    accepts: list[WayAround] | None = Field(
        default=None,
        description="Ways around the rules of this product that its owner knows and lives with.",
        examples=[["subscription uptime-monitor", "product legacy", "api orders-p"]],
    )
    rotation: Days | None = Field(
        default=None,
        description="How often keys in vaults are made anew. Unset: as guardrails.yaml says.",
        examples=["90 days"],
    )


class Product(ProductSettings):
    """A product: the file's name is its name."""

    environments: list[str] = Field(min_length=1, description="The environments it is in.", examples=[["dev", "prod"]])
    manage: Literal["product", "access"] = Field(
        default="access",
        description="`product`: this file creates, changes and deletes the product itself. "
        "`access`: somebody else does; this file decides who may use it.",
    )
    deployed_by: Text | None = Field(
        default=None,
        description="Who else creates and changes this product still, such as terraform. "
        "Until this line goes, `mode: enforce` and `manage: product` are refused.",
        examples=["terraform"],
    )
    formerly: Name | None = Field(
        default=None, description="The name this product had; keeps the living product and its keys through a rename."
    )
    approvers: list[Name] | None = Field(
        default=None, description="Teams that may approve a request besides the owner; one approval is enough."
    )
    approval: Literal["automatic", "owner"] = Field(
        default="owner", description="`automatic` lets requests through without an approval, within the guardrails."
    )
    classification: Name | None = Field(
        default=None,
        description="How sensitive its data is, besides what its APIs say of theirs; rules can ask for it.",
        examples=["restricted"],
    )
    in_: dict[str, ProductSettings] = Field(
        default_factory=dict,
        alias="in",
        description="What differs in an environment.",
        examples=[{"dev": {"max_duration": "30 days"}}],
    )
