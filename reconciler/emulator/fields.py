"""Properties in; nothing out, or the ValidationError that names every field that is wrong. Limits are the spec's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.errors import detail, incorrect


@dataclass(frozen=True, slots=True)
class Text:
    """A string and its limits."""

    maximum: int = 0  # 0: none in the spec
    minimum: int = 0
    pattern: re.Pattern[str] | None = None

    def fault(self, name: str, value: Any) -> str | None:
        """Say what is wrong. Texts unverified, but for the empty display name (azure-powershell #26713)."""
        if not isinstance(value, str):
            return f"{name} should be a string"
        if len(value) < self.minimum:
            return f"{_spoken(name)} should not be empty"
        if self.maximum and len(value) > self.maximum:
            return f"{name} should not be longer than {self.maximum} characters"
        if self.pattern and not self.pattern.search(value):
            return f"{name} does not match the pattern {self.pattern.pattern}"
        return None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the spec's values."""

    values: frozenset[str]

    def fault(self, name: str, value: Any) -> str | None:
        if isinstance(value, str) and value in self.values:
            return None
        return f"{name} should be one of {', '.join(sorted(self.values))}"


@dataclass(frozen=True, slots=True)
class Typed:
    """A value of one JSON type."""

    kind: type

    def fault(self, name: str, value: Any) -> str | None:
        wrong = not isinstance(value, self.kind) or (self.kind is int and isinstance(value, bool))
        return f"{name} should be of type {self.kind.__name__}" if wrong else None


Field = Text | Choice | Typed
FLAG, NUMBER, LIST, OBJECT = Typed(bool), Typed(int), Typed(list), Typed(dict)
DESCRIPTION = Text(maximum=1000)


def check(fields: Mapping[str, Field], required: tuple[str, ...], properties: Mapping[str, Any]) -> None:
    """Refuse properties that break a limit, all of them at once."""
    faults = [
        detail(_target(name), f"{_spoken(name)} should not be empty") for name in required if name not in properties
    ]
    for name, field in fields.items():
        if name in properties:
            fault = field.fault(name, properties[name])
            if fault:
                faults.append(detail(_target(name), fault))
    if faults:
        raise incorrect(*faults)


def check_name(parameter: str, rule: Text, name: str) -> None:
    """Refuse an id that breaks the spec's length or pattern; the text is unverified."""
    fault = rule.fault(parameter, name)
    if fault:
        raise incorrect(detail(parameter, fault))


def _spoken(name: str) -> str:
    return "name (display name)" if name == "displayName" else name


def _target(name: str) -> str:
    """Tag and display-name errors name the target `name` (Azure/apiops #855, azure-powershell #26713)."""
    return "name" if name == "displayName" else name
