"""Grants and a day in; when each ends, how far it may run, and its file with another end, nothing else touched, out."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from reconciler.declarations import Declarations, Declared, Grant, Product, at, own_end
from reconciler.document import Keys, parse, positions
from reconciler.draft import Draft, plain
from reconciler.errors import DeclarationError
from reconciler.lasting import Lasting

_VALUE: Final = re.compile(r"""(["']?)[A-Za-z0-9_-]+\1(?=[\s,}]|$)""")


@dataclass(frozen=True, slots=True)
class End:
    """The last day of a grant in an environment. `until` is how far it may be renewed; None: for ever."""

    grant: Declared[Grant]
    environment: str
    day: date
    until: date | None


def ended(declarations: Declarations, day: date) -> Iterator[End]:
    """Find where the last day is over: also that of a review which was missed, where that ends it."""
    return (end for end in _ends(declarations, day) if end.day < day)


def ending(declarations: Declarations, day: date) -> Iterator[End]:
    """Find what ends soon: within `warn_before_expiry`, or, of what may run shortly only, in the second half of it.

    Without the second half, whatever may run for a month would be renewed every week.
    """
    warn = declarations.guardrails.warn_before_expiry
    for end in _ends(declarations, day, own=True):
        longest = (end.until - day).days if end.until else 2 * warn
        if 0 <= (end.day - day).days <= min(warn, longest // 2):
            yield end


def _ends(declarations: Declarations, day: date, *, own: bool = False) -> Iterator[End]:
    """Find each end. An own one can be renewed, and only while no missed review has ended it: that asks an answer."""
    lasting = Lasting(declarations)
    products = {product.name: product for product in declarations.products}
    for grant in declarations.grants:
        product = products.get(product_of(grant) or "")
        for environment in grant.value.environments:
            last = lasting.end(grant, environment)
            if own and last is not None and last >= day:
                last = own_end(grant.value, environment)
            if last is not None and environment in declarations.environments:
                yield End(grant, environment, last, last_day(declarations, product, environment, day))


def product_of(grant: Declared[Grant]) -> str | None:
    """Name the product that a grant is for; None where it is for an API."""
    return None if grant.value.api is not None else grant.value.product or grant.name


def last_day(declarations: Declarations, product: Declared[Product] | None, environment: str, day: date) -> date | None:
    """Give the last day that a grant made today may name, for a product or else an API; None: it may run for ever."""
    says = at(product.value, product.value.in_, environment) if product else {}
    longest: int | str = says.get("max_duration") or declarations.guardrails.max_duration
    return None if isinstance(longest, str) else day + timedelta(days=longest)


def new_ends(grant: Declared[Grant], days: Mapping[str, date | None]) -> dict[Keys, date]:
    """Say what to write where, so that a grant ends in each environment on its day: under `in:` only what differs.

    An environment that is not in `days`, or has no day there, keeps the end it has.
    """
    overlays, above = grant.value.in_, grant.value.expires
    apart = {name for name in overlays if "expires" in overlays[name].model_fields_set}
    together = {name: days.get(name) or above for name in {*grant.value.environments, *days} - apart}
    ends: dict[Keys, date] = {("in", name, "expires"): end for name, end in days.items() if end and name in apart}
    latest = above if None in together.values() else max((end for end in together.values() if end), default=above)
    if latest is not None:
        ends["expires",] = latest
    return ends | {("in", name, "expires"): end for name, end in sorted(together.items()) if end and end != latest}


def edited(path: str, content: bytes, changes: Mapping[Keys, Any]) -> bytes | None:
    """Change values in a file, and nothing else in it; a key whose value is None goes. None where that is not sure.

    A day or a name is changed where it stands, and a new key goes to the end. Anything else is written by YAML's own
    writer, comments kept.
    """
    before = parse(path, content)
    texts = {keys: value.isoformat() if isinstance(value, date) else value for keys, value in changes.items()}
    wanted = _changed(before, texts)
    for way in (_in_place, _appended, _rewritten):
        after = way(path, content, changes)
        if after is not None and _read(path, after) == wanted:
            return after
    return None


def _changed(values: Any, changes: Mapping[Keys, Any]) -> Any:
    values = deepcopy(values)
    for keys, value in changes.items():
        inside = values
        for key in keys[:-1]:
            inside = inside.setdefault(key, {})
        _set(inside, keys[-1], value)
    return values


def _set(inside: Any, key: str | int, value: Any) -> None:
    if value is None:
        del inside[key]
    else:
        inside[key] = value


def _in_place(_path: str, content: bytes, changes: Mapping[Keys, Any]) -> bytes | None:
    known, text = positions(content), content.decode("utf-8-sig")
    lines = text.splitlines(keepends=True)
    for keys, value in sorted(changes.items(), key=lambda each: _at(known, each[0]), reverse=True):
        if keys not in known or not isinstance(value, (str, date)):
            return None
        line, column = known[keys].value
        match = _VALUE.match(lines[line - 1], column - 1)
        if match is None:
            return None
        start, end = match.span()
        lines[line - 1] = lines[line - 1][:start] + _scalar(value, match[1]) + lines[line - 1][end:]
    marked = content[: len(content) - len(text.encode())]  # a byte order mark stays
    return marked + "".join(lines).encode()


def _appended(path: str, content: bytes, changes: Mapping[Keys, Any]) -> bytes | None:
    """Write keys that are new at the top behind everything else, and change the others where they stand."""
    top = {keys[0] for keys in positions(content) if keys}
    new = {keys: value for keys, value in changes.items() if keys[0] not in top}
    old = {keys: value for keys, value in changes.items() if keys[0] in top}
    before = _in_place(path, content, old) if old else content
    if before is None or not new or None in new.values():
        return None
    draft = Draft({})
    draft.new(path, {})
    document = draft.edit(path)
    for keys, value in new.items():
        _within(document, keys)[keys[-1]] = value
    more = draft.changed()[path] or b""
    end = b"\r\n" if b"\r\n" in content else b"\n"
    return before.rstrip(b"\r\n") + end + more.replace(b"\n", end)


def _at(known: Mapping[Keys, Any], keys: Keys) -> tuple[int, int]:
    place: tuple[int, int] = known[keys].value if keys in known else (0, 0)
    return place


def _scalar(value: str | date, quote: str) -> str:
    """Write it in the quotes that are there, or in such as it needs."""
    text = value.isoformat() if isinstance(value, date) else value
    if not quote and _read("", f"value: {text}".encode()) != {"value": text}:
        quote = '"'
    return f"{quote}{text}{quote}"


def _rewritten(path: str, content: bytes, changes: Mapping[Keys, Any]) -> bytes | None:
    ends_in_two = b"\r\n" in content
    draft = Draft({path: content.replace(b"\r\n", b"\n")})
    document = draft.edit(path)
    for keys, value in changes.items():
        _set(_within(document, keys), keys[-1], plain(value))
    after = draft.changed().get(path)
    return after.replace(b"\n", b"\r\n") if after and ends_in_two else after


def _within(document: Any, keys: Keys) -> Any:
    """Give what the last key stands in, and make it where it is not there."""
    inside = document
    for key in keys[:-1]:
        inside = inside.setdefault(key, _on_one_line() if inside is not document else plain({}))
    return inside


def _on_one_line() -> Any:
    values = plain({})
    values.fa.set_flow_style()
    return values


def _read(path: str, content: bytes) -> Any:
    try:
        return parse(path, content)
    except DeclarationError:
        return None
