"""`backstage.yaml`: how this access looks in a Backstage catalog, and where its templates open pull requests."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.declarations.fields import Declaration, Name, Text

# Of a name in Backstage: catalog-model's KubernetesValidatorFunctions, at most 63 characters.
EntityName = Annotated[str, Field(max_length=63, pattern=r"^[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*$")]

Namespace = Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]+(-+[a-z0-9]+)*$")]  # isValidNamespace, as above


class Domain(Declaration):
    """Systems that belong together."""

    owner: Name | None = Field(default=None, description="The team that answers for it. Default: the platform team.")
    description: Text | None = Field(default=None, description="What it is about, in a sentence.")


class System(Declaration):
    """APIs that belong together: those whose `system:` in apis.yaml has this name."""

    domain: EntityName | None = Field(default=None, description="The domain it is part of.", examples=["retail"])
    owner: Name | None = Field(
        default=None, description="The team that answers for it. Default: whose APIs are in it, else the platform team."
    )
    description: Text | None = Field(default=None, description="What it is about, in a sentence.")


class Backstage(Declaration):
    """All of it may be left out."""

    namespace: Namespace = Field(default="default", description="Of every entity. One for each catalog in a Backstage.")
    groups: Literal["ours", "existing"] = Field(
        default="ours",
        description="`ours` makes a Group of each team. `existing` makes none: the organisation's own provider does, "
        "and owners are named as it names them.",
    )
    components: Literal["ours", "existing"] = Field(
        default="ours",
        description="`ours` makes a Component of each caller. `existing` makes none: `component:` of a grant names one "
        "that is there, and the grant hangs on it.",
    )
    host: Annotated[str, Field(pattern=r"^[a-z0-9.-]+(:[0-9]+)?$")] = Field(
        default="github.com", description="Where the repository of declarations is, as Backstage's `integrations` say."
    )
    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$")] | None = Field(
        default=None,
        description="The repository of declarations, as `organisation/name`: templates are written where it is known.",
        examples=["contoso/access"],
    )
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] = Field(
        default="main", description="What pull requests are meant for."
    )
    folder: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$")] = Field(
        default="access", description="Where the declarations stand in the repository."
    )
    as_the_person: bool = Field(
        default=True,
        description="Pull requests are opened with the token of who asks. `false`: with Backstage's own, and "
        "`requested_by` tells who.",
    )
    systems: dict[EntityName, System] = Field(
        default_factory=dict,
        description="What is known of systems that APIs name.",
        examples=[{"storefront": {"domain": "retail"}}],
    )
    domains: dict[EntityName, Domain] = Field(default_factory=dict, description="What is known of domains.")
