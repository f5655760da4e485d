"""A policy expression, `@(...)` or `@{...}`, in, its value out; of statements `var`, `if` and `return` are known."""

from functools import lru_cache
from typing import Any, Final

from reconciler.emulator.gateway.expressions import TYPES, Reader
from reconciler.emulator.gateway.operators import Names, Node, truth

_NOTHING: Final = object()  # what a statement gives after which the next one runs


def is_expression(text: str) -> bool:
    return text.lstrip().startswith(("@(", "@{"))


def evaluated(text: str, context: Any) -> Any:
    """Read the expression whole, then give its value."""
    return _reading(text.strip())({"context": context})


@lru_cache(maxsize=1024)  # a list of a thousand clients takes longer to read than the rest of a call
def _reading(source: str) -> Node:
    reader = _Blocks(source, source[2:-1])
    return reader.block() if source.startswith("@{") else reader.whole()


class _Blocks(Reader):
    """Statements around expressions."""

    def whole(self) -> Node:
        node = self.expression()
        self.end()
        return node

    def block(self) -> Node:
        body = self._statements("")
        self.end()

        def run(names: Names) -> Any:
            found = body(dict(names))
            return None if found is _NOTHING else found

        return run

    def _statements(self, closing: str) -> Node:
        steps: list[Node] = []
        while self.now.text != closing or (closing == "" and self.now.kind != "end"):
            steps.append(self._statement())

        def run(names: Names) -> Any:
            for step in steps:
                found = step(names)
                if found is not _NOTHING:
                    return found
            return _NOTHING

        return run

    def _statement(self) -> Node:
        if self.takes("name", "return"):
            value = self.expression()
            self.needs(";")
            return value
        if self.takes("name", "if"):
            return self._if()
        if self.now.text in {"var", *TYPES} and self.peek(1).kind == "name" and self.peek(2).text == "=":
            self.next()
            return self._variable(self.next().text)
        raise self.unknown()

    def _variable(self, name: str) -> Node:
        self.needs("=")
        value = self.expression()
        self.needs(";")

        def run(names: Names) -> Any:
            names[name] = value(names)
            return _NOTHING

        return run

    def _if(self) -> Node:
        self.needs("(")
        condition = self.expression()
        self.needs(")")
        then = self._branch()
        otherwise = self._branch() if self.takes("name", "else") else (lambda _: _NOTHING)
        return lambda names: (then if truth(condition(names)) else otherwise)(names)

    def _branch(self) -> Node:
        if not self.takes("sign", "{"):
            return self._statement()
        body = self._statements("}")
        self.needs("}")
        return body
