"""`<team>/apis.yaml` and `<team>/apis/<name>.yaml`: the APIs that a team owns; others deploy what they are."""

from typing import Annotated

from pydantic import Field

from reconciler.declarations.fields import Declaration, Name

ApiId = Annotated[
    str, Field(min_length=1, max_length=256, pattern=r"^(\$\([a-z_][a-z0-9_]*\)|[^*#&+:<>?/;$\x00-\x1f])+$")
]


class Api(Declaration):
    """One API that the team owns, in every environment where it lives."""

    api: ApiId = Field(
        description="The API's id in API Management. `$(env)` and the environment's variables are filled in.",
        examples=["orders-$(letter)"],
    )
    environments: list[str] | None = Field(
        default=None, description="Where the team owns it; every environment, unless named."
    )
    lifecycle: str | None = Field(default=None, description="Backstage's word for it.", examples=["production"])
    system: str | None = Field(default=None, description="The system it belongs to, in Backstage's words.")
    description: str | None = Field(default=None, description="What it is for, in a sentence.")
    classification: Name | None = Field(
        default=None,
        description="How sensitive its data is; rules can ask for it. A product has that of its APIs, too.",
        examples=["restricted"],
    )
