"""YAML good and bad against what document makes of it: the value, or every mistake where it stands."""

import json
import math
import time
from types import FunctionType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import cyaml

from reconciler import document
from reconciler.document import Position, parse, positions
from reconciler.errors import DeclarationError, Problem

MEBIBYTE = 1024 * 1024


def refused(text: str | bytes) -> list[Problem]:
    with pytest.raises(DeclarationError) as caught:
        parse("f.yaml", text.encode() if isinstance(text, str) else text)
    assert all(problem.path == "f.yaml" and problem.message for problem in caught.value.problems)
    return list(caught.value.problems)


def read(text: str) -> object:
    return parse("f.yaml", text.encode())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("---\n", None),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
        ("a: [null, Null, NULL, ~, ]", {"a": [None] * 4}),
        ("a:\nb: ~\n", {"a": None, "b": None}),
        ("[true, True, TRUE, false, False, FALSE]", [True, True, True, False, False, False]),
        ("[yes, no, on, off, y, n, tRUE]", ["yes", "no", "on", "off", "y", "n", "tRUE"]),
        ("[0, -1, +2, 007, 0o17, 0xfF]", [0, -1, 2, 7, 15, 255]),
        ("[0b1, 1_000, 0o8, 0xg, -0x1, 1:30, 12e, '1']", ["0b1", "1_000", "0o8", "0xg", "-0x1", "1:30", "12e", "1"]),
        ("[1.5, .5, 1., -1e3, 1.5E-2, +.5e+1]", [1.5, 0.5, 1.0, -1000.0, 0.015, 5.0]),
        ("[.inf, +.INF, -.Inf]", [math.inf, math.inf, -math.inf]),
        (
            "[., .., ..., -, +, '.inf', nan, inf, .e1, 1.2.3]",
            [".", "..", "...", "-", "+", ".inf", "nan", "inf", ".e1", "1.2.3"],
        ),
        ("[2027-06-30, 2027-06-30T00:00:00Z]", ["2027-06-30", "2027-06-30T00:00:00Z"]),
        ("['null', \"true\", '1', '']", ["null", "true", "1", ""]),
        ("a: |\n  1\n  2\nb: >-\n  x\n  y\n", {"a": "1\n2\n", "b": "x y"}),
        ("5f0c0000-0000-0000-0000-000000000000", "5f0c0000-0000-0000-0000-000000000000"),
        ("? a\n: 1\n? |\n  b\n", {"a": 1, "b\n": None}),
        ("on: 1\n'1': 2\n'<<': 3\n'': 4\n", {"on": 1, "1": 2, "<<": 3, "": 4}),
        ("{\n\t\"a\":1,\n\t'b':[2]}", {"a": 1, "b": [2]}),
        ("{prod: https://kv.example, x: [a:b]}", {"prod": "https://kv.example", "x": ["a:b"]}),  # the pure parser's
        (r'["\ud83d\ude00", "\/", "\u2028"]', ["\U0001f600", "/", "\u2028"]),
        ("﻿a: é\r\nb:\r\n- 1\r\n", {"a": "é", "b": [1]}),
        ("a: x\n  y\n\n  z\n", {"a": "x y\nz"}),
    ],
)
def test_yaml_is_read_by_the_core_schema_of_1_2(text: str, value: object) -> None:
    found = read(text)
    assert found == value
    assert repr(found) == repr(value)  # 1 is not True, nor 1.0


def test_nan_is_a_number() -> None:
    assert math.isnan(read(".NaN"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "at", "word"),
    [
        ("a: &x 1", (1, 4), "anchor `&x`"),
        ("a: 1\nb: *x", (2, 4), "alias `*x`"),
        ("host: *.example.com", (1, 7), "alias `*.example.com`"),
        ("a: !!str 1", (1, 4), "tag `tag:yaml.org,2002:str`"),
        ("a: ! 1", (1, 4), "tag `!`"),
        ("a: !x [1]", (1, 4), "tag `!x`"),
        ("a: !x!y 1", (1, 4), "unknown tag"),
        ("a: 1\n<<: {b: 2}", (2, 1), "merge key"),
        ("a: 1\n---\nb: 2", (2, 1), "second document"),
        ("a: 1\n...\nb: 2", (3, 1), "second document"),
        ("%YAML 1.1\n---\na: 1", (1, 1), "directive `%YAML 1.1`"),
        ("# c\n%TAG ! x:\n---\na: 1", (2, 1), "directive `%TAG ! x:`"),
        ("%FOO\n---\na: 1", (1, 1), "directive `%FOO`"),
        ("%YAML 1.3\n---\na: 1", (1, 1), "YAML version"),
        ("a: 1\nb: 2\na: 3", (3, 1), "`a` is given twice"),
        ("x:\n  - {a: 1, 'a': 3}", (2, 12), "`a` is given twice"),
        ("1: a", (1, 1), "`1` is not text"),
        ("a: 1\ntrue: a", (2, 1), "`true` is not text"),
        ("~: a", (1, 1), "`~` is not text"),
        ("a: 1\n: b", (2, 1), "key is missing"),
        ("[a, b]: c", (1, 1), "as a key"),
        ("? {a: b}\n: c", (1, 3), "as a key"),
        ("a: " + "9" * 1001, (1, 4), "number of 1001 digits"),
        ("a: 0x" + "f" * 5000, (1, 4), "number of 5002 digits"),
        ("[" * 33 + "]" * 33, (1, 33), "deeper than 32"),
        ("- " * 33, (1, 65), "deeper than 32"),
        ("a: b: c", (1, 5), "no `key: value` can stand here"),
        ("a:\n\tb: 1", (2, 1), "tab"),
        ("\ta: 1", (1, 1), "tab"),
        ("a: x\n\tb: 1", (2, 1), "tab"),
        ("a:\n  - x\n\t- y", (3, 1), "tab"),
        ("-\t- a", (1, 2), "tab"),
        ("a: |\n\tx", (2, 1), "tab"),
        ("a: [1\nb: 2", (2, 2), "`[` of line 1"),
        ("a: {x: 1\nb: 2", (2, 2), "`{` of line 1"),
        ('a: 1\nb: "x\nc: 1\n', (2, 4), "never closed"),
        ("a: 'it's'", (1, 8), "after the closing quote"),
        ("a: 'x\n---\n", (2, 1), "opened in line 1"),
        ("a: 1\ntier standard\nb: 1\n", (2, 1), "no `:`"),
        ("a: @x", (1, 4), "begin with `@`"),
        ("a: `x`", (1, 4), "begin with"),
        ("a: *", (1, 4), "begin with `*`"),
        ('a: "\\q"', (1, 5), "unknown escape"),
        ('a: "\\xZZ"', (1, 7), "escape"),
        ('a: "\\ud800"', (1, 7), "no character"),
        ('a: "\\UFFFFFFFF"', (1, 7), "no character"),
        ("a:\n   b: 1\n  c: 2\n", (3, 3), "does not go on"),
        ("- a\nb: 1\n", (2, 1), "list that begins in line 1"),
        ("a: - b", (1, 4), "no list"),
        ("a: ]", (1, 4), "value is missing before `]`"),
        ("a: |x\n b", (1, 5), "nothing can follow"),
        ("a: |0\n b", (1, 5), "1 to 9"),
        ("'a':b", (1, 4), "ended before this"),
        ('{"' + "k" * 1100 + '": 1}', (1, 1), "a key of more than 1024 characters"),
        ("k" * 1100 + ": 1", (1, 1), "a key of more than 1024 characters"),
        ("{a: http://x}\nb", (2, 1), "ended before this"),
        ("a: {b: http://x}\n- c", (2, 1), "does not go on"),
        ("a: {b: http://x, c: 'd' e}", (1, 25), "after the closing quote"),
        ("{a: http://x, b: ]}", (1, 18), "value is missing"),
        ("a: \x07", (1, 4), "U+0007"),
        ("a: 1\n# c\u2028b: 2", (2, 4), "U+2028 (LINE SEPARATOR)"),
        ("a: 1\n# c\x85b: 2", (2, 4), "U+0085"),
        ("a: 1 # c\rb: 2", (1, 9), "carriage return"),
        ("a: \u202ex", (1, 4), "RIGHT-TO-LEFT OVERRIDE"),
        ("a: 1\n\ufeffb: 2", (2, 1), "U+FEFF"),
        ("\ufeffa: 1\r\né: &x 1\r\n", (2, 4), "anchor"),
        ("\ufeff&x a: 1", (1, 1), "anchor"),
        ("é: [😀, &x 1]", (1, 8), "anchor"),
    ],
)  # fmt: skip
def test_what_is_refused_is_said_where_it_stands_with_a_way_out(text: str, at: tuple[int, int], word: str) -> None:
    (problem,) = refused(text)
    assert word in problem.message
    assert (problem.line, problem.column) == at
    assert problem.hint
    assert len(str(problem)) < 200


@pytest.mark.parametrize(
    ("content", "at", "word"),
    [
        (b"a: 1\nb: \xe9\n", (2, 4), "byte 0xE9 is not UTF-8"),
        ("é: ".encode() + b"\xff", (1, 4), "byte 0xFF is not UTF-8"),
        (b"\xef\xbb\xbf\xff", (1, 1), "byte 0xFF"),
        (b"\xef\xbb", (1, 1), "byte 0xEF"),
        (b"a: \xed\xa0\x80", (1, 4), "byte 0xED"),  # half a surrogate pair
        (b"a: \xc3", (1, 4), "byte 0xC3"),
        ("a: 1".encode("utf-16"), (1, 1), "UTF-16"),
        ("a: 1".encode("utf-16-be"), (1, 1), "not a text file"),
        (b"a: 1\n\x89PNG\r\n\0", (3, 1), "not a text file"),
    ],
)
def test_bytes_that_are_no_text_are_said_where_they_stand(content: bytes, at: tuple[int, int], word: str) -> None:
    (problem,) = refused(content)
    assert (problem.line, problem.column) == at
    assert word in problem.message
    assert problem.hint


def test_all_mistakes_of_a_file_are_said_at_once() -> None:
    text = "a: &x 1\nb: *x\n<<: {c: !t 1}\na: 2\n1: [&y 2, {d: 1, d: 2}]\n? [k]\n: v\nb: 3\n---\nmore"
    assert [(p.line, p.column) for p in refused(text)] == [
        (1, 4), (2, 4), (3, 1), (3, 9), (4, 1), (5, 1), (5, 5), (5, 18), (6, 3), (8, 1), (9, 1)
    ]  # fmt: skip


def test_mistakes_before_a_syntax_error_are_said_with_it() -> None:
    assert [(p.line, p.column) for p in refused("a: &x 1\nb: 1\nb: 2\nc: d: e\n")] == [(1, 4), (3, 1), (4, 5)]


def test_a_key_given_twice_names_the_place_of_the_first() -> None:
    (problem,) = refused("x: 1\ny:\n  a: 1\n  b: 1\n  a: 2\n")
    assert "line 3, column 3" in problem.hint


def test_every_repetition_of_a_key_is_said() -> None:
    assert [p.line for p in refused("a: 1\na: 2\na: 3\n")] == [2, 3]


def test_problems_without_end_are_cut_off() -> None:
    found = refused("- &a 1\n" * 100_000)
    assert len(found) == document.MOST_PROBLEMS + 1
    assert any("not listed" in problem.message for problem in found)


def test_thirty_two_levels_are_allowed() -> None:
    value = read("[" * 32 + "]" * 32)
    for _ in range(31):
        (value,) = value  # type: ignore[misc]
    assert value == []


def test_the_c_parser_is_used() -> None:
    assert document.CParser is cyaml.CParser
    assert not isinstance(document.CParser.get_event, FunctionType)


def test_positions_of_keys_and_values_are_found_by_path() -> None:
    text = "﻿# c\r\nenvironments: [dev, prod]\r\nin:\r\n  é: {tier: x, 'a b':}\r\n  list:\r\n  - 1\r\n  - \r\n"
    assert positions(text.encode()) == {
        (): Position(None, (2, 1)),
        ("environments",): Position((2, 1), (2, 15)),
        ("environments", 0): Position(None, (2, 16)),
        ("environments", 1): Position(None, (2, 21)),
        ("in",): Position((3, 1), (4, 3)),
        ("in", "é"): Position((4, 3), (4, 6)),
        ("in", "é", "tier"): Position((4, 7), (4, 13)),
        ("in", "é", "a b"): Position((4, 16), (4, 22)),
        ("in", "list"): Position((5, 3), (6, 3)),
        ("in", "list", 0): Position(None, (6, 5)),
        ("in", "list", 1): Position(None, (7, 4)),
    }


def test_positions_of_a_document_that_only_the_pure_parser_reads() -> None:
    assert positions(b"{a: http://x}")["a",] == Position((1, 2), (1, 5))


@pytest.mark.parametrize("content", [b"", b"# c", b"a: [", b"\xff", b"[" * MEBIBYTE])
def test_a_document_without_content_or_with_mistakes_has_only_its_beginning(content: bytes) -> None:
    assert positions(content) == {(): Position(None, (1, 1))}


NASTY = (
    "[", "{", "- ", "? ", "a: ", "\t", '"', "'", "&a ", "*a ", "!", "!a ", "%", "%a\n", "---\n", "...\n", ",", "-\n",
    "a:\n", "|", "|\n", "#", "a", " ", "\n", "\n ", "[\n", "{a: ", "{? ", "[a: ", "[a,", "[],", "@", "\\", '"\\', ":",
    ": ", "?\n", "- - ", "{, ", "é", "9", "0x", "1e", "- &a x\n- *a\n", "a: 1\n",
    "\r\n", '"\\ud83d', "- {a: 1, a: 2}\n",
)  # fmt: skip


@pytest.mark.parametrize("piece", NASTY)
@pytest.mark.parametrize("size", [MEBIBYTE, document.PURE_UP_TO])
def test_nothing_hangs(piece: str, size: int) -> None:
    content = (piece * (size // len(piece.encode()))).encode()
    begin = time.process_time()
    try:
        parse("f.yaml", content)
    except DeclarationError as error:
        assert len(str(error)) < 100_000  # noqa: PT017
    assert time.process_time() - begin < 10


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert refused("\n".join(lines))[0].message == "the anchor `&a0`"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=80), inner),  # a key has at most 1024, escaped
    max_leaves=30,
)


@given(JSON, st.sampled_from([None, 1, "\t"]))
@settings(deadline=None, max_examples=300)
def test_whatever_is_written_as_json_reads_back_equal(value: object, indent: int | str | None) -> None:
    text = json.dumps(value, indent=indent)
    try:
        found = read(text)
    except DeclarationError as error:
        assert "deeper than" in str(error)  # noqa: PT017
    else:
        assert found == value
        assert repr(found) == repr(value)


@given(JSON)
@settings(deadline=None)
def test_json_with_its_characters_unescaped_reads_back_equal_or_is_refused_for_what_cannot_be_seen(
    value: object,
) -> None:
    try:
        assert read(json.dumps(value, ensure_ascii=False)) == value
    except DeclarationError as error:
        assert "cannot be seen" in str(error) or "deeper than" in str(error)  # noqa: PT017


def only_declaration_errors(content: bytes) -> None:
    try:
        value = parse("f.yaml", content)
    except DeclarationError as error:
        lines = content.decode(errors="replace").split("\n")
        for problem in error.problems:
            assert 1 <= problem.line <= len(lines) + 1
            assert problem.column >= 1
            assert str(problem).isprintable()
    else:
        assert plain(value)
        assert set(positions(content)) >= set(paths(value))


def plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and plain(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(plain, value))
    return value is None or type(value) in (str, int, float, bool)


def paths(value: object, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, inner in below for path in paths(inner, (*at, key)))]


@given(st.binary())
@settings(deadline=None, max_examples=200)
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    only_declaration_errors(content)


@given(st.text(st.characters(codec="utf-8")))
@settings(deadline=None, max_examples=200)
def test_no_text_raises_anything_else(text: str) -> None:
    only_declaration_errors(text.encode())


@given(st.lists(st.sampled_from([*NASTY, "a", "b", "1", ": ", "\n", "  ", "]", "}", "-", "é", "\ufeff", "<<", "~"])))
@settings(deadline=None, max_examples=1000)
def test_nothing_like_yaml_raises_anything_else(pieces: list[str]) -> None:
    only_declaration_errors("".join(pieces).encode())
