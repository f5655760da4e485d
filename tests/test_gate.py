"""Gates as values, their fragments as text, and what a gateway makes of them."""

import json
import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from gateway_sense import Call, answer
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from policy_spellings import as_xml, respelled_by_xml

from reconciler.emulator.policy_text import escaped, read_policy, unescaped
from reconciler.limits import Limit, quota, rate
from reconciler.policy.canonical import canonical
from reconciler.policy.fragments import check_fragment, size_of
from reconciler.policy.gate import Gate, OAuth, Tier
from reconciler.policy.reading import read
from reconciler.policy.spelling import literal, text_of, word
from reconciler.policy.tokens import PolicyError
from reconciler.policy.writing import write

CREDENTIALS = ("key", "token", "key and token", "key or token")
OPENID = "https://login.microsoftonline.com/7c9e0000-0000-0000-0000-000000000000/v2.0/.well-known/openid-configuration"
PARTNER, PLAIN, STRANGER = (f"{n}a2b0000-0000-0000-0000-000000000000" for n in (1, 2, 3))
ORDERS = Gate(
    product="orders",
    ask="https://github.com/contoso/access/issues/new?template=request-access.yml",
    credentials="key or token",
    oauth=OAuth(OPENID, frozenset({"api://orders"}), roles=frozenset({"Orders.Read"})),
    clients={PARTNER: "partner", PLAIN: ""},
    keys={"billing--orders": "partner", "checkout--orders": ""},
    tiers={
        "standard": Tier(rate("100 per minute"), quota("100000 per 30 days")),
        "partner": Tier(rate("1000 per minute")),
        "unlimited": Tier(),
    },
    default="standard",
)


SHOWN = replace(
    ORDERS,
    clients={PARTNER: "partner", PLAIN: "", STRANGER: ""},
    keys={"billing--orders": "partner"},
    tiers={name: tier for name, tier in ORDERS.tiers.items() if name != "unlimited"},
)


def with_credentials(gate: Gate, credentials: Any) -> Gate:
    by_token, by_key = credentials != "key", credentials in ("key", "key or token")
    return replace(
        gate,
        credentials=credentials,
        oauth=gate.oauth if by_token else None,
        clients=gate.clients if by_token else {},
        keys=gate.keys if by_key else {},
    )


# What it means.

TOKENS = {
    "no token": Call(),
    "another's token": Call(claims={"azp": PARTNER, "roles": "Orders.Read"}, valid=False),
    "a token without the role": Call(claims={"azp": PARTNER}),
    "a partner": Call(claims={"azp": PARTNER, "roles": "Orders.Read"}),
    "an old token of a client": Call(claims={"appid": PLAIN, "roles": "Orders.Write Orders.Read"}),
    "a stranger": Call(claims={"azp": STRANGER, "appid": PARTNER, "roles": "Orders.Read"}),
    "a token of nobody": Call(claims={"sub": PARTNER, "roles": "Orders.Read"}),
}
GRANTED = {"a partner": "partner", "an old token of a client": "standard"}
UNCHECKED = ("another's token", "a token without the role")
NO_TOKEN = ("no token", *UNCHECKED)
KEYS = {None: None, "billing--orders": "partner", "checkout--orders": "standard", "undeclared": "standard"}


def decided(credentials: str, key: str | None, token: str) -> tuple[int, str | None]:
    """Say again, in other words, what the answer is, and the tier of whoever is let in."""
    if "key" in credentials and "or" not in credentials.split() and key is None:
        return 401, None
    if key is not None and credentials in ("key", "key or token"):
        return 0, KEYS[key]
    if token in NO_TOKEN:
        return 401, None
    return (0, GRANTED[token]) if token in GRANTED else (403, None)


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_who_comes_in_and_how_often(credentials: str) -> None:
    fragment = write(with_credentials(ORDERS, credentials))
    for key, (token, call) in product(KEYS, TOKENS.items()):
        given = answer(fragment, replace(call, key=key))
        status, tier = decided(credentials, key, token)
        assert given.status == status, (key, token)
        limits = {"standard": ["100 in 60", "100000 in 2592000"], "partner": ["1000 in 60"], None: []}[tier]
        assert list(given.counted.values()) == limits, (key, token)
        assert not given.noted
        if status:
            assert "orders" in given.body
            assert ORDERS.ask in given.body
        if status == 403 or (credentials == "key" and status):
            assert json.loads(given.body)["ask"] == ORDERS.ask
            assert json.loads(given.body)["statusCode"] == status


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_a_report_refuses_nobody_and_tells_of_everyone_it_would(credentials: str) -> None:
    fragment = write(replace(with_credentials(ORDERS, credentials), enforcement="report"))
    for key, (token, call) in product(KEYS, TOKENS.items()):
        given = answer(fragment, replace(call, key=key))
        assert (given.status, given.counted) == (0, {}), (key, token)
        # a report cannot check a token: API Management does not without refusing
        refused = decided(credentials, key, "a partner" if token in UNCHECKED else token)[0] != 0
        assert len(given.noted) == refused, (key, token)
        if refused:
            assert given.noted[0]["product"] == "orders"
            assert given.noted[0]["verdict"] in ("no key", "not granted")
            named = (call.claims or {}).get("azp", "") if credentials == "token" else given.noted[0].get("client", "")
            assert given.noted[0].get("client", "") == named


def test_consumers_do_not_count_for_each_other_nor_for_another_product() -> None:
    counters = [
        set(answer(write(replace(gate, product=name)), call).counted)
        for name in ("orders", "refunds")
        for gate in (ORDERS, with_credentials(ORDERS, "token"))
        for call in (
            Call(claims={"azp": PARTNER, "roles": "Orders.Read"}),
            Call(claims={"azp": PLAIN, "roles": "Orders.Read"}),
            *[Call(key="billing--orders"), Call(key=PARTNER)][: 2 * (gate is ORDERS)],
        )
    ]
    assert all(counters)
    assert len(set.union(*counters)) == sum(map(len, counters))
    assert "rate:orders::" + PARTNER in set.union(*counters)


def test_scopes_are_for_users_and_roles_for_programs() -> None:
    oauth = OAuth(OPENID, frozenset({"a"}), scopes=frozenset({"Orders.Read", "x"}), roles=frozenset({"Orders.All"}))
    both = write(replace(with_credentials(ORDERS, "token"), oauth=oauth))
    asked = {
        (): 401,
        (("scp", "Orders.Read"),): 0,
        (("scp", "y x"),): 0,
        (("scp", "Orders.All"),): 401,
        (("roles", "Orders.All"),): 0,
        (("roles", "Orders.Read"),): 401,
        (("scp", "y"), ("roles", "Orders.All")): 401,
    }
    for claims, status in asked.items():
        assert answer(both, Call(claims={"azp": PARTNER, **dict(claims)})).status == status, claims
    none = write(replace(with_credentials(ORDERS, "token"), oauth=OAuth(OPENID, frozenset({"a"}))))
    assert answer(none, Call(claims={"azp": PARTNER})).status == 0


def test_a_claim_that_is_named_is_the_only_one() -> None:
    oauth = OAuth("https://contoso.okta.com/.well-known/openid-configuration", frozenset({"a"}), claim="cid")
    fragment = write(replace(with_credentials(ORDERS, "token"), oauth=oauth))
    assert answer(fragment, Call(claims={"cid": PARTNER})).status == 0
    assert answer(fragment, Call(claims={"azp": PARTNER, "appid": PARTNER})).status == 403


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_without_grants_and_tiers_a_gate_is_shut_for_tokens_and_has_no_limits(credentials: str) -> None:
    bare = with_credentials(replace(ORDERS, clients={}, keys={}, tiers={}, default=""), credentials)
    assert read(write(bare)) == bare
    call = Call(key="k", claims={"azp": PARTNER, "roles": "Orders.Read"})
    assert answer(write(bare), call).status == (0 if credentials in ("key", "key or token") else 403)
    assert not answer(write(bare), call).counted


# What it is written as.


def test_a_fragment_looks_like_this() -> None:
    text = write(ORDERS)
    check_fragment(text)
    assert 'condition=\'@(new [] {\n\t\t\t\t\t"billing--orders"\n\t\t\t\t}.Contains(' in text
    assert f'<openid-config url="{OPENID}" />' in text
    assert "<audience>api://orders</audience>" in text
    assert '<rate-limit-by-key calls="100" renewal-period="60" ' in text
    assert '<quota-by-key calls="100000" renewal-period="2592000" ' in text
    assert text.count("\t\t<set-status code=") == 1
    assert read(text) == ORDERS


def test_an_address_is_told_so_that_people_and_json_can_read_it() -> None:
    ask = 'https://contoso.example/?a=1&b="2"\\'
    fragment = write(replace(with_credentials(ORDERS, "token"), ask=ask))
    assert r"https://contoso.example/?a=1&b=\"2\"" in answer(fragment, Call()).body
    refused = answer(fragment, Call(claims={"azp": STRANGER, "roles": "Orders.Read"}))
    assert json.loads(refused.body)["ask"] == ask


def test_the_guide_shows_a_fragment_as_it_is_written() -> None:
    guide = (Path(__file__).parents[1] / "docs" / "policies.md").read_text()
    shown = re.search(r"^```xml\n(<fragment>.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    assert shown
    assert read(shown[1]) == SHOWN


def test_ids_are_sorted_so_that_a_grant_more_is_a_line_more() -> None:
    before = write(ORDERS).splitlines()
    after = write(replace(ORDERS, clients={"0" + PLAIN: "partner", **ORDERS.clients})).splitlines()
    assert [line.strip() for line in after if line not in before] == [f'"0{PLAIN}",']
    assert [line for line in before if line not in after] == []


def test_two_thousand_clients_fit_and_what_does_not_is_said() -> None:
    def clients(number: int) -> dict[str, str]:
        return {f"{n:08d}-0000-0000-0000-000000000000": "partner" if n % 2 else "" for n in range(number)}

    full = replace(ORDERS, clients=clients(2_000))
    assert size_of(write(full).replace("\n", "\r\n")) < 110_000
    assert read(write(full)) == full
    check_fragment(write(replace(ORDERS, clients=clients(10_000))).replace("\n", "\r\n"))
    with pytest.raises(PolicyError, match=r"bytes are too many: a fragment has at most 524,288 \(512 KB\)"):
        write(replace(ORDERS, clients=clients(12_000)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"product": "a\nb"}, "control character (U+000A)"),
        ({"ask": "a\0"}, "control character (U+0000)"),
        ({"ask": "\ud800"}, "control character (U+D800)"),
        ({"clients": {"a\x1b": ""}}, "control character (U+001B)"),
        ({"clients": {"": ""}}, "an empty id would stand for every call"),
        ({"keys": {"": ""}}, "an empty id would stand for every call"),
        ({"clients": {PLAIN: "gold"}}, "no tier 'gold'; there are: partner, standard, unlimited"),
        ({"default": "gold"}, "no tier 'gold'"),
        ({"tiers": {"": Tier()}, "default": "", "clients": {}, "keys": {}}, "a tier needs a name"),
        ({"oauth": None}, "`key or token` need `oauth`"),
        ({"credentials": "key"}, "`key` have no use for `oauth`"),
        ({"credentials": "key", "oauth": None}, "no token is looked at"),
        ({"credentials": "token"}, "told apart by client"),
        ({"credentials": "key and token"}, "told apart by client"),
    ],
)
def test_what_no_gate_can_be_is_said(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        write(replace(ORDERS, **wrong))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"audiences": frozenset()}, "without an audience"),
        ({"configuration": "http://login.contoso.example"}, "no https:// address"),
        ({"configuration": "https://{{tenant}}"}, "named value"),
        ({"audiences": frozenset({"@(context.Request.Url.Host)"})}, "an expression"),
        ({"roles": frozenset({"@{1}"})}, "an expression"),
        ({"roles": frozenset({"a@(1)"})}, "an expression"),
        ({"scopes": frozenset({"a b"})}, "white space"),
        ({"issuers": frozenset({""})}, "is empty"),
        ({"issuers": frozenset({"a\u200bb"})}, "nobody can see"),
        ({"roles": frozenset({"a\t"})}, "control character"),
    ],
)
def test_what_no_issuer_can_be_is_said(wrong: dict[str, Any], said: str) -> None:
    good = ORDERS.oauth
    assert good is not None
    with pytest.raises(ValueError, match=r"\w") as caught:
        write(replace(ORDERS, oauth=replace(good, **wrong)))
    assert said in str(caught.value)


# Read back equal.

NASTY = [
    *('"', "'", "\\", "@(", "@{", "<", ">", "&", "&lt;", "&#60;", "]]>", "<![CDATA[", "<!--", "-->", "{{", "}}", "${"),
    *(
        "{{secret}}",
        "$(env)",
        "*/",
        "//",
        "\\u0022",
        '");',
        "</fragment>",
        "access-tier",
        "access-client",
        "access-key",
    ),
    *("a", "é", "😀", "\u2028", "\u00a0", "\ufffe", "\u202e", " ", ",", "new []", "no key"),
]
TEXT = st.lists(st.sampled_from(NASTY), min_size=1, max_size=4).map("".join) | st.text(
    st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8
)
WORD = TEXT.filter(lambda text: text.isprintable() and not any(sign in text for sign in (" ", "@(", "@{", "{{")))
WORDS = st.frozensets(WORD, max_size=2)
LIMIT = st.none() | st.builds(Limit, st.integers(1, 10**9), st.integers(1, 10**9))
OAUTHS = st.builds(
    OAuth,
    WORD.map("https://{}".format),
    st.frozensets(WORD, min_size=1, max_size=2),
    WORDS,
    WORDS,
    WORDS,
    st.just("") | TEXT,
)


@st.composite
def gates(draw: st.DrawFn) -> Gate:
    tiers = draw(st.dictionaries(TEXT, st.builds(Tier, LIMIT, LIMIT), max_size=3))
    consumers = st.dictionaries(TEXT, st.sampled_from(["", *tiers]), max_size=4)
    gate = Gate(
        product=draw(TEXT),
        ask=draw(TEXT),
        credentials="key or token",
        oauth=draw(OAUTHS),
        clients=draw(consumers),
        keys=draw(consumers),
        tiers=tiers,
        default=draw(st.sampled_from(["", *tiers])),
        enforcement=draw(st.sampled_from(["enforce", "report"])),
    )
    return with_credentials(gate, draw(st.sampled_from(CREDENTIALS)))


LAW = settings(deadline=None, max_examples=100)


@given(gates())
@LAW
def test_what_is_written_is_read_back_equal(gate: Gate) -> None:
    assert read(write(gate)) == gate


@given(gates(), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_it_is_read_back_equal_however_azure_spells_it(gate: Gate, seed: int) -> None:
    text = write(gate)
    stored = read_policy(escaped(text)).text
    assert read_policy(text).named_values == ()
    xml = as_xml(text, Random(seed))  # noqa: S311
    for spelled in (text.replace("\n", "\r\n"), stored, unescaped(stored), respelled_by_xml(xml, Random(seed))):  # noqa: S311
        assert canonical(spelled) == canonical(text)
        assert read(spelled) == gate


def structure(text: str) -> list[object]:
    """Give all that the document says but its plain values and the strings of its C#."""
    blank = [
        tuple(
            re.sub(r'"[^"]*"', '""', " ".join(map(str, value))) for value in element.attrib.values() if value[:1] == "@"
        )
        for element in ET.fromstring(text).iter()  # noqa: S314
    ]
    return [[element.tag for element in ET.fromstring(text).iter()], blank]  # noqa: S314


@given(gates())
@LAW
def test_no_text_that_anybody_writes_becomes_code_or_markup(gate: Gate) -> None:
    names = {text: f"n{n}" for n, text in enumerate(sorted({*gate.clients, *gate.keys, *gate.tiers}))}
    words = {"": ""}
    oauth = gate.oauth and replace(
        gate.oauth,
        configuration="https://x",
        claim=gate.oauth.claim and "x",
        **{
            kind: frozenset(f"{kind}{n}" for n, _ in enumerate(getattr(gate.oauth, kind)))
            for kind in ("audiences", "issuers", "scopes", "roles")
        },
    )
    tame = Gate(
        product="x",
        ask="x",
        credentials=gate.credentials,
        oauth=oauth,
        clients={names[one]: {**words, **names}[tier] for one, tier in gate.clients.items()},
        keys={names[one]: {**words, **names}[tier] for one, tier in gate.keys.items()},
        tiers={names[one]: tier for one, tier in gate.tiers.items()},
        default={**words, **names}[gate.default],
        enforcement=gate.enforcement,
    )
    text = write(gate)
    assert structure(text) == structure(write(tame))
    assert "{{" not in text
    assert "]]>" not in text
    assert text.count("<!--") == text.count("-->") == 1


@given(gates(), st.data())
@LAW
def test_what_is_changed_by_hand_shows(gate: Gate, data: st.DataObject) -> None:
    text = write(gate)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.sampled_from(["", "x", '"', "<", " ", "</when>", "0"])) + text[at + 1 :]
    try:
        same = canonical(changed) == canonical(text)
    except PolicyError:
        assert read(changed) is None
        return
    assert (read(changed) == gate) == same


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"1a2b', '"9a2b'),
        ("403", "200"),
        ('!= "granted"', '== "granted"'),
        ('require-signed-tokens="true"', 'require-signed-tokens="false"'),
        ("<audience>api://orders</audience>", "<audience>api://orders</audience><audience>api://x</audience>"),
        ("</fragment>", "\t<set-header name='X' exists-action='delete' />\n</fragment>"),
        ("value='@(\"not granted\")'", "value='@(\"granted\")'"),
        ('calls="100"', 'calls="one"'),
        ("<audience>api://orders</audience>", '<audience>@("api://orders")</audience>'),
        ('{"statusCode"', '["statusCode"'),
        ('"product": "orders"', '"product": 5'),
        ("</set-body>", " // </set-body>"),
        ('@("enforce")', "@(context.Api.Name)"),
        ("<fragment>", "<policies>"),
    ],
)
def test_a_change_by_hand_is_another_gate_or_none(old: str, new: str) -> None:
    assert old in write(ORDERS)
    found = read(write(ORDERS).replace(old, new))
    assert found != ORDERS
    assert (found is None) == (not old.startswith(('"1a2b', "<audience>")) or "@(" in new)


@pytest.mark.parametrize("text", ["", "<fragment/>", "<fragment><set-body>[]</set-body></fragment>", "<x/>"])
def test_other_peoples_fragments_are_no_gates(text: str) -> None:
    assert read(text) is None


@given(TEXT)
def test_a_literal_is_read_as_it_was_written(text: str) -> None:
    assert text_of(literal(text)) == text
    assert not set(literal(text)[1:-1]) & set("\"'<>&{}@$")


@given(WORD)
def test_a_word_is_read_by_xml_as_it_was_written(text: str) -> None:
    assume(text)
    read_by_xml = ET.fromstring(f'<a b="{word(text)}">{word(text)}</a>')  # noqa: S314
    assert read_by_xml.text == read_by_xml.attrib["b"] == text
