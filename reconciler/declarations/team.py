"""`<team>/team.yaml`: who a team is, for people, for GitHub and for Azure."""

from typing import Annotated, Final

from pydantic import Field

from reconciler.declarations.fields import Declaration, EntraId, Name, Text, Url

GroupId = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^/\x00-\x1f]+$")]
DisplayName = Annotated[str, Field(min_length=1, max_length=300)]


BUILT_IN_GROUPS: Final = frozenset({"administrators", "developers", "guests"})


class TeamGroup(Declaration):
    """The team's group in API Management."""

    entra_group: EntraId | None = Field(
        default=None,
        description="Object id of the team's Entra group. Without it the team is a custom group in API Management.",
        examples=["5f0c0000-0000-0000-0000-000000000000"],
    )
    group: GroupId | None = Field(
        default=None,
        description="The id of the team's group in API Management, only where it is not the team's name. "
        "Of which type that group is, stays as it is.",
    )


class TeamSettings(TeamGroup):
    """What may differ in an environment."""

    display_name: DisplayName | None = Field(default=None, description="What the team's group is called there.")


class Team(TeamGroup):
    """A team: the folder it stands in is its name."""

    display_name: DisplayName = Field(description="The team's name as people say it.", examples=["Checkout"])
    email: str | None = Field(
        default=None,
        max_length=254,
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="Where the team is reached; shown as the contact of its APIs where the environment marks them so.",
        examples=["checkout@contoso.example"],
    )
    github: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$",
        description="The GitHub team that reviews for this team, as `organisation/team`.",
        examples=["contoso/checkout"],
    )
    reviewers: list[str] | None = Field(
        default=None, description="GitHub logins that review for this team, where there is no GitHub team."
    )
    key_vault: dict[Name, Url] | None = Field(
        default=None,
        description="For each environment, the Key Vault that this team's keys are delivered to; "
        "without it, the environment's.",
        examples=[{"prod": "https://kv-checkout.vault.azure.net"}],
    )
    description: Text | None = Field(default=None, description="What the team does, in a sentence.")
    in_: dict[str, TeamSettings] = Field(
        default_factory=dict,
        alias="in",
        description="What differs in an environment.",
        examples=[{"dev": {"group": "checkout-dev"}}],
    )
