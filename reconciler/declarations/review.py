"""`reviews.yaml`, and `reviewed:` of a grant: a campaign in which owners look at the access they gave, and answers."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.declarations.fields import NAME, Day, Declaration, Name

MissedReview = Literal["keep", "warn", "revoke"]
GrantName = Annotated[str, Field(pattern=f"^{NAME.pattern}/{NAME.pattern}$", max_length=200)]


class Reviewed(Declaration):
    """That somebody looked at a grant, and that it goes on."""

    by: Name = Field(description="The team that looked: the product's owner, or one of its `approvers`.")
    on: Day = Field(description="The day on which it did.", examples=["2026-12-01"])


class Review(Declaration):
    """One campaign; `reconciler review` writes it. The next one takes its place."""

    opened: Day = Field(description="What was reviewed on that day or later is answered.")
    due: Day = Field(description="To the end of that day, UTC. Then `missed_review` says what becomes of the rest.")
    grants: dict[Name, list[GrantName]] = Field(
        description="Which grants are reviewed, as team/name, by who owns what they ask for. Later ones are not.",
        examples=[{"commerce": ["checkout/orders"]}],
    )
