"""Policy documents, hand-written, made up and real, against what they are split into and compared by."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from policy_spellings import Unreadable, as_xml, respelled_by_xml, with_other_strings

from reconciler.errors import ReconcilerError
from reconciler.policy.canonical import canonical
from reconciler.policy.fragments import check_fragment, fragment_references
from reconciler.policy.scan import scan
from reconciler.policy.tokens import Expression, PolicyError, Value

POLICIES = Path(__file__).parents[2] / "shared" / "policies"
REAL = sorted(POLICIES.glob("*.xml"))
BROKEN = {
    "ai-hub-gateway-solution-accelerator-fragment-frag-llm-usage-xml-8a355b04.xml": (62, 5, "<llm-emit-token-metric>"),
    "api-management-policy-snippets-api-call-out-to-an-http-endpoint-and-ca-8e62c43a.xml": (41, 73, "string"),
}
HAND_WRITTEN = """\
<!-- Orders -->
<policies>
    <inbound>
        <base />
        <set-variable name="who" value="@(context.Request.Headers.GetValueOrDefault("X-Who", "nobody"))" />
        <choose>
            <when condition="@(context.Variables.GetValueOrDefault<int>("count") < 10 && "a" != 'b'.ToString())">
                <set-body>@{
                    // don't count "this"
                    var query = @"say ""hi"" \\";
                    /* nor ( this */
                    return $"{query}: {(new [] {"one", "two"})[0]} and {{braces}}";
                }</set-body>
            </when>
        </choose>
        <set-header name="X-Plain" exists-action="override">
            <value>a &amp; b &lt; c</value>
        </set-header>
    </inbound>
    <outbound></outbound>
</policies>
"""


def same(one: str, other: str) -> bool:
    equal = canonical(one) == canonical(other)
    assert not equal or hash(canonical(one)) == hash(canonical(other))
    return equal


def broken(text: str, act: Callable[[str], object] = scan) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        act(text)
    assert str(caught.value) == f"{caught.value.line}:{caught.value.column}: {caught.value.message}"
    return caught.value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<a/>", "<a></a>"),
        ("<a/>", "\ufeff<?xml version='1.0'?>\r\n <a\n>\t</a >\n<!-- x -->"),
        ("<a><b/><c/></a>", "<a>\r\n\t<b />\r\n\t<!-- <d/> --><c></c>\r\n</a>"),
        ("<a b='1' c='2'/>", '<a c = "2"\n b="1"/>'),
        ("<a b='&quot;'/>", "<a b='\"'/>"),
        ("<a b='&apos;'/>", '<a b="\'"/>'),
        ("<a b='x&#65;&#x42;'/>", "<a b='xAB'/>"),
        ("<a b='x\ny'/>", "<a b='x\r\ny'/>"),
        ("<a b='x\ny'/>", "<a b='x y'/>"),  # as XML has it
        ("<a>x &lt; y</a>", "<a><![CDATA[x < y]]></a>"),
        ("<a>x &lt; y</a>", "<a>\n\tx <!-- c --><![CDATA[< ]]>y\n</a>"),
        ("<a>x\ny</a>", "<a>x\r\ny</a>"),
        ("<a>x & y</a>", "<a>x &amp; y</a>"),
        ("<a>@(x < y)</a>", "<a>@(x &lt; y)</a>"),
        ("<a b='@(x < y)'/>", '<a b="@(x &lt; y)"/>'),
        ('<a b="@(x["y"])"/>', "<a b='@(x[\"y\"])'/>"),
        ('<a b="@(x["y"])"/>', '<a b=" @(x[&quot;y&#34;])\n"/>'),
        ("<a b='@(x == 'y')'/>", "<a b=\"@(x == 'y')\"/>"),
        ("<a>@(x<y&&z)</a>", "<a>\n @( x\r\n < y // why\n && /* not */ z )\n</a>"),
        ("<a>@{return 1;}</a>", "<a>@{\n\treturn\t1;\n}</a>"),
        ("<a>@(new List<List<int>>())</a>", "<a>@(new List<List<int> > ())</a>"),
        ("<a>@(x < y)</a>", "<a><![CDATA[@(x < y)]]></a>"),
        ("<a>@(x < y)</a>", "<a><![CDATA[ @(x ]]><![CDATA[< y) ]]></a>"),
        ("<a>@(x)</a>", "<a><!-- c --> @(x)</a>"),
        ('<a>@(x < y ? "&lt;" : "")</a>', "<a>@(x &lt; y ? &quot;&amp;lt;&quot; : &quot;&quot;)</a>"),
        ('<a>@("<")</a>', '<a>@("&lt;")</a>'),
        ('<a b="@("<")"/>', '<a b="@(&quot;&lt;&quot;)"/>'),
        ('<a><b>@(1 < 2)</b>@("&lt;")</a>', '<a><b>@(1 &lt; 2)</b>@("&amp;lt;")</a>'),
        ("<a c='@(1 < 2)'>@(\"&lt;\")</a>", "<a c='@(1 &lt; 2)'>@(\"&amp;lt;\")</a>"),
        ("<a>@(a ?.5 : 1)</a>", "<a>@(a ? .5 : 1)</a>"),
        ('<a>@("<!-- x -->")</a>', '<a>@("&lt;!-- x --&gt;")</a>'),
        ('<a>@("<![CDATA[")</a>', '<a>@("&lt;![CDATA[")</a>'),
        ('<a>@(@"x\ny")</a>', '<a>@(@"x\r\ny")</a>'),
        ('<a b="@(@"x\ny")"/>', '<a b="@(@&quot;x&#xD;&#xA;y&quot;)"/>'),
        ('<a b="@{return "}";}"/>', '<a b="@{ return &quot;}&quot;; }"/>'),
        ("<a b='&#64;(x )'/>", "<a b='@(x)'/>"),
    ],
)
def test_documents_of_one_meaning_are_equal(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<a/>", "<b/>"),
        ("<a/>", "<A/>"),
        ("<a><b/><c/></a>", "<a><c/><b/></a>"),
        ("<a><b/><c/></a>", "<a><b><c/></b></a>"),
        ("<a><b/></a>", "<a><b/><b/></a>"),
        ("<a/>", "<a b=''/>"),
        ("<a b='1'/>", "<a b='2'/>"),
        ("<a b='1'/>", "<a c='1'/>"),
        ("<a b=' 1'/>", "<a b='1'/>"),
        ("<a b='1' c='2'/>", "<a b='2' c='1'/>"),
        ("<a>x</a>", "<a>X</a>"),
        ("<a>x y</a>", "<a>x  y</a>"),
        ("<a>x<b/>y</a>", "<a>xy<b/></a>"),
        ("<a>&amp;lt;</a>", "<a>&lt;</a>"),
        ("<a>@(x)</a>", "<a>@{x}</a>"),
        ("<a>@(x)</a>", "<a>x</a>"),
        ("<a>@(a b)</a>", "<a>@(ab)</a>"),
        ("<a>@(a + +b)</a>", "<a>@(a ++b)</a>"),
        ("<a>@(a - -b)</a>", "<a>@(a --b)</a>"),
        ("<a>@(a/**/b)</a>", "<a>@(ab)</a>"),
        ("<a c='@(1 < 2)'>@(\"&lt;\")</a>", "<a c='@(1 < 2)'>@(\"<\")</a>"),
        ("<a>@(1 .5)</a>", "<a>@(1.5)</a>"),
        ("<a>@(a ? .5 : 1)</a>", "<a>@(a ?. b)</a>"),
        ("<a>@(a < b)</a>", "<a>@(a &amp;lt; b)</a>"),
        ('<a>@("x y")</a>', '<a>@("x  y")</a>'),
        ('<a>@("x ")</a>', '<a>@("x")</a>'),
        ('<a>@("// x")</a>', '<a>@("// y")</a>'),
        ('<a>@("/* x */")</a>', '<a>@("/* y */")</a>'),
        ('<a>@("\\" // x")</a>', '<a>@("\\" // y")</a>'),
        ('<a>@(@"\\" + "x")</a>', '<a>@(@"\\" + "y")</a>'),
        ('<a>@(@"x"" // x")</a>', '<a>@(@"x"" // y")</a>'),
        ('<a>@($"{a["x"]}")</a>', '<a>@($"{a["y"]}")</a>'),
        ('<a>@($"{a} // x")</a>', '<a>@($"{a} // y")</a>'),
        ('<a>@($"{{ // x")</a>', '<a>@($"{{ // y")</a>'),
        ('<a>@($@"{a}""// x")</a>', '<a>@($@"{a}""// y")</a>'),
        ('<a>@(@$"{$"{@"""// x"}"}")</a>', '<a>@(@$"{$"{@"""// y"}"}")</a>'),
        ("<a>@(x == 'y')</a>", "<a>@(x == 'z')</a>"),
        ('<a>@(x == \'"\' ? "// y" : z)</a>', '<a>@(x == \'"\' ? "// w" : z)</a>'),
        ('<a>@("x")</a>', '<a>@(@"x")</a>'),
        ('<a>@("&amp;lt;")</a>', '<a>@("&lt;")</a>'),
        ('<a>@(1 < 2 ? "&lt;" : "")</a>', '<a>@(1 < 2 ? "<" : "")</a>'),
        ('<a><b>@(1 < 2)</b>@("&lt;")</a>', '<a><b>@(1 < 2)</b>@("<")</a>'),
        ('<a>@("<!-- x -->")</a>', '<a>@("<!-- y -->")</a>'),
        ('<a>@(@"x\ty")</a>', '<a>@(@"x y")</a>'),
    ],
)
def test_documents_of_another_meaning_differ(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize(
    ("text", "at", "word"),
    [
        ("", (1, 1), "no element"),
        (" <!-- x -->\n", (1, 1), "no element"),
        ("x", (1, 1), "outside of the root"),
        ("<a/>\nx", (1, 5), "outside of the root"),
        ("<a/><![CDATA[x]]>", (1, 5), "outside of the root"),
        ("<a/>\n<b/>", (2, 1), "<b> is a second root"),
        ("<a>\n <b>\n</a>", (3, 1), "</a> stands where the <b> of line 2 must be closed"),
        ("<a>\r\n <b>\r\n</b>", (1, 1), "<a> is never closed"),
        ("</a>", (1, 1), "closes nothing"),
        ("<a/></a>", (1, 5), "closes nothing"),
        ("<a></a b>", (1, 4), "not like `</name>`"),
        ("<a", (1, 3), "neither `>` nor an attribute"),
        ("<a b>", (1, 3), "neither `>` nor an attribute"),
        ("<a b=c/>", (1, 3), "neither `>` nor an attribute"),
        ("<a b='1'c='2'/>", (1, 9), "neither `>` nor an attribute"),
        ("<a <b/>", (1, 3), "neither `>` nor an attribute"),
        ("<a b='1/>", (1, 6), "`b` is never closed"),
        ("<a b='1>\n<c d='2'/></a>", (1, 6), "`<` in the value of `b`"),
        ("<a b='1' b='2'/>", (1, 10), "two attributes `b`"),
        ("<a>x < y</a>", (1, 6), "`<` in text is written `&lt;`"),
        ("<a><1/></a>", (1, 4), "`<` in text"),
        ("<a><!-- x</a>", (1, 4), "comment is never closed"),
        ("<a><![CDATA[x</a>", (1, 4), "CDATA section is never closed"),
        ("<!DOCTYPE a><a/>", (1, 1), "no DOCTYPE"),
        ("<a><?x?></a>", (1, 4), "no DOCTYPE or instruction"),
        ("<a>@(x</a>", (1, 4), "its `)` is missing"),
        ("<a>\n  @{ if (x) { y(); </a>", (2, 3), "its `}` is missing"),
        ('<a>@(f("x)\n)</a>', (1, 8), "string that is never closed"),
        ("<a>@(f('x)\n)</a>", (1, 8), "string that is never closed"),
        ('<a>@(f(@"x))</a>', (1, 8), "string that is never closed"),
        ('<a>@($"{x")</a>', (1, 10), "string that is never closed"),
        ('<a>@($"x\n")</a>', (1, 6), "string that is never closed"),
        ("<a>@{ /* x }</a>", (1, 7), "comment that is never closed"),
        ("<a b='@(x'/>", (1, 10), "string that is never closed"),
        ('<a b="@(f("x)"/>', (1, 7), "its `)` is missing"),
        ("<a><![CDATA[@(x]]></a>", (1, 4), "no end"),
        ("<a>&#64;(x</a>", (1, 4), "no end"),
    ],
)
def test_a_broken_document_is_said_where_it_is_broken(text: str, at: tuple[int, int], word: str) -> None:
    error = broken(text)
    assert word in error.message
    assert (error.line, error.column) == at
    assert isinstance(error, ReconcilerError)


@pytest.mark.parametrize(
    ("text", "at", "word"),
    [
        ("<policies><inbound/></policies>", (1, 1), "root of a fragment is <fragment>, not <policies>"),
        ("<Fragment/>", (1, 1), "not <Fragment>"),
        ("<fragment>\n <inbound/></fragment>", (2, 2), "no sections"),
        ("<fragment><x/><on-error/></fragment>", (1, 15), "no sections"),
        ("<fragment><choose><otherwise>\n<base/></otherwise></choose></fragment>", (2, 1), "<base/>"),
        ("<fragment><choose><include-fragment fragment-id='x'/></choose></fragment>", (1, 19), "another"),
        ("<fragment>" + "x" * 524_288 + "</fragment>", (1, 1), "524,309 bytes"),
        ("<fragment>" + "é" * 262_134 + "</fragment>", (1, 1), "524,289 bytes"),
        ("<fragment>", (1, 1), "never closed"),
    ],
)
def test_what_is_no_fragment_is_said(text: str, at: tuple[int, int], word: str) -> None:
    error = broken(text, check_fragment)
    assert word in error.message
    assert (error.line, error.column) == at


@pytest.mark.parametrize(
    "text",
    [
        "<fragment/>",
        '<!-- <base/> --><fragment><set-body><![CDATA[<base/>]]></set-body>@("<inbound/>")</fragment>',
        "<fragment><send-request><inbound/></send-request></fragment>",
        "<fragment>" + "x" * (524_288 - 21) + "</fragment>",
    ],
)  # fmt: skip
def test_a_fragment_is_accepted(text: str) -> None:
    check_fragment(text)


def test_the_fragments_that_a_document_includes_are_named_in_its_order() -> None:
    text = """<policies><inbound><include-fragment fragment-id="b"/><!-- <include-fragment fragment-id="no"/> -->
    <choose><when condition="@("<include-fragment fragment-id='no'/>" != "")">
    <include-fragment fragment-id='a&amp;b' /></when></choose><include-fragment fragment-id="b"></include-fragment>
    </inbound></policies>"""
    assert fragment_references(text) == ["b", "a&b", "b"]
    assert fragment_references("<policies/>") == []


@pytest.mark.parametrize("attributes", ["", "fragment-id=''", "fragment-id='@(x)'", "Fragment-Id='x'"])
def test_an_include_that_names_no_fragment_is_refused(attributes: str) -> None:
    assert "no fragment-id" in broken(f"<a>\n<include-fragment {attributes}/></a>", fragment_references).message


def test_tokens_say_where_they_stand() -> None:
    text = HAND_WRITTEN.replace("\n", "\r\n")
    tokens = scan(text).tokens
    assert "".join(text[token.start : token.end] for token in tokens) == text
    opened = next(token for token in tokens if token.name == "inbound")
    assert text[opened.start : opened.end] == "<inbound>"
    closed = next(token for token in tokens if token.name == "inbound" and token.kind == "close")
    assert text[closed.start : closed.end] == "</inbound>"
    base = [token for token in tokens if token.name == "base"]
    assert [(token.kind, text[token.start : token.end]) for token in base] == [("open", "<base />"), ("close", "")]


NASTY = [
    "<",
    "@(",
    "@{",
    '"',
    "'",
    "<a>",
    '<a b="',
    "<!--",
    "<![CDATA[",
    "&",
    "&#",
    "{{",
    "</a>",
    "/*",
    "//",
    '$"{',
    '@"',
]


@pytest.mark.parametrize("piece", NASTY)
@pytest.mark.parametrize(
    "around", ["{}", "<a>{}</a>", "<a>@({})</a>", '<a>@("{}")</a>', '<a b="@({})"/>', '<a b="{}"/>']
)
def test_time_grows_only_with_length(piece: str, around: str) -> None:
    text = around.replace("{}", piece * (100_000 // len(piece)))
    many = "<a>" + f"<b>{piece}</b>@(x {piece} )" * (100_000 // (15 + len(piece))) + "</a>"
    for nasty in (text, many):
        begin = time.process_time()
        try:
            canonical(nasty)
        except PolicyError as error:
            assert len(str(error)) < 300  # noqa: PT017
        assert time.process_time() - begin < 2


def test_depth_has_no_limit() -> None:
    deep = "<a>" * 50_000
    assert same(deep + "</a>" * 50_000, deep + "\n</a>" * 50_000)
    assert broken(deep).message == "<a> is never closed"
    assert scan('<a>@($"' + '{$"' * 50_000 + '"}' * 50_000 + '")</a>').tokens


# Documents made up: a tree, written in two of its spellings.

STRINGS = st.lists(st.sampled_from([*"ab<>&;lt#1(){} /*'@$", "&lt;", "&#60;"]), max_size=8).map("".join)
LITERAL = st.one_of(
    STRINGS.map(lambda text: f'"{text}"'),
    STRINGS.map(lambda text: f'@"{text}""\n"'),
    STRINGS.map(lambda text: '$"' + text.replace("{", "{{").replace("}", "}}") + '{x["a"]}"'),
    st.sampled_from(["'a'", "'<'", "'\"'", "'\\''", '"\\""', '"\\\\"']),
)
CODE = st.sampled_from(["x", "return", "1.5", "<", ">", "&&", "==", "+", "++", ".", ",", ";", "?", ":", "=>", "[", "]"])
EXPRESSION = st.tuples(st.sampled_from(["()", "{}"]), st.lists(CODE | LITERAL, max_size=6))
TEXT = st.text("ab<>&;lt'\" \n/*", max_size=8).filter(lambda text: text == text.strip())
CONTENT = TEXT | EXPRESSION
NAMES = st.sampled_from(["base", "choose", "set-body", "value"])
TREE = st.recursive(
    st.tuples(NAMES, st.dictionaries(st.sampled_from("abc"), CONTENT, max_size=2), CONTENT.map(lambda one: [one])),
    lambda inner: st.tuples(NAMES, st.dictionaries(NAMES, CONTENT, max_size=2), st.lists(inner, max_size=3)),
    max_leaves=5,
)
ENTITIES = {"<": ("&lt;", "&#60;", "&#x3C;"), "&": ("&amp;", "&#38;", "&#x26;"), '"': ('"', "&quot;", "&#34;")}


def written(tree: object, choose: Callable[[list[str]], str], *, raw: bool) -> str:
    name, attributes, content = tree  # type: ignore[misc]
    pairs = list(attributes.items())
    if choose(["", "reverse"]):
        pairs.reverse()
    tag = name + "".join(choose([" ", "\n\t"]) + attribute(key, value, choose, raw=raw) for key, value in pairs)
    inner = [layout(choose)]
    for child in content:
        element = isinstance(child, tuple) and len(child) == 3
        inner += [written(child, choose, raw=raw) if element else element_text(child, choose, raw=raw), layout(choose)]
    text = "".join(inner)
    return f"<{tag}/>" if not text and choose(["", "short"]) else f"<{tag}>{text}</{name}{choose(['', ' '])}>"


def layout(choose: Callable[[list[str]], str]) -> str:
    return choose(["", "\n", "\r\n\t", "<!-- <x> @( -->", " <!----> "])


def attribute(key: str, value: object, choose: Callable[[list[str]], str], *, raw: bool) -> str:
    quote = choose(["'", '"'])
    other = {"'": "&apos;", '"': "&quot;"}[quote]
    if isinstance(value, str):
        return f"{key}={quote}{escaped(value, choose).replace(quote, other)}{quote}"
    code = expression(value, choose)
    return f"{key}={quote}{code if raw else escaped(code, choose).replace(quote, other)}{quote}"


def element_text(value: object, choose: Callable[[list[str]], str], *, raw: bool) -> str:
    text = value if isinstance(value, str) else expression(value, choose)
    if choose(["", "cdata"]):
        return f"<![CDATA[{text}]]>"
    return text if raw and not isinstance(value, str) else escaped(text, choose)


def expression(value: object, choose: Callable[[list[str]], str]) -> str:
    brackets, tokens = value  # type: ignore[misc]
    gaps = [" ", "\n", "\r\n\t", " /* ' */ ", ' // "x\n']
    return f"@{brackets[0]}" + "".join(choose(gaps) + token for token in [*tokens, brackets[1]])


def escaped(text: str, choose: Callable[[list[str]], str]) -> str:
    return "".join(choose(list(ENTITIES[c])) if c in ENTITIES else c for c in text)


def document(tree: object, choose: Callable[[list[str]], str], *, raw: bool) -> str:
    proof = "@(1 < 2)" if raw else "@(1 &lt; 2)"  # shows that the document is raw
    return f"<policies><when condition='{proof}'/>{written(tree, choose, raw=raw)}</policies>"


@given(TREE, st.data(), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=300)
def test_no_spelling_of_a_document_changes_its_form(tree: object, data: st.DataObject, one: bool, other: bool) -> None:  # noqa: FBT001
    def choose(ways: list[str]) -> str:
        return data.draw(st.sampled_from(ways))

    first, second = document(tree, choose, raw=one), document(tree, choose, raw=other)
    assert canonical(first) == canonical(second)


@given(EXPRESSION, LITERAL, st.data(), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=300)
def test_every_character_of_a_string_changes_the_form(
    around: tuple[str, list[str]],
    literal: str,
    data: st.DataObject,
    raw: bool,  # noqa: FBT001
    inside: bool,  # noqa: FBT001
) -> None:
    letters = [place for place, character in enumerate(literal) if character in "ablt1"]
    assume(letters)
    place = data.draw(st.sampled_from(letters))
    middle = data.draw(st.integers(0, len(around[1])))

    def text(one: str) -> str:
        code = (around[0], [*around[1][:middle], one, *around[1][middle:]])
        tree = ("x", {"a": code}, []) if inside else ("x", {}, [code])
        return document(tree, lambda ways: ways[0], raw=raw)

    assert canonical(text(literal)) != canonical(text(literal[:place] + "z" + literal[place + 1 :]))


@given(st.lists(st.sampled_from([*"<>/ab='\"@(){}&;!-[]?$\\\n ", "<a>", "</a>", "@(", "<!--", "-->", "]]>", "&lt;"])))
@settings(deadline=None, max_examples=500)
def test_nothing_raises_anything_else(pieces: list[str]) -> None:
    text = "".join(pieces)
    for whole in (text, f"<a>{text}</a>", f'<a b="{text}"/>', f"<a>@({text})</a>"):
        try:
            tokens = scan(whole).tokens
        except PolicyError as error:
            assert 1 <= error.line <= whole.count("\n") + 1  # noqa: PT017
            assert error.column >= 1  # noqa: PT017
        else:
            assert "".join(whole[token.start : token.end] for token in tokens) == whole
            hash(canonical(whole))


def respelled(text: str, choose: Callable[[list[str]], str], *, raw: bool) -> str:
    parts = []
    for token in scan(text).tokens:
        if token.kind == "open":
            pairs = "".join(
                f' {name}="{spelled(value, choose, raw=raw)}"' for name, value in reversed(token.attributes)
            )
            parts.append(layout(choose) + f"<{token.name}{pairs}>")
        elif token.kind == "close":
            parts.append(f"{layout(choose)}</{token.name}>")
        elif token.kind == "text":
            parts.append(spelled(token.value, choose, raw=raw))
    return "".join(parts)


def spelled(value: Value, choose: Callable[[list[str]], str], *, raw: bool) -> str:
    text = ""
    for piece in value:
        if isinstance(piece, Expression):
            code = "".join(token + choose([" ", "\r\n"]) for token in piece.raw[2:])
            code = "".join(piece.raw[:2]) + code
            text += code if raw else escaped(code, choose).replace('"', "&quot;")
        else:
            text += escaped(piece, choose).replace('"', "&quot;")
    return text


def keeps_its_form(text: str) -> None:
    expected = canonical(text)
    unix = text.replace("\r\n", "\n")
    assert canonical(unix) == canonical(unix.replace("\n", "\r\n")) == expected
    for seed in range(3):
        choose = Random(seed).choice  # noqa: S311
        assert canonical(respelled(text, choose, raw=False)) == expected
        if scan(text).raw:
            assert canonical(respelled(text, choose, raw=True)) == expected


def every_string_counts(text: str) -> int:
    expected = canonical(text)
    bare = re.sub(r"<!--.*?-->|(?<!:)//[^\n]*|/\*.*?\*/", lambda match: "~" * len(match[0]), text, flags=re.DOTALL)
    strings = list(re.finditer(r"""(?:"|&quot;)([\w ./:-]*[a-z][\w ./:-]*)(?:"|&quot;)""", bare))
    for match in strings:
        place = match.start(1) + next(n for n, character in enumerate(match[1]) if character.islower())
        changed = text[:place] + ("x" if text[place] != "x" else "y") + text[place + 1 :]
        assert canonical(changed) != expected, match[0]
    return len(strings)


def test_no_spelling_of_a_hand_written_document_changes_its_form() -> None:
    keeps_its_form(HAND_WRITTEN)
    keeps_its_form(respelled(HAND_WRITTEN, Random(0).choice, raw=False))  # noqa: S311


def test_every_string_of_a_hand_written_document_counts() -> None:
    assert every_string_counts(HAND_WRITTEN) > 9


# Real documents.

real = pytest.mark.skipif(not REAL, reason=f"the collection of real policies is not at {POLICIES}")


def content(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig")


@real
def test_all_real_documents_scan_but_those_that_are_broken() -> None:
    failed = {}
    for path in REAL:
        text = content(path)
        try:
            assert "".join(text[token.start : token.end] for token in scan(text).tokens) == text
            if text.lstrip().endswith("</fragment>"):
                check_fragment(text)
        except PolicyError as error:
            failed[path.name] = error
    assert {name: (error.line, error.column) for name, error in failed.items()} == {
        name: (line, column) for name, (line, column, _) in BROKEN.items()
    }
    assert all(BROKEN[name][2] in error.message for name, error in failed.items())


READABLE = [path for path in REAL if path.name not in BROKEN]


@real
def test_well_formed_documents_have_the_elements_that_an_xml_parser_finds() -> None:
    compared = 0
    for path in READABLE:
        text = content(path)
        try:
            expected = list(ET.fromstring(text).iter())  # noqa: S314
        except ET.ParseError:
            continue
        compared += 1
        found = [token for token in scan(text).tokens if token.kind == "open"]
        assert [token.name for token in found] == [element.tag for element in expected]
        assert [sorted(dict(token.attributes)) for token in found] == [sorted(element.attrib) for element in expected]
        plain = [[value for _, value in token.attributes if isinstance(value[0], str)] for token in found]
        for values, element in zip(plain, expected, strict=True):
            assert {value[0] for value in values} <= set(element.attrib.values())
    assert compared == 90 if len(REAL) == 202 else compared


each = pytest.mark.parametrize("path", READABLE, ids=[path.stem[-40:] for path in READABLE])


@real
@each
def test_no_spelling_of_a_real_document_changes_its_form(path: Path) -> None:
    keeps_its_form(content(path))


@real
@each
def test_every_string_of_a_real_document_counts(path: Path) -> None:
    every_string_counts(content(path))


NO_XML = "product-filter-response-content-based-o-7218f5c7.xml"  # a comment in a comment


@real
@each
def test_a_second_reader_may_spell_a_real_document_as_it_likes(path: Path) -> None:
    text = content(path).replace("\r\n", "\n")
    try:
        xml = as_xml(text, Random(1))  # noqa: S311
    except Unreadable:
        assert path.name.endswith(NO_XML)
        return
    for seed in range(4):
        assert canonical(respelled_by_xml(xml, Random(seed))) == canonical(text)  # noqa: S311


@real
@each
def test_a_second_reader_changes_no_character_of_a_string_unnoticed(path: Path) -> None:
    text = content(path).replace("\r\n", "\n")
    for changed in with_other_strings(text, Random(3)):  # noqa: S311
        assert canonical(changed) != canonical(text)


@real
def test_the_second_reader_finds_the_strings_of_real_documents() -> None:
    found = sum(1 for path in READABLE for _ in with_other_strings(content(path), Random(3)))  # noqa: S311
    assert found > 2_000 if len(REAL) == 202 else found
