"""What policies name: unknown things are refused to them, and what they name is not deleted."""

import pytest
from caller import Arm

GLOBAL = "policies/policy"
OF_PRODUCT = "products/starter/policies/policy"
NAMING = {
    "namedValues/n": '<set-header name="a"><value>x-{{Key}}</value></set-header>',
    "backends/b": '<set-backend-service backend-id="b" />',
    "policyFragments/f": '<include-fragment fragment-id="f" />',
}
NOUNS = {"namedValues/n": "Named Value 'n'", "backends/b": "Backend 'b'", "policyFragments/f": "Policy Fragment 'f'"}


def policy(inside: str) -> dict[str, str]:
    return {"value": f"<policies><inbound>{inside}</inbound></policies>"}


@pytest.fixture
def arm() -> Arm:
    arm = Arm()
    arm("PUT", "namedValues/n", {"displayName": "Key", "value": "1"})
    arm("PUT", "backends/b", {"url": "https://b.contoso.example", "protocol": "http"})
    arm("PUT", "policyFragments/f", {"value": "<fragment />"})
    return arm


@pytest.mark.parametrize("path", NAMING)
def test_what_a_policy_names_cannot_be_deleted(arm: Arm, path: str) -> None:
    arm("PUT", GLOBAL, policy(NAMING[path]))
    arm("PUT", OF_PRODUCT, policy(NAMING[path]))
    refused = arm("DELETE", path)
    assert (refused.status, refused.error["code"]) == (400, "ValidationError")
    assert refused.error["message"] == (
        f"The {NOUNS[path]} is used by the following entities:\r\n/{GLOBAL}\r\n/{OF_PRODUCT}\r\n"
    )
    assert arm("GET", path).status == 200


@pytest.mark.parametrize("path", NAMING)
@pytest.mark.parametrize("last", ["changed", "policy deleted", "product deleted"])
def test_what_no_policy_names_any_more_can_be_deleted(arm: Arm, path: str, last: str) -> None:
    arm("PUT", OF_PRODUCT, policy(NAMING[path]))
    if last == "changed":
        arm("PUT", OF_PRODUCT, policy(""))
    else:
        owner = OF_PRODUCT if last == "policy deleted" else "products/starter"
        assert arm("DELETE", owner, query="deleteSubscriptions=true").status == 200
    assert arm("DELETE", path).status == 200


@pytest.mark.parametrize("path", ["namedValues/n", "backends/b"])
def test_a_fragment_holds_what_it_names_as_a_policy_does(arm: Arm, path: str) -> None:
    arm("PUT", "policyFragments/f", {"value": f"<fragment>{NAMING[path]}</fragment>"})
    assert "\r\n/policyFragments/f\r\n" in arm("DELETE", path).error["message"]
    arm("DELETE", "policyFragments/f")
    assert arm("DELETE", path).status == 200


def test_that_a_backend_is_held_can_be_turned_off(arm: Arm) -> None:
    arm("PUT", GLOBAL, policy(NAMING["backends/b"]))
    arm.azure.settings.held_backends = False
    assert arm("DELETE", "backends/b").status == 200


@pytest.mark.parametrize("path", [GLOBAL, "policyFragments/g"])
def test_an_unknown_named_value_is_refused(arm: Arm, path: str) -> None:
    inside = '<set-variable name="a" value="@(&quot;{{ none }}&quot;)" />'
    body = policy(inside) if path == GLOBAL else {"value": f"<fragment>{inside}</fragment>"}
    before = arm("GET", path).body
    refused = arm("PUT", path, body)
    assert refused.status == 400
    assert refused.error["message"] == "One or more fields contain incorrect values:"
    assert [item["message"] for item in refused.error["details"]] == ["Cannot find a property 'none'"]
    assert arm("GET", path).body == before
    arm.azure.settings.known_named_values = False
    assert arm("PUT", path, body).status in {200, 201}


def test_a_named_value_is_named_by_its_display_name_and_not_by_its_id(arm: Arm) -> None:
    for written in ("{{Key}}", "{{ Key }}", "{{key}}"):
        assert arm("PUT", GLOBAL, policy(f"<set-body>{written}</set-body>")).status == 200
        assert arm("DELETE", "namedValues/n").status == 400
    assert arm("PUT", GLOBAL, policy("<set-body>{{n}}</set-body>")).status == 400


def test_a_renamed_value_is_still_named(arm: Arm) -> None:
    arm("PUT", GLOBAL, policy(NAMING["namedValues/n"]))
    arm("PATCH", "namedValues/n", {"displayName": "Other"})
    assert arm("DELETE", "namedValues/n").status == 400


@pytest.mark.parametrize(
    "inside",
    [
        "<!-- {{none}} -->",
        '<set-body template="liquid">{"id": "{{body.id}}"}</set-body>',
        '<set-body>@{ return "{{ a: 1 }}"; }</set-body>',
        '<set-backend-service backend-id="echo-{{Key}}" />',
    ],
)
def test_comments_liquid_and_other_braces_name_nothing_that_must_be_there(arm: Arm, inside: str) -> None:
    assert arm("PUT", GLOBAL, policy(inside)).status == 200


def test_a_fragment_whose_change_fails_late_names_what_it_named_before(arm: Arm) -> None:
    arm("PUT", "policyFragments/f", {"value": f"<fragment>{NAMING['backends/b']}</fragment>"})
    arm.azure.fail_late("policyFragments/f")
    started = arm("PUT", "policyFragments/f", {"value": f"<fragment>{NAMING['namedValues/n']}</fragment>"})
    assert arm.follow(started.headers["location"]).status == 400
    assert arm("DELETE", "backends/b").status == 400
    assert arm("DELETE", "namedValues/n").status == 200
