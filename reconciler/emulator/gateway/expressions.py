"""A C# expression in, a function that gives its value out; what this small reading does not know is named.

Known are literals, the context, `&& || ! == != < > <= >= + - ?? ?:`, casts, arrays, members, calls and indexes with
`?.` (Microsoft: "API Management policy expressions").
"""

from typing import Any, Final

from reconciler.emulator.gateway.cursor import Cursor
from reconciler.emulator.gateway.members import STATICS, Static, called, cast, indexed, member
from reconciler.emulator.gateway.operators import Names, Node, joined, truth
from reconciler.emulator.gateway.refusals import NotKnown

TYPES: Final = frozenset({"string", "String", "bool", "int", "long", "double", "object", "Jwt"})
_LITERALS: Final = {"true": True, "false": False, "null": None}
_LEVELS: Final = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"))


class _ShortCircuit(Exception):
    """`?.` met null: the chain it stands in is null."""


class Reader(Cursor):
    """Precedence climbing over the tokens; each method reads one rule and gives the function for it."""

    def expression(self) -> Node:
        condition = self._coalesced()
        if not self.takes("sign", "?"):
            return condition
        then = self.expression()
        self.needs(":")
        otherwise = self.expression()
        return lambda names: then(names) if truth(condition(names)) else otherwise(names)

    def _coalesced(self) -> Node:
        left = self._level(0)
        if not self.takes("sign", "??"):
            return left
        right = self._coalesced()

        def run(names: Names) -> Any:
            value = left(names)
            return right(names) if value is None else value

        return run

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while self.now.kind == "sign" and self.now.text in _LEVELS[level]:
            left = joined(self.next().text, left, self._level(level + 1))
        return left

    def _unary(self) -> Node:
        if self.takes("sign", "!"):
            inner = self._unary()
            return lambda names: not truth(inner(names))
        if self.takes("sign", "-"):
            number = self._unary()
            return lambda names: -number(names)
        if self._is_cast():
            self.next()
            to = self.next().text
            self.next()
            value = self._unary()
            return lambda names: cast(value(names), to)
        return self._chain()

    def _is_cast(self) -> bool:
        """Whether `(T)` stands here with something to cast behind it."""
        to, behind = self.peek(1), self.peek(3)
        is_type = to.kind == "name" and to.text in TYPES and self._signs(0, "(") and self._signs(2, ")")
        is_operand = behind.kind in {"name", "string", "char", "number"}
        return is_type and (is_operand or self._signs(3, "(") or self._signs(3, "!"))

    def _signs(self, ahead: int, sign: str) -> bool:
        token = self.peek(ahead)
        return (token.kind, token.text) == ("sign", sign)

    def _chain(self) -> Node:
        node, is_conditional = self._primary(), False
        while self.now.kind == "sign" and self.now.text in {".", "?.", "["}:
            sign = self.next().text
            if sign == "[":
                node = _index(node, self.expression())
                self.needs("]")
            else:
                is_conditional |= sign == "?."
                node = self._member(_guarded(node) if sign == "?." else node)
        return _ended(node) if is_conditional else node

    def _member(self, target: Node) -> Node:
        name, generic = self.name(), self._generic()
        if not self.takes("sign", "("):
            if generic:
                raise self.unknown()
            return lambda names: member(target(names), name)
        arguments = self._list(")")
        return lambda names: called(target(names), name, [each(names) for each in arguments], generic)

    def _generic(self) -> str:
        """Read `<T>` before a call, which only looks like a comparison."""
        if (
            self.now.text == "<"
            and self.peek(1).kind == "name"
            and [self.peek(2).text, self.peek(3).text]
            == [
                ">",
                "(",
            ]
        ):
            self.next()
            name = self.next().text
            self.next()
            return name
        return ""

    def _primary(self) -> Node:
        token = self.now
        if token.kind in {"string", "char", "number"}:
            return _constant(self._literal())
        if self.takes("sign", "("):
            node = self.expression()
            self.needs(")")
            return node
        name = self.name()
        if name == "new":
            return self._array()
        if name in _LITERALS:
            return _constant(_LITERALS[name])
        return _constant(Static(name)) if name in STATICS else self._named(name)

    def _literal(self) -> Any:
        token = self.next()
        if token.kind != "number":
            return token.text
        return float(token.text) if "." in token.text else int(token.text)

    def _named(self, name: str) -> Node:
        def run(names: Names) -> Any:
            if name not in names:
                raise NotKnown(f"{name} in the expression {self.source!r}")
            return names[name]

        return run

    def _array(self) -> Node:
        """Read `new [] {"a", "b"}` and `new string[] {"a", "b"}`."""
        if self.now.text in {"string", "String", "int"}:
            self.next()
        for sign in "[]{":
            self.needs(sign)
        rows = self._list("}")
        return lambda names: [each(names) for each in rows]

    def _list(self, closing: str) -> list[Node]:
        rows: list[Node] = []
        while not self.takes("sign", closing):
            if rows:
                self.needs(",")
            rows.append(self.expression())
        return rows


def _constant(value: Any) -> Node:
    return lambda _: value


def _index(target: Node, key: Node) -> Node:
    return lambda names: indexed(target(names), key(names))


def _guarded(node: Node) -> Node:
    def run(names: Names) -> Any:
        value = node(names)
        if value is None:
            raise _ShortCircuit
        return value

    return run


def _ended(node: Node) -> Node:
    def run(names: Names) -> Any:
        try:
            return node(names)
        except _ShortCircuit:
            return None

    return run
