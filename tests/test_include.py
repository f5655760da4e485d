"""Policy documents, made up and real, before and after an include is put in and taken out."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.policy.canonical import canonical
from reconciler.policy.edit import (
    NOTHING,
    Inclusion,
    exclude,
    include,
    inclusions,
    is_included,
    says_nothing,
)
from reconciler.policy.tokens import PolicyError

POLICIES = Path(__file__).parents[2] / "shared" / "policies"
REAL = sorted(POLICIES.glob("*.xml"))
INCLUDE = '<include-fragment fragment-id="access-orders" />'
FORM = [("open", "include-fragment", ("fragment-id", "access-orders")), ("close", "include-fragment")]


def added(before: str, after: str) -> list[object]:
    """Give what `after` says more than `before`, which must be one piece."""
    old, new = list(canonical(before)), list(canonical(after))
    same = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), len(old))
    more = len(new) - len(old)
    assert old == new[:same] + new[same + more :]
    # the same piece may begin earlier, as its end is like what stands before it
    return next(
        (new[at : at + more] for at in range(same, -1, -1) if new[at : at + more] == FORM), new[same : same + more]
    )


def obeys_the_laws(text: str) -> str:
    after = include(text, "access-orders")
    assert is_included(after, "access-orders")
    assert include(after, "access-orders") == after
    assert exclude(after, "access-orders") == text
    assert exclude(text, "access-orders") == text
    both = include(after, "other")
    assert exclude(exclude(both, "access-orders"), "other") == text
    assert exclude(exclude(both, "other"), "access-orders") == text
    return after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (  # the layout of what stands before
            "<policies>\n    <inbound>\n        <base />\n        <x/>\n    </inbound>\n</policies>",
            "<policies>\n    <inbound>\n        <base />\n        I\n        <x/>\n    </inbound>\n</policies>",
        ),
        (
            "<policies>\r\n\t<inbound>\r\n\t\t<base />\r\n\t</inbound>\r\n</policies>\r\n",
            "<policies>\r\n\t<inbound>\r\n\t\t<base />\r\n\t\tI\r\n\t</inbound>\r\n</policies>\r\n",
        ),
        (  # odd lines stay odd
            "<policies>\n\t<inbound>\n <base></base>  \r\n\n<x/></inbound></policies>",
            "<policies>\n\t<inbound>\n <base></base>\n I  \r\n\n<x/></inbound></policies>",
        ),
        (
            "<policies><inbound><base/><x/></inbound></policies>",
            "<policies><inbound><base/>I<x/></inbound></policies>",
        ),
        (
            "<policies><inbound><base/>\n<x/></inbound></policies>",
            "<policies><inbound><base/>I\n<x/></inbound></policies>",
        ),
        (
            "<policies><inbound>\n <base/><x/></inbound></policies>",
            "<policies><inbound>\n <base/>I<x/></inbound></policies>",
        ),
        (  # a comment stays with its line
            "<policies><inbound>\n <base/> <!-- all --> <!----> \n <x/></inbound></policies>",
            "<policies><inbound>\n <base/> <!-- all --> <!---->\n I \n <x/></inbound></policies>",
        ),
        (
            "<policies><inbound>\n <base/> <!-- of\n lines -->\n <x/></inbound></policies>",
            "<policies><inbound>\n <base/>I <!-- of\n lines -->\n <x/></inbound></policies>",
        ),
        (  # first where there is no <base />
            "<policies>\n  <inbound>\n    <!-- no base -->\n    <x/>\n  </inbound>\n</policies>",
            "<policies>\n  <inbound>\n    I\n    <!-- no base -->\n    <x/>\n  </inbound>\n</policies>",
        ),
        (
            "<policies>\n  <inbound>\n  </inbound>\n</policies>",
            "<policies>\n  <inbound>\n    I\n  </inbound>\n</policies>",
        ),
        ("<policies><inbound></inbound></policies>", "<policies><inbound>I</inbound></policies>"),
        ("<policies><inbound><x/></inbound></policies>", "<policies><inbound>I<x/></inbound></policies>"),
        (  # <base /> counts only directly in the section
            "<policies><inbound><choose><when condition='@(1 < 2)'><base/></when></choose></inbound></policies>",
            "<policies><inbound>I<choose><when condition='@(1 < 2)'><base/></when></choose></inbound></policies>",
        ),
        (  # and outside of comments, expressions and CDATA
            "<policies><!-- <a> --><inbound><!-- <base/> --><a><![CDATA[<base/>]]></a><base/></inbound></policies>",
            "<policies><!-- <a> --><inbound><!-- <base/> --><a><![CDATA[<base/>]]></a><base/>I</inbound></policies>",
        ),
        (  # opened, and made
            "<policies><inbound /></policies>",
            "<policies><inbound >IMADE</inbound></policies>",
        ),
        (
            "<policies><inbound a='b'/></policies>",
            "<policies><inbound a='b'>IMADE</inbound></policies>",
        ),
        (
            "<policies>\r\n  <outbound />\r\n</policies>",
            "<policies>\r\n  <inbound>MADE\r\n    <base />\r\n    I\r\n  </inbound>\r\n  <outbound />\r\n</policies>",
        ),
        (
            "<policies></policies>",
            "<policies><inbound>MADE<base />I</inbound></policies>",
        ),
        (
            "<policies/>",
            "<policies><inbound>MADE<base />I</inbound>MADE</policies>",
        ),
        (
            "<policies>\n<!-- c --></policies>",
            "<policies><inbound>MADE<base />I</inbound>\n<!-- c --></policies>",
        ),
    ],
)  # fmt: skip
def test_an_include_stands_behind_base_and_goes_without_a_trace(before: str, after: str) -> None:
    assert obeys_the_laws(before) == re.sub(r"\bI\b", INCLUDE, after.replace("MADE", "<!-- made for the include -->"))


def test_where_there_is_no_document_one_is_made_that_says_nothing_else() -> None:
    made = include(None, "access-orders")
    assert made.startswith(f"<policies>\r\n\t<inbound>\r\n\t\t<base />\r\n\t\t{INCLUDE}\r\n\t</inbound>\r\n\t<backend>")
    assert exclude(made, "access-orders") == NOTHING
    assert added(NOTHING, made) == FORM
    assert says_nothing(NOTHING)
    assert says_nothing(NOTHING.replace("\r\n", "\n").replace("\t", "").replace("<base />", "<base></base><!-- x -->"))
    assert not says_nothing(made)
    assert not says_nothing(NOTHING.replace("<base />", "", 1))


SPELLINGS = [
    INCLUDE,
    "<include-fragment fragment-id='access-orders'></include-fragment>",
    '<include-fragment\n\tfragment-id = "access-orders"\t/>',
    '<include-fragment fragment-id="access-orders">\n <!-- why -->\n</include-fragment >',
    '<include-fragment fragment-id="access&#45;orders"/>',
    '<include-fragment fragment-id="Access-Orders"/>',
    '<include-fragment other="x" fragment-id="access-orders"/>',
]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_an_include_is_recognised_and_removed_with_its_line(spelling: str) -> None:
    text = f"<policies>\n  <inbound>\n    <base />\n\n    {spelling} \n    <x/>\n  </inbound>\n</policies>"
    assert include(text, "access-orders") == text
    assert inclusions(text, "access-orders") == (Inclusion("inbound", True, 5, 5),)  # noqa: FBT003
    assert exclude(text, "access-orders") == text.replace(f"\n    {spelling}", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "<base />\n I <!-- ours -->\n <x/>",
            "<base />\n  <!-- ours -->\n <x/>",
        ),  # a person's comment stays where it is
        ("<base />\n I<x/>", "<base />\n <x/>"),
        ("<base /> I\n<x/>", "<base /> \n<x/>"),
        ("I\n<base />I", "\n<base />"),
    ],
)
def test_nothing_but_the_include_and_its_own_line_is_removed(before: str, after: str) -> None:
    document = "<policies><inbound>{}</inbound></policies>"
    assert exclude(document.format(before.replace("I", INCLUDE)), "access-orders") == document.format(after)


@pytest.mark.parametrize(
    "hidden",
    [
        f"<!-- {INCLUDE} -->",
        f"<set-body><![CDATA[{INCLUDE}]]></set-body>",
        "<set-body>@(\"<include-fragment fragment-id='access-orders' />\")</set-body>",
        '<include-fragment fragment-id="access-orders-2" />',
        '<include-fragment fragment-id="@(x)" />',
        "<include-fragment />",
        '<x fragment-id="access-orders" />',
    ],
)  # fmt: skip
def test_what_only_looks_like_an_include_does_not_count(hidden: str) -> None:
    text = f"<policies><inbound><base />{hidden}</inbound></policies>"
    assert inclusions(text, "access-orders") == ()
    obeys_the_laws(text)


def test_an_include_in_a_choose_is_somebody_elses() -> None:
    text = (
        "<policies>\n<inbound>\n<base />\n<choose>\n<when condition='@(1 < 2)'>\n"
        f"{INCLUDE}</when>\n</choose>\n</inbound>\n<outbound>{INCLUDE}</outbound>\n</policies>"
    )
    assert inclusions(text, "access-orders") == (
        Inclusion("inbound", False, 6, 1),  # noqa: FBT003
        Inclusion("outbound", True, 9, 11),  # noqa: FBT003
    )
    assert not is_included(text, "access-orders")
    assert is_included(text, "access-orders", "outbound")
    obeys_the_laws(text)
    assert exclude(text, "access-orders", "outbound") == text.replace(f"<outbound>{INCLUDE}", "<outbound>")


def test_another_section_is_edited_alike() -> None:
    text = "<policies><inbound><base /></inbound><on-error>\n\t<base />\n</on-error></policies>"
    after = include(text, "log", "on-error")
    assert after == text.replace("\t<base />", '\t<base />\n\t<include-fragment fragment-id="log" />')
    assert exclude(after, "log", "on-error") == text


def test_a_made_section_stays_as_soon_as_somebody_uses_it() -> None:
    made = include("<policies>\n\t<outbound />\n</policies>", "access-orders")
    used = made.replace("\t</inbound>", "\t\t<cors />\n\t</inbound>")
    assert exclude(used, "access-orders") == used.replace(f"\t\t{INCLUDE}\n", "")


@pytest.mark.parametrize(
    ("text", "at", "word"),
    [
        ("<fragment><x/></fragment>", (1, 1), "root of a policy is <policies>, not <fragment>"),
        ("<policies>\n <inbound/>\n <inbound/></policies>", (3, 2), "second <inbound>"),
        ("<policies>\n <inbound></policies>", (2, 11), "must be closed"),
        ("", (1, 1), "no element"),
    ],
)
@pytest.mark.parametrize("edit", [include, exclude])
def test_a_document_that_cannot_hold_an_include_is_said(
    text: str, at: tuple[int, int], word: str, edit: Callable[[str, str], str]
) -> None:
    with pytest.raises(PolicyError) as caught:
        edit(text, "access-orders")
    assert word in caught.value.message
    assert (caught.value.line, caught.value.column) == at


def test_a_document_that_grows_too_long_is_said() -> None:
    text = "<policies><inbound><base /><!--" + " " * (256 * 1024) + "--></inbound></policies>"
    with pytest.raises(PolicyError, match="a policy has at most 262,144"):
        include(text, "access-orders")
    assert exclude(text, "access-orders") == text


@pytest.mark.parametrize("name", ["", "a b", "a\0", "{{a}}", "@(a)", "a\n"])
def test_what_is_no_fragments_name_is_written_nowhere(name: str) -> None:
    with pytest.raises(ValueError, match=r"control|identifier|expression"):
        include(NOTHING, name)


def test_a_name_that_means_something_to_xml_is_escaped() -> None:
    after = include(NOTHING, "a\"'<b>&c")
    assert is_included(after, "a\"'<b>&c")
    assert exclude(after, "a\"'<b>&c") == NOTHING


def test_depth_is_no_hindrance() -> None:
    deep = "<a>" * 20_000 + INCLUDE + "</a>" * 20_000
    text = f"<policies><inbound><base />{deep}</inbound></policies>"
    after = include(text, "access-orders")
    assert [found.direct for found in inclusions(after, "access-orders")] == [True, False]
    assert exclude(after, "access-orders") == text


GAPS = st.lists(
    st.sampled_from(["", " ", "\n", "\r\n", "\t", "    ", "<!-- c -->", "<!-- <base/>\n@( -->"]), max_size=4
).map("".join)
POLICY = st.sampled_from(
    [
        "<base />",
        "<base></base>",
        "<x/>",
        "<set-body>@(\"</inbound>\" + 'a')</set-body>",
        "<choose><when condition='@(1 < 2)'><base /></when></choose>",
        "<![CDATA[<base />]]>",
        INCLUDE.replace("access", "other"),
    ]
)


@st.composite
def sections(draw: st.DrawFn, name: str) -> str:
    content = "".join(draw(GAPS) + draw(POLICY) for _ in range(draw(st.integers(0, 3)))) + draw(GAPS)
    return draw(
        st.sampled_from([f"<{name}>{content}</{name}>", f"<{name}>{content}</{name} >", f"<{name}/>", f"<{name} />"])
    )


@st.composite
def documents(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(["inbound", "backend", "outbound"]), unique=True))
    content = "".join(draw(GAPS) + draw(sections(name)) for name in names) + draw(GAPS)
    return draw(GAPS) + draw(st.sampled_from([f"<policies>{content}</policies>", "<policies />"])) + draw(GAPS)


@given(documents())
@settings(deadline=None, max_examples=400)
def test_in_and_out_is_the_identity_to_the_byte(text: str) -> None:
    after = obeys_the_laws(text)
    made = ["inbound", "base"]
    names = [part[1] for part in added(text, after) if part[0] == "open"]  # type: ignore[index]
    assert names in (["include-fragment"], [*made, "include-fragment"])
    if names == ["include-fragment"]:
        assert added(text, after) == FORM


@given(documents(), st.sampled_from(SPELLINGS), st.data())
@settings(deadline=None, max_examples=200)
def test_taking_out_what_people_wrote_changes_nothing_else(text: str, spelling: str, data: st.DataObject) -> None:
    beside = ("<x/>", "<base />", "<base><")
    if not any(name in text for name in beside):
        text = "<policies><inbound><x/></inbound></policies>"
    places = [at for at in range(len(text)) if text.startswith(beside, at)]
    at = data.draw(st.sampled_from(places))
    written = text[:at] + spelling + text[at:]
    if not is_included(written, "access-orders"):
        assert exclude(written, "access-orders") == written
    else:
        assert canonical(exclude(written, "access-orders")) == canonical(text)


# Real documents.

real = pytest.mark.skipif(not REAL, reason=f"the collection of real policies is not at {POLICIES}")
BROKEN = ("frag-llm-usage-xml-8a355b04", "call-out-to-an-http-endpoint-and-ca-8e62c43a")


@pytest.mark.story
@real
def test_every_real_policy_takes_an_include_and_gives_it_back() -> None:
    edited, refused = 0, []
    for path in REAL:
        text = path.read_bytes().decode("utf-8-sig")
        other = text.replace("\r\n", "\n") if "\r\n" in text else text.replace("\n", "\r\n")
        for variant in (text, other):
            try:
                after = obeys_the_laws(variant)
            except PolicyError as error:
                refused.append((path.stem, error.message))
                break
            if "<!-- made" not in after:
                assert added(variant, after) == FORM
        else:
            edited += 1
    assert all(name.endswith(BROKEN) or "not <" in message for name, message in refused)
    assert (edited, len(refused)) == (153, 49) if len(REAL) == 202 else edited
