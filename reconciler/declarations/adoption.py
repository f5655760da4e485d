"""`adoption.yaml`: what the platform team knows of a living service and its names do not tell; for `adopt` alone."""

from typing import Final

from pydantic import Field

from reconciler.declarations.fields import Declaration, Name

UNOWNED: Final = "unowned"
"""The folder of what has no owner yet: a team that nobody is in."""


class OwnerRule(Declaration):
    """One team and what is its own. Patterns have `*` and `?`; ids and display names are tried, in any case."""

    team: Name = Field(description="The team's folder.")
    apis: list[str] = Field(default_factory=list, description="APIs.", examples=[["order*"]])
    products: list[str] = Field(default_factory=list, description="Products.")
    groups: list[str] = Field(default_factory=list, description="The group that is this team; the first that fits.")
    users: list[str] = Field(
        default_factory=list, description="E-mail addresses or ids of users, whose subscriptions are the team's."
    )
    subscriptions: list[str] = Field(default_factory=list, description="Subscriptions.", examples=[["* - Call Centre"]])
    fragments: list[str] = Field(default_factory=list, description="Policy fragments.")


class LeftOut(Declaration):
    """What is not adopted: it stays unmanaged, reported and never touched."""

    products: list[str] = Field(default_factory=list, description="Products, with their links and keys.")
    subscriptions: list[str] = Field(default_factory=list, description="Subscriptions.")
    fragments: list[str] = Field(default_factory=list, description="Policy fragments.")


class OwnerMap(Declaration):
    """Read from the top: the first line that fits decides."""

    owners: list[OwnerRule] = Field(default_factory=list, description="Who owns what.")
    created_elsewhere: list[str] = Field(
        default_factory=list,
        description="Products that another pipeline creates and changes: they are adopted with `manage: access`.",
    )
    leave_out: LeftOut = Field(default_factory=LeftOut, description="What is not adopted.")
