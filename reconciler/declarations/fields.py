"""The types that YAML values are read into: names, durations, dates, references; each with its words for editors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

NAME = re.compile(r"[a-z0-9]+(?:[-._][a-z0-9]+)*")
NAME_IN_WORDS = "lower-case letters, digits, and single '-', '.' or '_' between them"
LONGEST_NAME = 80

Mode = Literal["observe", "add", "enforce"]


class Declaration(BaseModel):  # noqa: PLW1641  frozen, so that pydantic makes it
    """What people write is read strictly: unknown keys and wrong types are mistakes, never guesses."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    def __eq__(self, other: object) -> bool:
        """Compare what is written, too: under `in:` nothing said is not `null`, which takes away what stands above."""
        return (
            isinstance(other, Declaration) and self.model_fields_set == other.model_fields_set and super().__eq__(other)
        )


@dataclass(frozen=True, slots=True)
class NotYet:
    """Marks a key that the language has and this version does not enforce: `validate` refuses it."""


def wrong_name(text: str) -> str | None:
    """Say what keeps `text` from being a name of ours, or None."""
    if not text.isascii():
        strange = next(c for c in text if not c.isascii())
        return f"{text!r} holds {strange!r} (U+{ord(strange):04X}), which is not a plain letter; use {NAME_IN_WORDS}"
    if len(text) > LONGEST_NAME:
        return f"{text[:20]!r}... has {len(text)} characters; at most {LONGEST_NAME} are allowed"
    if not NAME.fullmatch(text):
        return f"{text!r} is no name; use {NAME_IN_WORDS}"
    return None


def _name(text: str) -> str:
    if wrong := wrong_name(text):
        raise ValueError(wrong)
    return text


def _days(value: Any) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,4}) days?", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write a number of days, such as `90 days`")
    return int(match[1])


def _grace(value: Any) -> int:
    return 0 if value == "0 days" else _days(value)


def _date(value: Any) -> date:
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{value} is no day of the calendar") from error
    raise ValueError("write a day as YYYY-MM-DD")


def _percent(value: int) -> int:
    if not 0 <= value <= 100:  # noqa: PLR2004  a percentage explains itself
        raise ValueError("write a percentage from 0 to 100")
    return value


_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

Name = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"})]
Days = Annotated[int, BeforeValidator(_days), WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,4} days?$"})]
Grace = Annotated[int, BeforeValidator(_grace), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,5} days?$"})]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Percent = Annotated[int, AfterValidator(_percent), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 100})]
EntraId = Annotated[str, Field(pattern=_UUID)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
AzureId = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^*#&+:<>?/\x00-\x1f]+$")]
FRAGMENT_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
FragmentName = Annotated[str, Field(min_length=1, max_length=80, pattern=f"^{FRAGMENT_NAME.pattern}$")]
ClientId = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9._:@/|~-]+$")]
Url = Annotated[str, Field(pattern=r"^https://[^\s/]+(/\S*)?$")]


def at(model: BaseModel, overlays: Mapping[str, BaseModel], environment: str) -> dict[str, Any]:
    """Give what a declaration says in one environment: its own values, and over them those under `in:`.

    Only what somebody wrote is there: unset is unmanaged. A list or mapping is replaced whole, never merged.
    """
    values = model.__dict__
    written = {name: values[name] for name in model.model_fields_set if name != "in_"}
    if overlay := overlays.get(environment):
        written |= {name: getattr(overlay, name) for name in overlay.model_fields_set}
    return written
