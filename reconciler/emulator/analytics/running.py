"""A query and rows in, one table as the API answers it out. A row stands for as many calls as its weight says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from reconciler.emulator.analytics.kql import NotUnderstood, Query, Step, Term

_TYPES: Final[Mapping[str, str]] = {"count": "long", "countif": "long", "tostring": "string"}


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of the same columns, each column with Kusto's name of its type, each row with its weight."""

    types: Mapping[str, str]
    rows: tuple[tuple[int, Mapping[str, Any]], ...]


def run(query: Query, rows: Rows) -> dict[str, Any]:
    """Take the rows through every step."""
    for step in query.steps:
        rows = _STEPS[step.name](step, rows)
    columns = [{"name": name, "type": type_} for name, type_ in rows.types.items()]
    values = [[row[name] for name in rows.types] for weight, row in rows.rows for _ in range(weight)]
    return {"name": "PrimaryResult", "columns": columns, "rows": values}


def _where(step: Step, rows: Rows) -> Rows:
    ((_, test),) = step.terms
    _type(test, rows)
    return replace(rows, rows=tuple(each for each in rows.rows if _value(test, each[1]) is True))


def _extend(step: Step, rows: Rows) -> Rows:
    for name, term in step.terms:
        types = {**rows.types, name: _type(term, rows)}
        kept = tuple((weight, {**row, name: _value(term, row)}) for weight, row in rows.rows)
        rows = Rows(types, kept)
    return rows


def _expand(step: Step, rows: Rows) -> Rows:
    """Give a row for each thing in a list, and none where nothing is in it."""
    for name, term in step.terms:
        if _type(term, rows) != "dynamic":
            raise NotUnderstood("mv-expand: a column of the type dynamic is expected")
        kept = ((weight, {**row, name: one}) for weight, row in rows.rows for one in _value(term, row) or ())
        rows = Rows({**rows.types, name: "dynamic"}, tuple(kept))
    return rows


def _summarize(step: Step, rows: Rows) -> Rows:
    """Give one row for each group, its columns first; without `by` one row, whatever there is."""
    types = {name: _type(term, rows) for name, term in (*step.by, *step.terms)}
    groups: dict[tuple[Any, ...], list[tuple[int, Mapping[str, Any]]]] = {} if step.by else {(): []}
    for weight, row in rows.rows:
        key = tuple(_value(term, row) for _, term in step.by)
        groups.setdefault(key, []).append((weight, row))
    kept = []
    for key, among in groups.items():
        named = dict(zip((name for name, _ in step.by), key, strict=True))
        kept.append((1, {**named, **{name: _aggregated(term, among) for name, term in step.terms}}))
    return Rows(types, tuple(kept))


def _aggregated(term: Term, among: Iterable[tuple[int, Mapping[str, Any]]]) -> Any:
    if term.kind == "count":
        return sum(weight for weight, _ in among)
    (of,) = term.of
    values = [(weight, _value(of, row)) for weight, row in among]
    if term.kind == "countif":
        return sum(weight for weight, value in values if value is True)
    known = [value for _, value in values if value is not None]
    return (max if term.kind == "max" else min)(known, default=None)


_STEPS: Final[Mapping[str, Callable[[Step, Rows], Rows]]] = {
    "where": _where,
    "extend": _extend,
    "mv-expand": _expand,
    "summarize": _summarize,
}


def _type(term: Term, rows: Rows) -> str:
    """Give the type, and refuse what no column is called: an empty table would hide it."""
    of = [_type(each, rows) for each in term.of]
    if term.kind == "column":
        if term.value not in rows.types:
            raise NotUnderstood(f"Failed to resolve column or scalar expression named '{term.value}'")
        return rows.types[term.value]
    if term.kind == "member":
        if of != ["dynamic"]:
            raise NotUnderstood(f"'{term.value}' is asked of what is not dynamic")
        return "dynamic"
    if term.kind in ("max", "min"):
        return of[0]
    return _TYPES.get(term.kind, {"text": "string", "number": "long"}.get(term.kind, "bool"))


def _value(term: Term, row: Mapping[str, Any]) -> Any:
    if term.kind in ("text", "number"):
        return term.value
    if term.kind == "column":
        return row[term.value]
    values = [_value(each, row) for each in term.of]
    return _MEANINGS[term.kind](*values) if term.kind != "member" else _member(values[0], term.value)


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, str | int):
        return "" if value is None else str(value)
    raise NotUnderstood("tostring() of a bag or a list")


_MEANINGS: Final[Mapping[str, Callable[..., Any]]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "=~": lambda one, other: _text(one).casefold() == _text(other).casefold(),
    "and": lambda one, other: one is True and other is True,
    "or": lambda one, other: one is True or other is True,
    "not": lambda one: one is False,
    "isnotempty": lambda one: one not in (None, ""),
    "tostring": _text,
}
