"""`guardrails.yaml`: rules that every pull request is held to; the file is optional, its defaults are sound."""

from typing import Literal

from pydantic import Field

from reconciler.declarations.fields import Days, Declaration, Grace, Name, Url
from reconciler.declarations.review import MissedReview
from reconciler.declarations.rules import Rule


class Protect(Declaration):
    """What is never removed, whatever else is declared."""

    groups: list[str] = Field(default_factory=list, description="Ids of groups; their product links stay too.")
    subscriptions: list[str] = Field(default_factory=list, description="Ids of subscriptions.")


class Guardrails(Declaration):
    """The rules of the house."""

    platform_team: Name | None = Field(default=None, description="The team that runs this.")
    max_duration: Days | Literal["unlimited"] = Field(
        default=365, description="The longest a grant may run, where its product does not say less."
    )
    warn_before_expiry: Days = Field(default=30, description="From when on a grant that ends is named in reports.")
    revocation_grace: Grace = Field(
        default=30, description="How long a revoked subscription stays suspended before it is deleted."
    )
    missed_review: MissedReview = Field(
        default="warn",
        description="What becomes of access whose owner lets the last day of a review go by, where its product does "
        "not say: it is kept, `validate` and plans warn of it, or it ends on that day.",
    )
    ask: Url | None = Field(
        default=None,
        description="Where people ask for access: said to whoever is refused. Without it, the owner is named.",
        examples=["https://github.com/contoso/access/issues/new?template=request-access.yml"],
    )
    rotation: Days | None = Field(
        default=None,
        description="How often each key that a vault holds is made anew, where its product does not say.",
        examples=["90 days"],
    )
    rotation_overlap: Days = Field(
        default=7, description="How long the old key goes on to open beside the new one, from its delivery on."
    )
    protect: Protect = Field(default_factory=Protect, description="What is never planned for removal.")
    classifications: list[Name] | None = Field(
        default=None,
        description="The words for data that products and APIs may be marked with; any, unless listed.",
        examples=[["public", "internal", "restricted"]],
    )
    rules: list[Rule] = Field(
        default_factory=list, description="What is refused, warned of, or needs one more approval."
    )
