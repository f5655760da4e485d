"""One policy element about to run in, its attributes and texts as values out: named values put in, expressions done."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.emulator.gateway.blocks import evaluated, is_expression
from reconciler.emulator.gateway.documents import Element
from reconciler.emulator.gateway.exchange import Exchange
from reconciler.emulator.gateway.members import text_of
from reconciler.emulator.gateway.refusals import INTERNAL, EvaluationFailed, NotKnown, Refused
from reconciler.emulator.gateway.view import context_of

_NAMED: Final = re.compile(r"\{\{\s*([A-Za-z0-9._-]+)\s*\}\}")
_FLAGS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Step:
    """An element in its place; `scope` and `path` are those of `context.LastError`."""

    element: Element
    exchange: Exchange
    scope: str = ""
    path: str = ""

    def attribute(self, name: str, default: str | None = None) -> str | None:
        written = self.element.get(name)
        return default if written is None else text_of(self.value(written))

    def demanded(self, name: str) -> str:
        found = self.attribute(name)
        if found is None:
            raise NotKnown(f"{self.element.tag} without {name}")
        return found

    def flag(self, name: str, *, default: bool) -> bool:
        """Read true or false, which an expression may give as a bool."""
        text = self.attribute(name, str(default)) or ""
        if text.lower() not in _FLAGS:
            raise NotKnown(f'{self.element.tag} with {name}="{text}"')
        return _FLAGS[text.lower()]

    def number(self, name: str, default: str | None = None) -> int:
        text = self.demanded(name) if default is None else self.attribute(name, default) or ""
        if not text.isdecimal():
            raise NotKnown(f'{self.element.tag} with {name}="{text}"')
        return int(text)

    def value(self, written: str) -> Any:
        """Give what is written, or what its expression comes to; one that throws is an error 500."""
        text = _NAMED.sub(self._named_value, written)
        if not is_expression(text):
            return text
        try:
            return evaluated(text, context_of(self.exchange))
        except EvaluationFailed as error:
            raise Refused(
                500,
                self.element.tag,
                "ExpressionValueEvaluationFailure",
                f"Expression evaluation failed. {error}",
                told=INTERNAL,
            ) from error

    def text(self, element: Element) -> str:
        """Give the text of an element below this one."""
        return text_of(self.value(element.text or ""))

    def texts(self, path: str) -> list[str]:
        """Give the texts of the elements on a path below this one, such as `audiences/audience`."""
        return [self.text(each).strip() for each in self.element.findall(path)]

    def of(self, element: Element) -> "Step":
        """Give an element below this one as a step of its own, in the same place."""
        return Step(element, self.exchange, self.scope, self.path)

    def _named_value(self, match: re.Match[str]) -> str:
        service = self.exchange.service
        found = next(iter(service.indexes.found("namedValues", "displayName", match[1].casefold())), None)
        if found is None:
            raise NotKnown(f"the named value {match[1]}")
        return str(found.secrets.get("value", ""))


@dataclass(frozen=True, slots=True)
class Policy:
    """How a policy runs, and what of it is known: with any other attribute or child it is named instead."""

    run: Callable[[Step], None]
    attributes: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()


Policies = Mapping[str, Policy]


def refuse_other(step: Step, policy: Policy) -> None:
    """Refuse what is not known of an element; `id` may be on any (Microsoft: "Error handling")."""
    for name in set(step.element.attrib) - policy.attributes - {"id"}:
        raise NotKnown(f"the attribute {name} of {step.element.tag}")
    for child in step.element:
        if child.tag not in policy.children:
            raise NotKnown(f"{child.tag} in {step.element.tag}")
