"""Texts and JSON that are right in; hypothesis's strategies for the same, a little or much worse, out."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

_OFTEN = (1, 1, 1, 1, 2, 9, 70, 3000)
_OPERATIONS = ("put", "put", "drop", "again", "instead", "cut")
LARGEST = 100_000  # bytes of what is tried: a second is what so many may cost
COMMON = ("\ufeff", "\0", "\r", "\n", "\t", " ", "\u2028", "\u202e", "\x85", "é", "\U0001f600", "\x1b", "a", "0", "-")
_JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, float("inf"), float("nan"), [], {}, [None], [[]], [1], [{}], ["x"]),
    *("", "x", "x" * 300, "\ud800", "\0", "\u202e", " ", "é", "a/b", "../x", "$(letter)", "null", "1", "%", "{}", "[]"),
    *("2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"),
    *(
        {"": None},
        {"id": None},
        {"value": None},
        {"value": 1},
        {"name": []},
        {"$ref": "#/"},
        2**63,
        "http://[",
        "🙂" * 40,
    ),
)


def texts(seeds: Sequence[bytes], tokens: Sequence[str]) -> st.SearchStrategy[bytes]:
    """Give seeds with mistakes in them, tokens in a row, and bytes."""
    token = st.builds(
        lambda piece, times: piece * min(times, LARGEST // max(1, len(piece))),
        st.sampled_from([each.encode(errors="surrogatepass") for each in (*tokens, *COMMON)]),
        st.sampled_from(_OFTEN),
    )
    edit = st.tuples(st.sampled_from(_OPERATIONS), st.integers(0, LARGEST), st.integers(0, 80), token)
    worse = st.builds(_edited, st.sampled_from(seeds), st.lists(edit, max_size=6))
    return st.one_of(worse, worse, worse, st.lists(token, max_size=30).map(b"".join), st.binary(max_size=200)).map(
        lambda content: content[:LARGEST]
    )


def documents(seeds: Sequence[Any], tokens: Sequence[str] = ()) -> st.SearchStrategy[bytes]:
    """Give JSON that says something else than it should, and text that is no JSON any more."""
    junk = st.sampled_from((*_JUNK, *tokens)) | st.integers(40, 4000).map(_deep)
    edit = st.tuples(st.sampled_from(("instead", "drop", "again", "rename", "wrap")), st.integers(0, 5000), junk)
    worse = st.builds(_changed, st.sampled_from(seeds), st.lists(edit, min_size=1, max_size=5))
    written = worse.map(written_as_json)
    broken = texts([written_as_json(seed) for seed in seeds], ('"', "[", "]", "{", "}", ",", ":", "1" * 5000, "\\u"))
    return st.one_of(written, written, written, broken).map(lambda content: content[:LARGEST])


def written_as_json(value: Any) -> bytes:
    """Write JSON, however deep: half a character is written as JSON allows it."""
    if isinstance(value, _Deep):
        return value.text.encode()
    return _written(value).encode()


class _Deep(str):  # noqa: SLOT000
    """Stands for nested lists, which Python cannot write down."""

    @property
    def text(self) -> str:
        return "[" * int(self) + "]" * int(self)


def _deep(depth: int) -> _Deep:
    return _Deep(depth)


def _written(value: Any) -> str:
    if isinstance(value, _Deep):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{_written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return json.dumps(value)


def _edited(seed: bytes, edits: Sequence[tuple[str, int, int, bytes]]) -> bytes:
    for operation, where, length, token in edits:
        at = where % (len(seed) + 1)
        end = at + length
        match operation:
            case "put":
                seed = seed[:at] + token + seed[at:]
            case "drop":
                seed = seed[:at] + seed[end:]
            case "again":
                seed = seed[:end] + seed[at:]
            case "instead":
                seed = seed[:at] + token + seed[at + len(token) :]
            case "cut":
                seed = seed[:at]
    return seed


def _changed(seed: Any, edits: Sequence[tuple[str, int, Any]]) -> Any:
    root = [deepcopy(seed)]
    for operation, where, wrong in edits:
        places = list(_places(root))
        (holder, key), junk = places[where % len(places)], deepcopy(wrong)
        match operation:
            case "drop" if holder is not root:
                del holder[key]
            case "again" if isinstance(holder, list) and holder is not root:
                holder.insert(key, deepcopy(holder[key]))
            case "rename" if isinstance(holder, dict):
                holder[junk if isinstance(junk, str) else "x"] = holder.pop(key)
            case "wrap":
                holder[key] = [holder[key]]
            case _:
                holder[key] = junk
    return root[0]


def _places(holder: Any) -> Iterator[tuple[Any, Any]]:
    items = holder.items() if isinstance(holder, dict) else enumerate(holder)
    for key, value in list(items):
        yield holder, key
        if isinstance(value, dict | list):
            yield from _places(value)
