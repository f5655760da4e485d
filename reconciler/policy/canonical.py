"""A policy document in, its canonical form out: equal forms mean the same policy."""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from reconciler.policy.scan import scan
from reconciler.policy.tokens import Expression, trimmed

Canonical = tuple[object, ...]


def canonical(text: str) -> Canonical:
    """Give a flat form that does not show layout, comments, spelling of characters and order of attributes."""
    document = scan(text)
    form: list[object] = []
    run: list[str | Expression] = []
    for token in document.tokens:
        if token.kind == "text":
            run += token.value
        elif token.kind != "layout":
            if content := trimmed(_chosen(run, raw=document.raw)):
                form.append(("text", *content))
            run = []
            attributes = ((name, *_chosen(value, raw=document.raw)) for name, value in token.attributes)
            form.append((token.kind, token.name, *sorted(attributes, key=itemgetter(0))))
    return tuple(form)


def _chosen(value: Iterable[str | Expression], *, raw: bool) -> list[object]:
    chosen: list[object] = []
    for kind, pieces in groupby(value, type):
        if kind is str:
            chosen.append("".join(map(str, pieces)))
        else:
            chosen += [piece.raw if raw else piece.escaped for piece in pieces if isinstance(piece, Expression)]
    return chosen
