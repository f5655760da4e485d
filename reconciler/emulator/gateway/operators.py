"""An operator of C# and its two sides in, the function that gives its value out; sides it cannot have are named."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from reconciler.emulator.gateway.members import kind_of, text_of
from reconciler.emulator.gateway.refusals import EvaluationFailed, NotKnown

Names = dict[str, Any]
Node = Callable[[Names], Any]


def joined(sign: str, left: Node, right: Node) -> Node:
    if sign == "&&":
        return lambda names: truth(left(names)) and truth(right(names))
    if sign == "||":
        return lambda names: truth(left(names)) or truth(right(names))
    if sign in {"==", "!="}:
        return lambda names: _equal(left(names), right(names)) is (sign == "==")
    return lambda names: _ARITHMETIC[sign](left(names), right(names))


def _equal(left: Any, right: Any) -> bool:
    """Compare values of one type, or with null: C# compiles nothing else."""
    if left is None or right is None:
        return left is right
    if kind_of(left) != kind_of(right):
        raise NotKnown(f"{kind_of(left)} == {kind_of(right)}")
    return bool(left == right)


def _plus(left: Any, right: Any) -> Any:
    return text_of(left) + text_of(right) if isinstance(left, str) or isinstance(right, str) else _numbers(left, right)


def _numbers(left: Any, right: Any) -> Any:
    return _number(left) + _number(right)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotKnown(f"{kind_of(value)} as a number")
    return value


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise NotKnown(f"{kind_of(value)} as a condition") if value is not None else EvaluationFailed("null is no bool")
    return value


_ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": _plus,
    "-": lambda left, right: _number(left) - _number(right),
    "<": lambda left, right: _number(left) < _number(right),
    ">": lambda left, right: _number(left) > _number(right),
    "<=": lambda left, right: _number(left) <= _number(right),
    ">=": lambda left, right: _number(left) >= _number(right),
}
