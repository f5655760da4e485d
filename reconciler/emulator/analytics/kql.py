"""A query in Kusto's language in; its table and steps out, or a refusal: what is not known here is never guessed.

Known are `where`, `extend`, `mv-expand NAME = COLUMN` and `summarize ... by ...`, with the operators and functions
below: what the gateway's log is asked here. Meanings are those of Microsoft's "Kusto Query Language" reference.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"[^"\\\n]*"|'[^'\\\n]*')|(?P<number>\d+)|(?P<name>mv-expand|[A-Za-z_]\w*)|(?P<sign>==|=~|!=|[|(),.=]))"""
)
FUNCTIONS: Final = frozenset({"not", "isnotempty", "tostring"})
AGGREGATES: Final = {"count": 0, "countif": 1, "max": 1, "min": 1}  # and how many arguments each takes
_COMPARISONS: Final = ("==", "=~", "!=")


class NotUnderstood(Exception):
    """What this local Azure does not know of the language, or Kusto neither."""


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of an expression: `text`, `number`, `column`, `member` of another, a function, or an operator."""

    kind: str
    value: Any = None
    of: tuple["Term", ...] = ()


Named = tuple[str, Term]


@dataclass(frozen=True, slots=True)
class Step:
    """One operator behind a `|`. `by` is what `summarize` groups by."""

    name: str
    terms: tuple[Named, ...]
    by: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A table and what becomes of its rows."""

    table: str
    steps: tuple[Step, ...]


def parse(text: str) -> Query:
    """Read a query."""
    return _Reader(list(_tokens(text))).query()


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise NotUnderstood(f"Query could not be parsed at '{text[at:].split(maxsplit=1)[0][:20]}'")
        yield found.lastgroup or "", found[found.lastgroup or 0]
        at = found.end()


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at = tokens, 0

    def query(self) -> Query:
        table, steps = self._name(), []
        while self._at < len(self._tokens):
            self._expect("|")
            steps.append(self._step(self._name()))
        return Query(table, tuple(steps))

    def _step(self, name: str) -> Step:
        if name == "where":
            return Step(name, (("", self._either()),))
        if name in ("extend", "mv-expand"):
            return Step(name, tuple(self._listed(self._assigned)))
        if name == "summarize":
            terms = tuple(self._listed(self._aggregate))
            by = tuple(self._listed(self._grouped)) if self._take("by") else ()
            return Step(name, terms, by)
        raise NotUnderstood(f"Operator '{name}' is not known to this local Azure")

    def _listed(self, one: Any) -> Iterator[Named]:
        yield one()
        while self._take(","):
            yield one()

    def _assigned(self) -> Named:
        name = self._name()
        self._expect("=")
        return name, self._either()

    def _grouped(self) -> Named:
        """A column keeps its name; whatever else is grouped by must be given one here."""
        if self._peek(1) == "=":
            return self._assigned()
        name = self._name()
        return name, Term("column", name)

    def _aggregate(self) -> Named:
        name = self._name()
        self._expect("=")
        function = self._name()
        if function not in AGGREGATES:
            raise NotUnderstood(f"Aggregate function '{function}' is not known to this local Azure")
        of = self._arguments()
        if len(of) != AGGREGATES[function]:
            raise NotUnderstood(f"{function}(): wrong number of arguments")
        return name, Term(function, of=of)

    def _either(self) -> Term:
        term = self._both()
        while self._take("or"):
            term = Term("or", of=(term, self._both()))
        return term

    def _both(self) -> Term:
        term = self._compared()
        while self._take("and"):
            term = Term("and", of=(term, self._compared()))
        return term

    def _compared(self) -> Term:
        term = self._value()
        for sign in _COMPARISONS:
            if self._take(sign):
                return Term(sign, of=(term, self._value()))
        return term

    def _value(self) -> Term:
        kind, word = self._next()
        if kind == "text":
            return Term("text", word[1:-1])
        if kind == "number":
            return Term("number", int(word))
        if word == "(":
            term = self._either()
            self._expect(")")
            return term
        if kind != "name":
            raise NotUnderstood(f"Query could not be parsed at '{word}'")
        if self._peek() == "(":
            return self._called(word)
        term = Term("column", word)
        while self._take("."):
            term = Term("member", self._name(), (term,))
        return term

    def _called(self, name: str) -> Term:
        if name not in FUNCTIONS:
            raise NotUnderstood(f"Function '{name}' is not known to this local Azure")
        of = self._arguments()
        if len(of) != 1:
            raise NotUnderstood(f"{name}(): one argument is expected")
        return Term(name, of=of)

    def _arguments(self) -> tuple[Term, ...]:
        self._expect("(")
        if self._take(")"):
            return ()
        of = [self._either()]
        while self._take(","):
            of.append(self._either())
        self._expect(")")
        return tuple(of)

    def _name(self) -> str:
        kind, token = self._next()
        if kind != "name":
            raise NotUnderstood(f"Query could not be parsed at '{token}'")
        return token

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise NotUnderstood("Query could not be parsed at its end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at][1] if at < len(self._tokens) else ""

    def _take(self, token: str) -> bool:
        taken = self._peek() == token and self._tokens[self._at][0] != "text"
        self._at += taken
        return taken

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise NotUnderstood(f"Query could not be parsed at '{self._peek() or 'its end'}': '{token}' is missing")
