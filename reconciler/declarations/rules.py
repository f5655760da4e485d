"""`rules:` in guardrails.yaml: what is refused, warned of, or needs one more approval, and when."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from reconciler.declarations.fields import Days, Declaration, Name, Text

Level = Literal["error", "warning", "approval"]
OF_GRANTS: Final = (
    "tier",
    "asks",
    "longer_than",
    "reason_shorter_than",
    "reason_unlike",
    "also",
    "grants_per_team",
)
"""What only a grant has: a rule that asks for one of these is about no product."""

_NAMES = re.compile(r"[a-z0-9._*?\[\]!-]+")
_LONGEST_PATTERN = 200
_IN_WORDS = "patterns have `*` for anything, `?` for one character and `[0-9]` for one of several"
T = TypeVar("T")


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _pattern(text: str) -> str:
    if not text or len(text) > _LONGEST_PATTERN:
        raise ValueError(f"write a pattern of 1 to {_LONGEST_PATTERN} characters")
    if "\\" in text or text.startswith("^") or text.endswith("$"):
        raise ValueError(f"`{text}` is a regular expression; {_IN_WORDS}")
    return text


def _names(text: str) -> str:
    if not _NAMES.fullmatch(_pattern(text)):
        raise ValueError(f"`{text}` fits no name, which has small letters, digits, '-', '.' and '_'; {_IN_WORDS}")
    return text


@dataclass(frozen=True, slots=True)
class _OneAlone:
    """Tells editors that one value needs no list around it."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


OneOrMore = Annotated[list[T], Field(min_length=1), BeforeValidator(_listed), _OneAlone()]
Pattern = Annotated[str, AfterValidator(_pattern)]
Names = Annotated[str, AfterValidator(_names)]


class When(Declaration):
    """What a rule is about. Everything written here must hold at once; of a list, one of its values."""

    about: Literal["grant", "product"] | None = Field(
        default=None, description="Only grants, or only products. Unset: whatever the rest can be said of."
    )
    team: OneOrMore[Names] | None = Field(default=None, description="Whose it is.", examples=["checkout", "shop-*"])
    product: OneOrMore[Names] | None = Field(
        default=None, description="The product, or the one that is asked for.", examples=["payments-*"]
    )
    environment: OneOrMore[Name] | None = Field(default=None, description="Where it is.", examples=["prod"])
    classification: OneOrMore[Name] | None = Field(
        default=None,
        description="Of the product and its APIs, or of the API that is asked for.",
        examples=["restricted"],
    )
    tier: OneOrMore[Name] | None = Field(default=None, description="The tier that is asked for.")
    asks: OneOrMore[Literal["key", "portal", "clients"]] | None = Field(
        default=None, description="What is asked for.", examples=["key"]
    )
    longer_than: Days | None = Field(
        default=None, description="The grant has more days left than this, or no end.", examples=["90 days"]
    )
    reason_shorter_than: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="The reason has fewer characters.", examples=[20]
    )
    reason_unlike: OneOrMore[Pattern] | None = Field(
        default=None, description="The reason fits none of these patterns.", examples=["*[A-Z]-[0-9]*"]
    )
    name_unlike: OneOrMore[Names] | None = Field(
        default=None, description="The file's name fits none of these patterns.", examples=["*-v[0-9]"]
    )
    also: OneOrMore[Names] | None = Field(
        default=None, description="The same team has a grant for this product, too, in the same environment."
    )
    grants_per_team: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="The team has more grants than this to which everything else here applies."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"name what the rule is about: one of {', '.join(type(self).model_fields)}")
        if self.also and not self.product:
            raise ValueError("`also` needs `product`: the pair that one team must not hold")
        of_grants = [f"`{name}`" for name in OF_GRANTS if getattr(self, name) is not None]
        if self.about == "product" and of_grants:
            raise ValueError(f"a product has no {' and no '.join(of_grants)}")
        return self


class Rule(Declaration):
    """One rule: what follows where everything under `when` holds."""

    level: Level = Field(
        description="error: refused. warning: said, and let through. approval: `by` must approve it, too."
    )
    by: Name | None = Field(default=None, description="With `level: approval`: the team that approves.")
    when: When = Field(description="What the rule is about; everything written here must hold at once.")
    say: Text | None = Field(default=None, description="What the author reads.", examples=["No unlimited tier in prod"])

    @model_validator(mode="after")
    def _has_a_judge(self) -> Self:
        if self.level == "approval" and self.by is None:
            raise ValueError("`level: approval` needs `by:`, the team that approves")
        if self.level != "approval" and self.by is not None:
            raise ValueError(f"`by` is only for `level: approval`, and this is `level: {self.level}`")
        return self
