"""Policies, as Azure keeps them and as anybody writes them: what they are split into, compared by, and edited to."""

from pathlib import Path

from fuzzing.mutating import texts
from fuzzing.target import REFUSED, TAKEN, Target, repeated, step
from reconciler.kinds.gate import Gate as GateKind
from reconciler.limits import Limit
from reconciler.policy.canonical import canonical
from reconciler.policy.edit import MADE, exclude, include, inclusions, is_included, says_nothing
from reconciler.policy.fragments import check_fragment, fragment_references
from reconciler.policy.gate import Gate, OAuth, Tier
from reconciler.policy.reading import read
from reconciler.policy.scan import scan
from reconciler.policy.tokens import PolicyError
from reconciler.policy.writing import write

_REAL = sorted((Path(__file__).parents[3] / "shared" / "policies").glob("*.xml"))
_GENERATED = write(
    Gate(
        product="orders",
        ask="contact checkout",
        credentials="key or token",
        oauth=OAuth("https://login.example/x", frozenset({"api://orders"}), roles=frozenset({"Read"})),
        clients={"1a2b": "standard", "3c4d": ""},
        keys={"checkout--orders": "standard"},
        tiers={"standard": Tier(Limit(10, 60), Limit(1000, 86400))},
        default="standard",
    )
)
_SEEDS = (
    *("<policies><inbound><base /></inbound></policies>", "<fragment />", "<policies />", _GENERATED),
    (
        "<policies>\n\t<inbound>\n\t\t<base />\n"
        '\t\t<include-fragment fragment-id="access-orders" />\n\t</inbound>\n</policies>'
    ),
    (
        '<policies><inbound><choose><when condition="@(a("b") < 1 && c)"><set-body>@{ return $"{x["y"]}"; }</set-body>'
        "</when></choose></inbound><backend/><outbound><![CDATA[@(1)]]></outbound></policies>"
    ),
    *(path.read_text(encoding="utf-8", errors="replace") for path in _REAL[::9]),
)
_TOKENS = (
    *(
        "<",
        ">",
        "/>",
        "</",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?xml ",
        "?>",
        "<!DOCTYPE",
        "&amp;",
        "&lt;",
        "&#0;",
        "&#xD800;",
    ),
    *(
        "&",
        ";",
        "@(",
        "@{",
        ")",
        "}",
        "{",
        "(",
        '"',
        "'",
        '@"',
        '$"',
        '$@"',
        "//",
        "/*",
        "*/",
        "{{",
        "}}",
        "\\",
        "=",
        "a=",
        ' a="',
    ),
    *(
        "<a>",
        "</a>",
        "<a b='@(",
        "<base />",
        "<inbound>",
        "</inbound>",
        "<policies>",
        "</policies>",
        "<inbound/>",
        "\r\n",
    ),
    *(
        '<include-fragment fragment-id="access-orders" />',
        '<include-fragment fragment-id="Access-Orders"/>',
        "<fragment>",
    ),
    *("<!-- made for the include -->", "<choose>", "<set-body>", "&#1114112;", "&quot;", "\ud800"),
)
_FRAGMENT = "access-orders"


def policy(content: bytes) -> bool:
    """Split it, compare it, put an include in and take it out again: the rest means what it meant."""
    text = _text(content)
    for act in (check_fragment, fragment_references, read, lambda each: [*GateKind().rows(_row(each))]):
        step()
        try:
            act(text)
        except PolicyError as error:
            _placed(error, text)
    try:
        step()
        before = canonical(text)
        step()
        assert "".join(text[each.start : each.end] for each in scan(text).tokens) == text
        step()
        says_nothing(text)
    except PolicyError as error:
        _placed(error, text)
        return REFUSED
    try:
        step()
        inclusions(text, _FRAGMENT)
        step()
        edited = include(text, _FRAGMENT)
        step()
        assert is_included(edited, _FRAGMENT)
        step()
        without = exclude(edited, _FRAGMENT)
        step()
        assert not is_included(without, _FRAGMENT)
        if edited != text and MADE not in text:
            assert without == text
            assert canonical(without) == before
    except PolicyError as error:  # a fragment, or there is no room for an include
        _placed(error, text)
    return TAKEN


def _row(text: str) -> dict[str, object]:
    return {"name": _FRAGMENT, "properties": {"value": text}}


def _text(content: bytes) -> str:
    """Half a character may come in JSON, and so from Azure."""
    try:
        return content.decode(errors="surrogatepass")
    except UnicodeDecodeError:
        return content.decode(errors="replace")


def _placed(error: PolicyError, text: str) -> None:
    assert 1 <= error.line <= text.count("\n") + 1
    assert error.column >= 1


_BODY = "<policies><inbound><base />"
_END = "</inbound></policies>"
_IN_STRING = {"before": f'{_BODY}<a b="@(', "after": f')" />{_END}'}
POLICY = Target(
    "policy",
    policy,
    texts([seed.encode() for seed in _SEEDS], _TOKENS),
    tuple(seed.encode() for seed in _SEEDS[:6]),
    {
        "many <": repeated("<"),
        "elements, each in the last": repeated("<a>", before="<policies><inbound>", after=_END),
        "elements, each in the last, closed": repeated("<a>", before="<policies><inbound>", closing="</a>", after=_END),
        "elements": repeated("<a/>", before=_BODY, after=_END),
        "elements with text": repeated("x<a/>", before=_BODY, after=_END),
        "attributes": repeated(' a{n}="x"', before=f"{_BODY}<a", after=f"/>{_END}"),
        "one attribute again": repeated(' a="x"', before=f"{_BODY}<a", after=f"/>{_END}"),
        "spaces in a tag": repeated(" ", before=f"{_BODY}<a", after="!"),
        "comments": repeated("<!-- -->", before=_BODY, after=_END),
        "comments behind base": repeated("<!--x-->", before=_BODY, after=f"x{_END}"),
        "comments that are never closed": repeated("<!--", before=_BODY, after=_END),
        "lines": repeated("\n", before=_BODY, after=_END),
        "lines and spaces": repeated("\r\n \t", before=_BODY, after=_END),
        "includes": repeated(f'<include-fragment fragment-id="{_FRAGMENT}" />', before=_BODY, after=_END),
        "includes, a line each": repeated(
            f'\n  <include-fragment fragment-id="{_FRAGMENT}" />', before=_BODY, after=_END
        ),
        "includes deeper down": repeated(
            f'<choose><include-fragment fragment-id="{_FRAGMENT}" /></choose>', before=_BODY, after=_END
        ),
        "bases": repeated("<base />", before=_BODY, after=_END),
        "sections": repeated("<inbound />", before="<policies>", after="</policies>"),
        "CDATA": repeated("<![CDATA[x]]>", before=_BODY, after=_END),
        "CDATA and text": repeated("<![CDATA[x]]>y", before=_BODY, after=_END),
        "CDATA that is never closed": repeated("<![CDATA[", before=_BODY, after=_END),
        "entities": repeated("&amp;", before=_BODY, after=_END),
        "entities that are none": repeated("&amp", before=_BODY, after=_END),
        "entities in an expression": repeated("&amp;", **_IN_STRING),
        "entities in its strings": repeated("&quot;", **_IN_STRING),
        "expressions": repeated('<a b="@(c)" />', before=_BODY, after=_END),
        "raw expressions": repeated('<a b="@(c("d") < 1)" />', before=_BODY, after=_END),
        "expressions with no end": repeated("@(", before=_BODY, after=_END),
        "attributes with no end": repeated('<a b="@(', before=_BODY, after=_END),
        "expressions with no end, and a string": repeated('<a b="@(" />', before=_BODY, after=_END),
        "braces": repeated("{", before=f"{_BODY}@", after=_END),
        "brackets that are closed": repeated("(", before=f"{_BODY}@(", closing=")", after=f"){_END}"),
        "interpolated strings, each in the last": repeated('$"{', before=f"{_BODY}@(", closing='}"', after=f"){_END}"),
        "interpolated strings with no end": repeated('$"{', before=f"{_BODY}@(", after=_END),
        "braces in a string": repeated("{{", before=f'{_BODY}@($"', after=f'"){_END}'),
        "closing braces in a string": repeated("}", before=f'{_BODY}@($"', after=f'"){_END}'),
        "quotes in a verbatim string": repeated('""', before=f'{_BODY}@(@"', after=f'"){_END}'),
        "comments of C#": repeated("/**/", before=f"{_BODY}@(", after=f"){_END}"),
        "comments of C# with no end": repeated("/* ", before=f"{_BODY}@(", after=f"){_END}"),
        "slashes": repeated("/ ", before=f"{_BODY}@(", after=f"){_END}"),
        "strings": repeated('"a" + ', before=f"{_BODY}@(", after=f'"b"){_END}'),
        "characters": repeated("'\\", before=f"{_BODY}@(", after=f"){_END}"),
        "names": repeated("a.", before=f"{_BODY}@(", after=f"){_END}"),
        "digits": repeated("1.", before=f"{_BODY}@(", after=f"){_END}"),
        "a long name": repeated("a", before=f"{_BODY}<", after=f"/>{_END}"),
        "text with white space": repeated("x \n", before=_BODY, after=_END),
        "half an opening": repeated("@", before=_BODY, after=_END),
        "values and expressions": repeated("<a>@(b)c</a>", before=_BODY, after=_END),
        "generated, and more": lambda size: _GENERATED.replace(
            "</fragment>", "<a/>" * (size // 4) + "</fragment>"
        ).encode(),
        "set-body that is deep": repeated(
            "[", before=_GENERATED[: _GENERATED.index("<set-body") + 10], after="</set-body>"
        ),
    },
    weight=4,
)
