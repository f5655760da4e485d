"""An expression of a workflow and its contexts in; its value out. Whatever is not known here raises."""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<sign>==|!=|&&|\|\||<=|>=|[!<>().,*\[\]]))"
)
_INSERTED = re.compile(r"\$\{\{((?:[^'}]|'(?:[^']|'')*'|\}(?!\}))*)\}\}")
_WORDS = {"true": True, "false": False, "null": None}
_STATUS = re.compile(r"\b(?:success|failure|always|cancelled)\s*\(", re.IGNORECASE)
STRICT = ("github", "needs", "steps", "matrix", "env", "job", "runner", "strategy")


class Unknown(Exception):
    """Something in a workflow that this runner does not know, or that GitHub would not."""


class Scope:
    """The contexts, and the functions that tell how things went so far."""

    def __init__(self, contexts: Mapping[str, Any], status: Mapping[str, bool]) -> None:
        self.contexts, self.status = contexts, status

    def fill(self, value: Any) -> Any:
        """Give a value of a workflow file with every `${{ }}` in it evaluated, at any depth."""
        if isinstance(value, Mapping):
            return {key: self.fill(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if not isinstance(value, str) or "${{" not in value:
            return value
        whole = _INSERTED.fullmatch(value.strip())
        if whole:
            return self.value(whole[1])
        filled = _INSERTED.sub(lambda found: text(self.value(found[1])), value)
        if _INSERTED.sub("", value).count("${{"):
            raise Unknown(f"an expression does not end: {value}")
        return filled

    def knowing(self, **contexts: Any) -> "Scope":
        """Give a scope that knows more."""
        return Scope({**self.contexts, **contexts}, self.status)

    def text(self, value: Any) -> str:
        return text(self.fill(value))

    def is_true(self, condition: Any) -> bool:
        """Evaluate an `if`: without a word about how things went, it asks for success, too."""
        if isinstance(condition, bool):
            condition = str(condition).lower()
        inside = _INSERTED.fullmatch(condition.strip())
        source = inside[1] if inside else condition
        if "${{" in source:
            raise Unknown(f"always true on GitHub, because it is a text: if: {condition}")
        value = self.value(source)
        return bool(_truth(value) and (_STATUS.search(source) or self.status["success"]))

    def value(self, source: str) -> Any:
        return _Reader(source, self).whole()


def text(value: Any) -> str:
    """Write a value into a text, as GitHub does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (int, float, str)):
        return str(value)
    raise Unknown(f"a list or an object stands in a text: use toJSON: {value!r}")


class _Reader:
    """Reads an expression from left to right; || binds least, then &&, then comparisons, then !."""

    def __init__(self, source: str, scope: Scope) -> None:
        self._source, self._scope, self._at = source, scope, 0
        self._tokens = list(self._split(source))

    def _split(self, source: str) -> list[tuple[str, str]]:
        found, at, end = [], 0, len(source.rstrip())
        while at < end:
            token = _TOKEN.match(source, at)
            if token is None:
                raise Unknown(f"not understood: {source[at:]!r} in {source!r}")
            found.append((token.lastgroup or "", token[token.lastgroup or 0]))
            at = token.end()
        return found

    def whole(self) -> Any:
        value = self._either()
        if self._at < len(self._tokens):
            raise Unknown(f"more than one expression: {self._source!r}")
        return value

    def _sees(self, *signs: str) -> str:
        kind, token = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if kind == "sign" and token in signs:
            self._at += 1
            return token
        return ""

    def _either(self) -> Any:
        value = self._both()
        while self._sees("||"):
            other = self._both()
            value = value if _truth(value) else other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._sees("&&"):
            other = self._compared()
            value = other if _truth(value) else value
        return value

    def _compared(self) -> Any:
        value = self._plain()
        while sign := self._sees("==", "!=", "<", ">", "<=", ">="):
            value = _compare(sign, value, self._plain())
        return value

    def _plain(self) -> Any:
        if self._sees("!"):
            return not _truth(self._plain())
        if self._sees("("):
            value = self._either()
            self._must(")")
            return self._inside(value, "a value", strict=False)
        if self._at >= len(self._tokens):
            raise Unknown(f"an expression ends too early: {self._source!r}")
        kind, token = self._tokens[self._at]
        self._at += 1
        if kind == "name":
            return self._named(token)
        if kind == "number":
            return float(token) if "." in token else int(token)
        if kind == "text":
            return token[1:-1].replace("''", "'")
        raise Unknown(f"not understood: {token!r} in {self._source!r}")

    def _named(self, name: str) -> Any:
        if self._sees("("):
            return self._inside(self._called(name), name, strict=False)
        if name in _WORDS:
            return _WORDS[name]
        if name not in self._scope.contexts:
            raise Unknown(f"there is no {name} here: {self._source!r}")
        return self._inside(self._scope.contexts[name], name, strict=name in STRICT)

    def _must(self, sign: str) -> None:
        if not self._sees(sign):
            raise Unknown(f"{sign} is missing: {self._source!r}")

    def _called(self, name: str) -> Any:
        arguments: list[Any] = []
        while not self._sees(")"):
            arguments.append(self._either())
            if not self._sees(","):
                self._must(")")
                break
        if name in ("success", "failure", "cancelled", "always"):
            return name == "always" or self._scope.status[name]
        if name.lower() not in _FUNCTIONS:
            raise Unknown(f"there is no function {name}: {self._source!r}")
        return _FUNCTIONS[name.lower()](*arguments)

    def _inside(self, value: Any, name: str, *, strict: bool) -> Any:
        """Follow the names behind a context. The first must be known; deeper ones and settings may be empty."""
        while sign := self._sees(".", "["):
            if sign == ".":
                kind, key = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
                self._at += 1
                if (kind, key) == ("sign", "*"):
                    value, strict = _Each(value if isinstance(value, list) else ()), False
                    continue
                if kind != "name":
                    raise Unknown(f"no name behind {name}.: {self._source!r}")
            else:
                key = self._either()
                self._must("]")
            if strict and key not in value:
                raise Unknown(f"{name} has no {key} here, only {sorted(value)}: {self._source!r}")
            value, strict = _member(value, key), False
        return value


class _Each(list[Any]):
    """What `.*` made of a list: names behind it are looked for in each of its members."""


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, _Each) and not isinstance(key, int):
        return _Each(each[key] for each in value if isinstance(each, Mapping) and key in each)
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if 0 <= key < len(value) else None
    return None


def _truth(value: Any) -> bool:
    return isinstance(value, (Mapping, list)) or bool(value)


def _compare(sign: str, one: Any, other: Any) -> bool:
    """Compare as GitHub does: texts without regard to case, values of different kinds as numbers."""
    if isinstance(one, (Mapping, list)) or isinstance(other, (Mapping, list)):
        raise Unknown("lists and objects are equal to nothing on GitHub")
    if isinstance(one, str) and isinstance(other, str):
        one, other = one.casefold(), other.casefold()
    elif type(one) is not type(other):
        one, other = _number(one), _number(other)
    if one is None or isinstance(one, bool):
        one, other = _number(one), _number(other)
    outcomes = {"==": one == other, "!=": one != other, "<": one < other, ">": one > other}
    return {**outcomes, "<=": one <= other, ">=": one >= other}[sign]


def _number(value: Any) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return math.nan


def _contains(where: Any, what: Any) -> bool:
    if isinstance(where, list):
        return any(_compare("==", each, what) for each in where)
    return text(what).casefold() in text(where).casefold()


def _format(pattern: str, *values: Any) -> str:
    parts = re.split(r"(\{\{|\}\}|\{\d+\})", pattern)
    doubled = {"{{": "{", "}}": "}"}
    return "".join(
        text(values[int(part[1:-1])]) if re.fullmatch(r"\{\d+\}", part) else doubled.get(part, part) for part in parts
    )


def _join(values: Any, between: str = ",") -> str:
    return values if isinstance(values, str) else between.join(map(text, values))


def _from_json(value: Any) -> Any:
    try:
        return json.loads(text(value))
    except ValueError as error:
        raise Unknown(f"fromJSON: no JSON: {value!r}") from error


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "contains": _contains,
    "startswith": lambda one, other: text(one).casefold().startswith(text(other).casefold()),
    "endswith": lambda one, other: text(one).casefold().endswith(text(other).casefold()),
    "format": _format,
    "join": _join,
    "fromjson": _from_json,
    "tojson": lambda value: json.dumps(value, indent=2),
}
