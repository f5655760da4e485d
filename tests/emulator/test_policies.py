"""Policies and fragments: rewritten on PUT, escaped and not, references known and refused."""

import pytest
from caller import SERVICE, Arm

RAW = """<policies>
    <inbound>
        <set-variable name="admin" value="@(context.User.Groups.Any(g => g.Name == "admins" && g.Id != ""))" />
        <!-- x < y -->
        <base />
    </inbound>
    <backend></backend>
</policies>"""
SCOPES = ["policies/policy", "products/starter/policies/policy", "apis/echo-api/policies/policy"]


@pytest.mark.parametrize("path", SCOPES)
def test_line_ends_become_crlf_and_indentation_tabs(arm: Arm, path: str) -> None:
    arm("PUT", path, {"format": "rawxml", "value": RAW})
    text = arm("GET", path).properties["value"]
    code = "context.User.Groups.Any(g =&gt; g.Name == &quot;admins&quot; &amp;&amp; g.Id != &quot;&quot;)"
    assert text.splitlines()[1:3] == ["\t<inbound>", f'\t\t<set-variable name="admin" value="@({code})" />']
    assert text.count("\r\n") == text.count("\n") == 7
    assert "\t\t<!-- x < y -->" in text
    assert "<backend></backend>" in text


def test_rawxml_gives_expressions_back_as_they_were_written(arm: Arm) -> None:
    arm("PUT", "policies/policy", {"format": "rawxml", "value": RAW})
    shown = arm("GET", "policies/policy", query="format=rawxml").properties
    assert shown["format"] == "rawxml"
    assert [line.strip() for line in shown["value"].splitlines()] == [line.strip() for line in RAW.splitlines()]


def test_what_was_read_can_be_put_again_without_a_change(arm: Arm) -> None:
    arm("PUT", "policies/policy", {"format": "rawxml", "value": RAW})
    etag = arm("GET", "policies/policy").headers["etag"]
    for style in ("xml", "rawxml"):
        shown = arm("GET", "policies/policy", query=f"format={style}").properties
        assert arm("PUT", "policies/policy", shown).headers["etag"] == etag


def test_the_text_inside_an_expression_keeps_its_spaces(arm: Arm) -> None:
    code = 'value="@{\n            var a = 1;\n        return a;\n  }"'
    value = f'<policies>\n  <inbound>\n    <set-variable name="a" {code} />\n  </inbound>\n</policies>'
    arm("PUT", "policies/policy", {"format": "rawxml", "value": value})
    assert code.replace("\n", "\r\n") in arm("GET", "policies/policy").properties["value"]


def test_an_expression_ends_at_its_own_bracket(arm: Arm) -> None:
    tests = ('@(f(1) < 2 && g[")"] > 3)', "@{ return x['('] < 1 /* ) */; }", '@(@"a""(" == $"{b}" && 1 < 2)')
    for code in tests:
        value = f'<policies><inbound><set-variable name="a" value="{code}" /></inbound></policies>'
        assert arm("PUT", "policies/policy", {"format": "rawxml", "value": value}).status == 200
        assert arm("GET", "policies/policy", query="format=rawxml").properties["value"] == value
        assert "<inbound>" in arm("GET", "policies/policy").properties["value"]


def test_the_global_policy_is_there_from_the_start_and_others_are_not(arm: Arm) -> None:
    assert arm("PUT", "policies/policy", {"value": "<policies />"}).status == 200
    assert arm("DELETE", "policies/policy").status == 200
    assert arm("GET", "policies/policy").error["message"] == "PoliciesConfiguration not found."
    assert arm("PUT", "apis/echo-api/policies/policy", {"value": "<policies />"}).status == 201
    assert arm("GET", "apis/echo-api/policies").names == ["policy"]


def test_policy_is_the_only_id(arm: Arm) -> None:
    assert arm("PUT", "policies/other", {"value": "<policies />"}).status == 400


@pytest.mark.parametrize("value", ["<policies>", "<a/><b/>", "text", '<policies a="1" a="2" />'])
def test_broken_xml_is_refused(arm: Arm, value: str) -> None:
    assert arm("PUT", "policies/policy", {"value": value}).status == 400


def test_all_policies_say_which_scopes_have_one_without_its_text(arm: Arm) -> None:
    arm("PUT", "products/starter/policies/policy", {"value": "<policies />"})
    rows = arm("GET", "allPolicies").json["value"]
    assert [row["properties"]["referencePolicyId"].removeprefix(SERVICE) for row in rows] == [
        "/policies/policy",
        "/products/starter/policies/policy",
    ]
    assert all(set(row["properties"]) == {"referencePolicyId", "complianceState"} for row in rows)


def test_an_unknown_fragment_or_backend_is_refused_in_azures_words(arm: Arm) -> None:
    value = (
        '<policies>\n\t<inbound>\n\t\t<include-fragment fragment-id="f" />\n'
        '\t\t<set-backend-service backend-id="b" />\n\t</inbound>\n</policies>'
    )
    refused = arm("PUT", "policies/policy", {"value": value})
    assert refused.status == 400
    assert refused.error["message"] == "One or more fields contain incorrect values:"
    assert [(item["target"], item["message"]) for item in refused.error["details"]] == [
        (
            "include-fragment",
            "Error in element 'include-fragment' on line 3, column 4: Policy fragment with id 'f' could not be found.",
        ),
        (
            "set-backend-service",
            "Error in element 'set-backend-service' on line 4, column 4: Backend with id 'b' could not be found.",
        ),
    ]
    arm("PUT", "policyFragments/f", {"value": "<fragment />"})
    arm("PUT", "backends/b", {"url": "https://b.contoso.example", "protocol": "http"})
    assert arm("PUT", "policies/policy", {"value": value}).status == 200


def test_a_fragment_in_a_comment_is_not_a_reference(arm: Arm) -> None:
    value = '<policies><!-- <include-fragment fragment-id="f" /> --></policies>'
    assert arm("PUT", "policies/policy", {"value": value}).status == 200


def test_a_fragment_that_is_included_cannot_be_deleted(arm: Arm) -> None:
    arm("PUT", "policyFragments/f", {"value": "<fragment />"})
    for path in SCOPES:
        arm("PUT", path, {"value": '<policies><inbound><include-fragment fragment-id="f" /></inbound></policies>'})
    references = arm("POST", "policyFragments/f/listReferences").json
    assert references["count"] == 3
    assert references["value"][1] == {
        "id": f"{SERVICE}/products/starter/policies/policy",
        "type": "Microsoft.ApiManagement/service/products/policies",
        "name": "policy",
    }
    refused = arm("DELETE", "policyFragments/f")
    assert refused.status == 400
    assert refused.error["message"] == (
        "The Policy Fragment 'f' is used by the following entities:\r\n/policies/policy\r\n"
        "/products/starter/policies/policy\r\n/apis/echo-api/policies/policy\r\n"
    )
    arm("PUT", "policies/policy", {"value": "<policies />"})
    arm("DELETE", "products/starter", query="deleteSubscriptions=true")
    arm("DELETE", "apis/echo-api/policies/policy")
    assert arm("DELETE", "policyFragments/f").status == 200


@pytest.mark.parametrize("value", ["<policies />", '<fragment><include-fragment fragment-id="f" /></fragment>'])
def test_a_fragment_has_its_own_root_and_no_fragment_inside(arm: Arm, value: str) -> None:
    arm("PUT", "policyFragments/f", {"value": "<fragment />"})
    assert arm("PUT", "policyFragments/g", {"value": value}).status == 400


def test_a_list_of_fragments_has_their_content_as_xml(arm: Arm) -> None:
    value = '<fragment><when condition="@(1 < 2)" /></fragment>'
    arm("PUT", "policyFragments/f", {"value": value, "format": "rawxml", "description": "D"})
    (row,) = arm("GET", "policyFragments", query="format=xml").json["value"]
    assert row["properties"] == {
        "format": "xml",
        "value": '<fragment><when condition="@(1 &lt; 2)" /></fragment>',
        "description": "D",
    }
    assert arm("GET", "policyFragments/f", query="format=rawxml").properties["value"] == value
