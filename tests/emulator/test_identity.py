"""Who asks: the token endpoint, 401, roles and the 403 that a missing permission shows up as."""

import json

import jwt
import pytest
from caller import SERVICE, Arm

from reconciler.emulator import DEFAULT_TENANT, Azure

FORM = {"content-type": "application/x-www-form-urlencoded"}
TOKEN = f"/{DEFAULT_TENANT}/oauth2/v2.0/token"


def asked(arm: Arm, form: str) -> tuple[int, dict[str, str]]:
    reply = arm("POST", TOKEN, version="", body=form.encode(), headers={**FORM, "authorization": ""})
    return reply.status, reply.json


@pytest.mark.parametrize("proof", ["client_secret=anything", "client_assertion=a.b.c"])
def test_any_secret_and_any_assertion_get_a_three_part_jwt(arm: Arm, proof: str) -> None:
    scope = "scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
    status, body = asked(arm, f"grant_type=client_credentials&client_id=me&{scope}&{proof}")
    assert status == 200
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert claims["appid"] == "me"
    assert claims["tid"] == DEFAULT_TENANT
    assert claims["aud"] == "https://management.azure.com"
    assert {"oid", "exp"} <= set(claims)
    assert arm("GET", "groups", headers={"authorization": f"Bearer {body['access_token']}"}).status == 200
    assert arm.azure.log.entries[-1].principal == "me"


@pytest.mark.parametrize("form", ["", "grant_type=client_credentials", "grant_type=client_credentials&client_id=me"])
def test_a_token_request_without_client_or_proof_is_refused(arm: Arm, form: str) -> None:
    status, body = asked(arm, form)
    assert status in {400, 401}
    assert body["error"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic abc", f"Bearer {Azure().token()}"])
def test_a_missing_or_foreign_token_is_401_with_a_challenge(arm: Arm, header: str) -> None:
    refused = arm("GET", "groups", headers={"authorization": header})
    assert refused.status == 401
    assert refused.headers["www-authenticate"].startswith("Bearer ")
    assert refused.error["code"] in {"AuthenticationFailed", "InvalidAuthenticationToken"}


def test_a_token_expires_by_the_emulators_clock(arm: Arm) -> None:
    now = 1_700_000_000.0
    arm.azure.settings.clock = lambda: now
    token = {"authorization": f"Bearer {arm.azure.token()}"}
    assert arm("GET", "groups", headers=token).status == 200
    now += 3_601
    refused = arm("GET", "groups", headers=token)
    assert (refused.status, refused.error["code"]) == (401, "ExpiredAuthenticationToken")


def test_a_reader_reads_and_is_told_what_it_may_not_do(arm: Arm) -> None:
    arm.azure.grant("tests", "Reader")
    before = arm.azure.snapshot(SERVICE)
    for path in ("products", "products/starter", "products/starter/groups", "tagResources", ""):
        assert arm("GET", path).status == 200
    assert arm("HEAD", "products/starter/groups/guests").status == 204
    refused = arm("DELETE", "products/starter/groups/guests")
    assert refused.status == 403
    assert refused.error["code"] == "AuthorizationFailed"
    oid = jwt.decode(arm.azure.token("tests"), options={"verify_signature": False})["oid"]
    assert refused.error["message"] == (
        f"The client 'tests' with object id '{oid}' does not have authorization to perform action"
        " 'Microsoft.ApiManagement/service/products/groups/delete' over scope"
        f" '{SERVICE}/products/starter/groups/guests' or the scope is invalid."
        " If access was recently granted, please refresh your credentials."
    )
    assert arm.azure.snapshot(SERVICE) == before


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "subscriptions", "subscriptions/read"),
        ("HEAD", "subscriptions/master", "subscriptions/read"),
        ("PUT", "products/p", "products/write"),
        ("PATCH", "products/p", "products/write"),
        ("DELETE", "products/p", "products/delete"),
        ("PUT", "products/starter/groups/guests", "products/groups/write"),
        ("PUT", "PRODUCTS/starter/Policies/policy", "products/policies/write"),
        ("POST", "subscriptions/master/listSecrets", "subscriptions/listSecrets/action"),
        ("POST", "subscriptions/master/regeneratePrimaryKey", "subscriptions/regeneratePrimaryKey/action"),
        ("POST", "policyFragments/f/listReferences", "policyFragments/listReferences/action"),
        ("GET", "", "read"),
    ],
)
def test_the_action_follows_from_path_and_verb(arm: Arm, method: str, path: str, action: str) -> None:
    action = f"Microsoft.ApiManagement/service/{action}"
    arm.azure.grant("tests", {"actions": ["*"], "notActions": [action.upper()]})
    assert arm(method, path, {}).status == 403
    arm.azure.grant("tests", {"actions": [action]})
    assert arm(method, path, {}).status != 403
    assert arm("GET", "allPolicies").status == 403


def test_wildcards_stand_for_any_part_of_an_action(arm: Arm) -> None:
    arm.azure.grant("tests", {"actions": ["Microsoft.ApiManagement/service/*/read", "*/listSecrets/action"]})
    assert arm("GET", "products").status == 200
    assert arm("GET", "").status == 403
    assert arm("POST", "subscriptions/master/listSecrets").status == 200
    assert arm("PUT", "tags/t", {"displayName": "T"}).status == 403


def test_permission_is_looked_at_before_existence(arm: Arm) -> None:
    arm.azure.grant("tests", "Reader")
    assert arm("DELETE", "products/none").status == 403


def test_discovery_leads_back_to_this_server(arm: Arm) -> None:
    metadata = arm("GET", "/metadata/endpoints", version="2022-09-01", headers={"authorization": ""}).json
    assert metadata["resourceManager"] == metadata["authentication"]["loginEndpoint"] == "https://localhost:8443"
    assert arm("GET", "/metadata/endpoints", version="2019-05-01").json == [metadata]
    openid = arm("GET", f"/{DEFAULT_TENANT}/v2.0/.well-known/openid-configuration", version="").json
    assert openid["token_endpoint"] == f"https://localhost:8443{TOKEN}"
    instance = arm("GET", "/common/discovery/instance", version="1.1").json
    assert json.dumps(instance).count("localhost:8443") == 4


def test_the_subscription_of_a_service_is_listed(arm: Arm) -> None:
    arm("GET", "")
    (row,) = arm("GET", "/subscriptions", version="2022-12-01").json["value"]
    assert row["subscriptionId"] == SERVICE.split("/")[2]
    services = arm("GET", f"/subscriptions/{row['subscriptionId']}/providers/Microsoft.ApiManagement/service").json
    assert [service["name"] for service in services["value"]] == ["apim-dev"]


def test_a_role_at_one_service_says_nothing_of_another(arm: Arm) -> None:
    other = SERVICE.replace("apim-dev", "apim-dev-2")
    arm.azure.grant("tests", "Reader", scope=SERVICE.upper())
    arm.azure.grant("tests", {"actions": ["*/tags/write"]}, scope=f"{SERVICE}/tags/mine")
    assert arm("GET", "groups").status == 200
    assert arm("GET", f"{other}/groups").status == 403
    assert arm("PUT", "tags/mine", {"displayName": "M"}).status == 201
    assert arm("PUT", "tags/theirs", {"displayName": "T"}).status == 403


def test_what_one_role_leaves_out_another_may_allow(arm: Arm) -> None:
    action = "Microsoft.ApiManagement/service/subscriptions/listSecrets/action"
    arm.azure.grant("tests", ["Reader", {"actions": ["*"], "notActions": [action]}])
    assert arm("POST", "subscriptions/master/listSecrets").status == 403
    arm.azure.grant("tests", [{"actions": [action]}, {"actions": ["*"], "notActions": [action]}])
    assert arm("POST", "subscriptions/master/listSecrets").status == 200


def test_actions_of_resource_manager_and_of_data_are_apart(arm: Arm) -> None:
    arm.azure.grant("tests", {"dataActions": ["*"]})
    assert arm("GET", "groups").status == 403
    for wrong in ({}, {"action": ["*"]}, {"actions": "*"}, "Emperor"):
        with pytest.raises(ValueError, match="role"):
            arm.azure.grant("tests", wrong)
