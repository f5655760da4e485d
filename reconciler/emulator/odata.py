"""The text of `$filter` in, a test for rows out: comparisons, `in`, the four string functions, and, or, not.

Strings compare without case: `name eq 'Starter'` found the product `starter` (recorded: az product). That it was the
display name which matched is the other reading, unverified.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.errors import invalid

Fields = Callable[[str], Any]
Test = Callable[[Fields], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<datetime>datetime'[^']*')|(?P<string>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.-])"
    r"|(?P<word>[A-Za-z_][\w/.-]*)|(?P<sign>[(),]))"
)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}
_FUNCTIONS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda left, right: right in left,
    "startswith": lambda left, right: left.startswith(right),
    "endswith": lambda left, right: left.endswith(right),
    "substringof": lambda left, right: left in right,
}
_LITERALS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
Operators = Mapping[str, frozenset[str]]
_LIMITED: Operators = {
    "state": frozenset({"eq"}),
    "externalId": frozenset({"eq"}),
    "isCurrent": frozenset({"eq", "ne"}),
    "registrationDate": frozenset(_COMPARE),
}


class TooManyValues(Exception):
    """`in` names more values than there may be."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def parse(text: str, allowed: frozenset[str], limited: Operators = _LIMITED, *, most_values: int = 0) -> Test:
    """Read a filter over the fields that a list allows; anything else is a 400 (its text is unverified).

    `limited` says which operators and functions a field has, where not all of them: the spec's, which is the same
    wherever a field of that name occurs. That Azure refuses the others is unverified. `in` is known where it may have
    any values at all.
    """
    parser = _Parser(_tokens(text), allowed, limited, most_values)
    test = parser.either()
    if parser.peek() is not None:
        raise invalid(f"Invalid filter clause specified: '{text}'")
    return test


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    found, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise invalid(f"Invalid filter clause specified: '{text}'")
        found.append(_Token(match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


class _Parser:
    """Recursive descent: either, both, negation, comparison or call, operand."""

    def __init__(self, tokens: list[_Token], allowed: frozenset[str], limited: Operators, most_values: int) -> None:
        self._tokens, self._allowed, self._limited, self._at = tokens, allowed, limited, 0
        self._most_values = most_values
        self._named: set[str] = set()  # the fields of the comparison or call that is being read

    def either(self) -> Test:
        test = self._both()
        while self._word("or"):
            test = _any_of(test, self._both())
        return test

    def _both(self) -> Test:
        test = self._negation()
        while self._word("and"):
            test = _all_of(test, self._negation())
        return test

    def _negation(self) -> Test:
        if self._word("not"):
            test = self._negation()
            return lambda fields: not test(fields)
        token = self.peek()
        if token is not None and token.text == "(":
            self._take("(")
            test = self.either()
            self._take(")")
            return test
        if token is not None and token.text.lower() in _FUNCTIONS:
            return self._call()
        return self._comparison()

    def _call(self) -> Test:
        called = self._next().text.lower()
        function = _FUNCTIONS[called]
        self._named.clear()
        self._take("(")
        left = self._operand()
        self._take(",")
        right = self._operand()
        self._take(")")
        self._refuse_limited(called)
        return lambda fields: function(_folded(left(fields)) or "", _folded(right(fields)) or "")

    def _comparison(self) -> Test:
        self._named.clear()
        left = self._operand()
        operator = self._next().text.lower()
        if operator == "in" and self._most_values:
            return self._one_of(left)
        if operator not in _COMPARE:
            raise invalid(f"Invalid filter clause specified: unknown operator '{operator}'")
        right, compare = self._operand(), _COMPARE[operator]
        self._refuse_limited(operator)

        def test(fields: Fields) -> bool:
            try:
                return compare(_folded(left(fields)), _folded(right(fields)))
            except TypeError:  # a missing value is neither greater nor less
                return False

        return test

    def _one_of(self, left: Callable[[Fields], Any]) -> Test:
        self._take("(")
        values = [self._operand()]
        while (token := self.peek()) is not None and token.text == ",":
            self._take(",")
            values.append(self._operand())
        self._take(")")
        if len(values) > self._most_values:
            raise TooManyValues(len(values))
        return lambda fields: _folded(left(fields)) in [_folded(value(fields)) for value in values]

    def _operand(self) -> Callable[[Fields], Any]:
        token = self._next()
        if token.kind == "string":
            text = token.text[1:-1].replace("''", "'")
            return lambda _: text
        if token.kind == "datetime":
            text = token.text[len("datetime'") : -1]
            return lambda _: text
        if token.kind == "number":
            number = float(token.text)
            return lambda _: number
        if token.kind == "word" and token.text in _LITERALS:
            literal = _LITERALS[token.text]
            return lambda _: literal
        name = token.text.removeprefix("properties/")
        if token.kind != "word" or name not in self._allowed:
            raise invalid(f"Invalid filter clause specified: '{token.text}' is not a field of this list")
        self._named.add(name)
        return lambda fields: fields(name)

    def _refuse_limited(self, used: str) -> None:
        for name in self._named:
            if used not in self._limited.get(name, {used}):
                raise invalid(f"Invalid filter clause specified: '{used}' is not supported for '{name}'")

    def peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> _Token:
        token = self.peek()
        if token is None:
            raise invalid("Invalid filter clause specified: it ends too early")
        self._at += 1
        return token

    def _take(self, sign: str) -> None:
        if self._next().text != sign:
            raise invalid(f"Invalid filter clause specified: '{sign}' expected")

    def _word(self, word: str) -> bool:
        token = self.peek()
        if token is None or token.kind != "word" or token.text.lower() != word:
            return False
        self._at += 1
        return True


def _any_of(left: Test, right: Test) -> Test:
    return lambda fields: left(fields) or right(fields)


def _all_of(left: Test, right: Test) -> Test:
    return lambda fields: left(fields) and right(fields)


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
