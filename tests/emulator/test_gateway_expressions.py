"""C# expressions of policies: what they come to, what makes them throw, and what is not known of the language."""

from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.emulator.gateway.blocks import evaluated
from reconciler.emulator.gateway.members import Jwt, Lookup, Thing
from reconciler.emulator.gateway.refusals import EvaluationFailed, NotKnown

TOKEN = jwt.encode({"azp": "app-1", "roles": ["R", "W"], "sub": "me"}, "any secret will do for this test", "HS256")
CONTEXT = Thing(
    "context",
    {
        "Subscription": Thing("context.Subscription", {"Id": "s"}),
        "Product": None,
        "Variables": Lookup(
            "context.Variables",
            {
                "text": "hello",
                "yes": True,
                "number": 7,
                "nothing": None,
                "jwt": Jwt({"alg": "RS256", "typ": "JWT"}, {"azp": ["app-1"], "roles": ["R", "W"], "iss": ["i"]}),
            },
            lists=False,
        ),
        "Request": Thing(
            "context.Request",
            {"Headers": Lookup("Headers", {"Authorization": [f"Bearer {TOKEN}"], "X-A": ["1", "2"]}, folded=True)},
        ),
    },
)


def value_of(code: str) -> Any:
    return evaluated(code if code.startswith("@{") else f"@({code})", CONTEXT)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('"a"', "a"),
        (r'"q\"\\\n\u0041"', 'q"\\\nA'),
        ('@"c:\\ ""x"""', 'c:\\ "x"'),
        ("12", 12),
        ("1.5", 1.5),
        ("-3", -3),
        ("null", None),
        ('context.Subscription.Id == "s"', True),
        ('context.Subscription?.Id == "t"', False),
        ("context.Product?.Id", None),
        ('context.Product?.Id.ToLower().Length ?? "none"', "none"),
        ("context.Product == null", True),
        ("context.Product != null && context.Product.Id == null", False),
        ("context.Subscription != null || context.Product.Id == null", True),
        ('!string.IsNullOrEmpty("") ', False),
        ('string.IsNullOrEmpty(context.Product?.Id) ? "open" : "closed"', "open"),
        ("String.IsNullOrWhiteSpace(null)", True),
        ('true ? false ? "a" : "b" : "c"', "b"),
        ("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3", True),
        ("1 + 2 == 3", True),
        ("5 - 2 - 1", 2),
        ('"n" + 1 + true + null', "n1True"),
        ("true || false && false", True),
        ("(true || false) && false", False),
        ('null ?? null ?? "c"', "c"),
        ('new [] {"a", "b"}.Contains("b")', True),
        ('new string[] { "a", "b" }.Contains("c")', False),
        ("new [] {}.Any()", False),
        ("\"a,b\".Split(',')[1]", "b"),
        ('"abc".Substring(1, 1) + "abc".IndexOf("c") + "abc".Length', "b23"),
        ('"Abc".Equals("aBC", StringComparison.OrdinalIgnoreCase)', True),
        ('"Abc".Equals("aBC")', False),
        ('"abc".StartsWith("ab") && "abc".EndsWith("bc") && "abc".Contains("b")', True),
        ('string.Join(";", new [] {"a", "b"})', "a;b"),
        ('(string)context.Variables["text"]', "hello"),
        ('(bool)context.Variables["yes"]', True),
        ('!(bool)context.Variables["yes"]', False),
        ('((int)context.Variables["number"]) + 1', 8),
        ('(string)context.Variables["nothing"]', None),
        ('context.Variables.GetValueOrDefault<string>("text", "d")', "hello"),
        ('context.Variables.GetValueOrDefault<string>("none", "d")', "d"),
        ('context.Variables.GetValueOrDefault<bool>("none")', False),
        ('context.Variables.GetValueOrDefault<string>("none")', None),
        ('context.Variables.ContainsKey("nothing") && !context.Variables.ContainsKey("none")', True),
        ('((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("azp", "")', "app-1"),
        ('((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("roles", "")', "R,W"),
        ('((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("scp", "none")', "none"),
        ('((Jwt)context.Variables["jwt"]).Claims["roles"].Contains("W")', True),
        ('((Jwt)context.Variables["jwt"]).Issuer', "i"),
        ('((Jwt)context.Variables["jwt"]).Subject', None),
        ('context.Variables.GetValueOrDefault<Jwt>("jwt")?.Algorithm', "RS256"),
        ('context.Request.Headers.GetValueOrDefault("x-a", "")', "1,2"),
        ('context.Request.Headers["X-A"].Last()', "2"),
        ('context.Request.Headers.GetValueOrDefault("Authorization", "").AsJwt()?.Subject', "me"),
        ('context.Request.Headers.GetValueOrDefault("None", "").AsJwt()?.Claims.GetValueOrDefault("azp", "x")', None),
        ('context.Request.Headers["Authorization"].First().Split(\' \').Last().AsJwt()?.Claims["azp"][0]', "app-1"),
        ('"string" == ("string")', True),
        ('"/* no */ // comment" /* a comment */ // another', "/* no */ // comment"),
        ('@{ return "a"; }', "a"),
        ('@{ var a = "x"; string b = a + "y"; if (b == "xy") { return b; } else { return "no"; } }', "xy"),
        ("@{ if (1 > 2) return true; return false; }", False),
        ("@{ if (true) { var unused = 1; } }", None),
    ],
)
def test_an_expression_comes_to_its_value(code: str, expected: Any) -> None:
    found = value_of(code)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    "code",
    [
        "context.Product.Id",
        'context.Variables["none"]',
        '((Jwt)context.Variables["jwt"]).Claims["none"]',
        '(string)context.Variables["yes"]',
        '(int)context.Variables["yes"]',
        '(bool)context.Variables["nothing"]',
        '(Jwt)context.Variables["text"]',
        "\"a\".Split(' ')[1]",
        "new [] {}.First()",
        '"abc".Substring(4)',
        'context.Variables.GetValueOrDefault<string>("number", "")',
        '"a".Contains(null)',
    ],
)
def test_what_would_throw_throws(code: str) -> None:
    with pytest.raises(EvaluationFailed):
        value_of(code)


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("context.Elapsed", "context.Elapsed"),
        ("context.Subscription.Moon", "context.Subscription.Moon"),
        ("Guid.NewGuid()", "Guid"),
        ('$"{1}"', "$"),
        ("(JObject)context", "context"),
        ("a => a", "=>"),
        ('"a".PadLeft(3)', "string.PadLeft with 1 arguments"),
        ('"a".Contains("a", "b")', "string.Contains with 2 arguments"),
        ('1 == "1"', "int == string"),
        ('"a" && true', "string as a condition"),
        ("1 + true", "bool as a number"),
        ("context", "the text of context"),
        ('"a" "b"', "'b'"),
        ("(1", "its end"),
        ("", "its end"),
        ("@{ foreach (var a in b) { } }", "foreach"),
        ("@{ return 1 }", "its end"),
        ("@{ if (true) { return 1;", "its end"),
        ("new { a = 1 }", "{"),
        ("typeof(string)", "typeof"),
        ("context.Variables.GetValueOrDefault<string>", "<"),
        ("1 % 2", "%"),
    ],
)
def test_what_is_not_known_is_named_and_not_guessed(code: str, named: str) -> None:
    with pytest.raises(NotKnown) as raised:
        value_of(code if code != "context" else 'context + ""')
    assert named in raised.value.what


def test_an_expression_is_read_whole_before_any_of_it_counts() -> None:
    with pytest.raises(NotKnown):
        value_of("true || (a => b)")


@given(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"])))
def test_any_text_written_as_a_literal_is_read_back(text: str) -> None:
    plain = '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))
    verbatim = '@"{}"'.format(text.replace('"', '""'))
    assert value_of(plain) == value_of(verbatim) == text


@given(st.text(alphabet="ab()[]{}\"'@.,;:?=!<>|&+- \\\n", max_size=30))
def test_no_text_at_all_makes_the_reader_fail_otherwise(text: str) -> None:
    try:
        value_of(text)
    except (NotKnown, EvaluationFailed):
        return
