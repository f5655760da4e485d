"""Tokens as Entra's: anyone can check them, they say for whom they are, and each service takes only its own."""

import asyncio
import json
import ssl
import urllib.parse
import urllib.request
from typing import Any

import jwt
import pytest
from azure.identity import ClientAssertionCredential, DefaultAzureCredential, ManagedIdentityCredential
from azure.identity.aio import DefaultAzureCredential as AsyncDefaultAzureCredential
from azure.identity.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential
from caller import Arm

from reconciler.emulator import DEFAULT_TENANT, Azure, Running, SeedError
from reconciler.emulator.seed_file import plant_values
from reconciler.emulator.state_file import load, save

FORM = {"content-type": "application/x-www-form-urlencoded", "authorization": ""}
ARM_SCOPE = "https://management.azure.com/.default"
PROD = "repo:contoso/access:environment:prod"
GITHUB = "https://token.actions.githubusercontent.com"


def sign_in(arm: Arm, *, endpoint: str = "oauth2/v2.0/token", **form: str) -> Any:
    asked = {"grant_type": "client_credentials", "client_id": "orders-client", "scope": ARM_SCOPE, **form}
    body = urllib.parse.urlencode(asked).encode()
    return arm("POST", f"/{DEFAULT_TENANT}/{endpoint}", version="", body=body, headers=FORM).json


def claims_of(answer: Any) -> dict[str, Any]:
    return jwt.decode(answer["access_token"], options={"verify_signature": False})


def asserted(**claims: Any) -> dict[str, str]:
    held = {"iss": GITHUB, "sub": PROD, "aud": "api://AzureADTokenExchange", **claims}
    return {"client_assertion": jwt.encode(held, "not checked, for nobody fetches the issuer's keys", "HS256")}


def test_anyone_can_check_a_token_over_tls(running: Running) -> None:
    running.azure.app_role("orders-client", "api://orders", "Orders.Read")
    context = ssl.create_default_context(cafile=str(running.certificate_authority))
    base = f"{running.url}/{DEFAULT_TENANT}"
    form = b"grant_type=client_credentials&client_id=orders-client&client_secret=x&scope=api://orders/.default"
    with urllib.request.urlopen(f"{base}/oauth2/v2.0/token", form, context=context) as reply:  # noqa: S310
        token = json.load(reply)["access_token"]
    with urllib.request.urlopen(f"{base}/v2.0/.well-known/openid-configuration", context=context) as reply:  # noqa: S310
        openid = json.load(reply)
    key = jwt.PyJWKClient(openid["jwks_uri"], ssl_context=context).get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="api://orders", issuer=openid["issuer"])
    assert claims["roles"] == ["Orders.Read"]
    assert (claims["ver"], claims["azp"], claims["sub"]) == ("2.0", "orders-client", claims["oid"])
    header, payload, signature = token.split(".")
    forged = ("B" if signature[0] == "A" else "A") + signature[1:]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(f"{header}.{payload}.{forged}", key, algorithms=["RS256"], audience="api://orders")
    assert running.azure.log.entries == []
    assert len(running.azure.log.at("identity")) == 3


@pytest.mark.parametrize(
    ("endpoint", "asked", "version", "audience"),
    [
        ("oauth2/v2.0/token", {"scope": ARM_SCOPE}, "1.0", "https://management.azure.com"),
        ("oauth2/v2.0/token", {"scope": "https://vault.azure.net/.default"}, "1.0", "https://vault.azure.net"),
        ("oauth2/v2.0/token", {"scope": "https://graph.microsoft.com/.default"}, "1.0", "https://graph.microsoft.com"),
        ("oauth2/v2.0/token", {"scope": "api://orders/.default"}, "2.0", "api://orders"),
        ("oauth2/token", {"scope": "", "resource": "api://orders"}, "1.0", "api://orders"),
    ],
)
def test_the_endpoint_and_the_audience_decide_the_version(
    arm: Arm, endpoint: str, asked: dict[str, str], version: str, audience: str
) -> None:
    asked = {name: value for name, value in asked.items() if value}
    body = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": "c", "client_secret": "s", **asked})
    reply = arm("POST", f"/{DEFAULT_TENANT}/{endpoint}", version="", body=body.encode(), headers=FORM)
    claims = claims_of(reply.json)
    issuers = {
        "1.0": f"https://sts.windows.net/{DEFAULT_TENANT}/",
        "2.0": f"https://localhost:8443/{DEFAULT_TENANT}/v2.0",
    }
    assert (claims["aud"], claims["ver"], claims["iss"]) == (audience, version, issuers[version])
    assert claims["appid" if version == "1.0" else "azp"] == "c"
    assert "roles" not in claims
    openid = f"/{DEFAULT_TENANT}{'/v2.0' * (version == '2.0')}/.well-known/openid-configuration"
    assert arm("GET", openid, version="").json["issuer"] == claims["iss"]


def test_the_application_behind_an_audience_has_a_say_in_its_tokens(arm: Arm) -> None:
    arm.azure.expose("orders-api", "api://orders", token_version=1)
    arm.azure.expose("stock-api", "api://stock", token_version=2)
    arm.azure.app_role("orders-client", "api://stock", "Stock.Read")
    first = claims_of(sign_in(arm, scope="api://orders/.default", client_secret="s"))
    assert (first["ver"], first["aud"]) == ("1.0", "api://orders")
    second = claims_of(sign_in(arm, scope="api://stock/.default", client_secret="s"))
    assert (second["ver"], second["aud"], second["roles"]) == ("2.0", "stock-api", ["Stock.Read"])
    with pytest.raises(ValueError, match="version 1 or 2"):
        arm.azure.expose("orders-api", "api://orders", token_version=3)


def test_app_roles_are_for_one_client_and_one_audience(arm: Arm) -> None:
    arm.azure.app_role("Orders-Client", "api://orders", "Orders.Read", "Orders.Write")
    granted = claims_of(sign_in(arm, scope="api://orders/.default", client_secret="s"))
    assert granted["roles"] == ["Orders.Read", "Orders.Write"]
    assert "roles" not in claims_of(sign_in(arm, scope="api://other/.default", client_secret="s"))
    assert "roles" not in claims_of(sign_in(arm, scope="api://orders/.default", client_secret="s", client_id="else"))
    token = arm.azure.token("orders-client", audience="api://orders")
    assert jwt.decode(token, options={"verify_signature": False})["roles"] == ["Orders.Read", "Orders.Write"]


def test_resource_manager_takes_no_token_for_another_audience(arm: Arm) -> None:
    token = arm.azure.token(audience="https://vault.azure.net")
    refused = arm("GET", "groups", headers={"authorization": f"Bearer {token}"})
    assert (refused.status, refused.error["code"]) == (401, "InvalidAuthenticationTokenAudience")
    assert "wrong audience or resource 'https://vault.azure.net'" in refused.error["message"]
    for audience in ("https://management.core.windows.net/", "https://localhost:8443"):
        token = arm.azure.token(audience=audience)
        assert arm("GET", "groups", headers={"authorization": f"Bearer {token}"}).status == 200


def test_a_token_that_stays_in_the_process_needs_no_key_pair(arm: Arm) -> None:
    assert arm("GET", "groups").status == 200
    assert "_pair" not in vars(arm.azure.tokens.signer)
    assert jwt.get_unverified_header(arm.azure.token(published=True))["alg"] == "RS256"
    foreign = Azure().token(published=True)
    assert arm("GET", "groups", headers={"authorization": f"Bearer {foreign}"}).status == 401


def test_a_forged_algorithm_gets_nobody_in(arm: Arm) -> None:
    good = arm.azure.token(published=True)
    claims = jwt.decode(good, options={"verify_signature": False})
    pem = arm.azure.tokens.signer.published()["keys"][0]["n"].encode()
    for forged in (jwt.encode(claims, "", "none"), jwt.encode(claims, pem, "HS256")):
        assert arm("GET", "groups", headers={"authorization": f"Bearer {forged}"}).status == 401
    assert arm("GET", "groups", headers={"authorization": f"Bearer {good}"}).status == 200


@pytest.mark.parametrize(
    ("claims", "number", "quoted"),
    [
        ({"iss": "https://evil.example"}, 700211, "presented assertion issuer 'https://evil.example'."),
        ({"sub": f"{PROD}x"}, 700213, f"presented assertion subject '{PROD}x'."),
        ({"sub": PROD.upper()}, 7002138, "matches with case-insensitive comparison, but not with case-sensitive"),
        ({"aud": "api://other"}, 700212, "presented assertion audience 'api://other'."),
        ({"exp": 1_700_000_000}, 700024, "expiry time of assertion 2023-11-14T22:13:20.0000000Z."),
    ],
)
def test_a_bound_client_takes_no_other_assertion(arm: Arm, claims: dict[str, Any], number: int, quoted: str) -> None:
    arm.azure.federate("orders-client", GITHUB, PROD)
    assert "access_token" in sign_in(arm, **asserted())
    refused = sign_in(arm, **asserted(**claims))
    assert (refused["error"], refused["error_codes"]) == ("invalid_client", [number])
    assert refused["error_description"].startswith(f"AADSTS{number}: ")
    assert quoted in refused["error_description"]
    assert "access_token" in sign_in(arm, **asserted(**claims), client_id="not-bound")


def test_a_bound_client_takes_no_other_secret(arm: Arm) -> None:
    arm.azure.client_secret("orders-client", "the-secret")
    assert "access_token" in sign_in(arm, client_secret="the-secret")
    assert sign_in(arm, client_secret="another")["error_codes"] == [7000215]
    assert sign_in(arm, **asserted())["error_codes"] == [700211]
    assert sign_in(arm, client_assertion="a.b.c")["error_codes"] == [50027]
    assert "the-secret" not in sign_in(arm, client_secret="another")["error_description"]


def test_a_seed_registers_applications_and_a_state_keeps_them(arm: Arm, tmp_path: Any) -> None:
    described = {
        "secrets": ["s"],
        "federated": [{"issuer": GITHUB, "subject": PROD}],
        "roles": {"api://orders": ["Orders.Read"]},
        "exposes": {"api://orders": 1},
    }
    plant_values(arm.azure, {"applications": {"orders-client": described}})
    save(arm.azure, tmp_path / "state.json")
    again = Azure()
    load(again, tmp_path / "state.json")
    for azure in (arm.azure, again):
        assert claims_of(sign_in(Arm(azure), scope="api://orders/.default", client_secret="s"))["roles"] == [
            "Orders.Read"
        ]
        assert "access_token" in sign_in(Arm(azure), **asserted())
        assert sign_in(Arm(azure), client_secret="t")["error"] == "invalid_client"


@pytest.mark.parametrize(
    "described", [{"secret": "s"}, {"secrets": "s"}, {"federated": [{"issuer": "i"}]}, {"roles": {"a": "b"}}, []]
)
def test_a_wrong_application_in_a_seed_is_named(described: Any) -> None:
    with pytest.raises(SeedError, match="applications: c"):
        plant_values(Azure(), {"applications": {"c": described}})


def test_a_workflow_signs_in_as_its_environment(running: Running) -> None:
    """The way of a GitHub workflow: an id token of the run, exchanged for one of Entra, by the official credential."""
    running.azure.federate("deployer", GITHUB, PROD)
    context = ssl.create_default_context(cafile=str(running.certificate_authority))

    def id_token(subject: str) -> str:
        environment = running.workflow(subject)
        request = urllib.request.Request(  # noqa: S310
            f"{environment['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=api://AzureADTokenExchange",
            headers={"Authorization": f"Bearer {environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
        )
        with urllib.request.urlopen(request, context=context) as reply:  # noqa: S310
            return str(json.load(reply)["value"])

    def signed_in(subject: str) -> str:
        with ClientAssertionCredential(DEFAULT_TENANT, "deployer", lambda: id_token(subject)) as credential:
            return credential.get_token(ARM_SCOPE).token

    assert jwt.decode(signed_in(PROD), options={"verify_signature": False})["appid"] == "deployer"
    with pytest.raises(Exception, match=r"AADSTS700213.*environment:dev"):
        signed_in("repo:contoso/access:environment:dev")


@pytest.mark.parametrize("header", ["", "Bearer x", "Bearer a.b.c"])
def test_no_id_token_without_the_workflows_own_token(arm: Arm, header: str) -> None:
    assert arm("GET", "/github/id-token", headers={"authorization": header}).status == 401
    assert arm("GET", "/github/id-token").status == 401  # a token of Entra is not one of the workflow's


def appid(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["appid"])


def test_a_managed_identity_needs_its_environment_alone(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with ManagedIdentityCredential() as credential:
        assert appid(credential.get_token(ARM_SCOPE).token) == running.environment["AZURE_CLIENT_ID"]
    with ManagedIdentityCredential(client_id="user-assigned") as credential:
        token = credential.get_token("https://vault.azure.net/.default").token
        assert appid(token) == "user-assigned"

    async def run() -> str:
        async with AsyncManagedIdentityCredential() as credential:
            return (await credential.get_token(ARM_SCOPE)).token

    assert appid(asyncio.run(run())) == running.environment["AZURE_CLIENT_ID"]
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with ManagedIdentityCredential() as credential, pytest.raises(Exception, match="X-IDENTITY-HEADER"):
        credential.get_token(ARM_SCOPE)


def test_a_virtual_machine_has_an_identity_too(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IDENTITY_ENDPOINT")
    monkeypatch.delenv("IDENTITY_HEADER")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", running.url)
    with ManagedIdentityCredential() as credential:
        assert appid(credential.get_token(ARM_SCOPE).token) == running.environment["AZURE_CLIENT_ID"]
    assert Arm(running.azure)("GET", "/metadata/identity/oauth2/token", query="resource=x").status == 400


@pytest.mark.parametrize("missing", [[], ["AZURE_FEDERATED_TOKEN_FILE"]], ids=["workload identity", "managed identity"])
def test_the_default_credential_finds_its_way_by_environment(
    running: Running, monkeypatch: pytest.MonkeyPatch, missing: list[str]
) -> None:
    for name in missing:
        monkeypatch.delenv(name)

    async def run() -> str:
        async with AsyncDefaultAzureCredential() as credential:
            return (await credential.get_token(ARM_SCOPE)).token

    with DefaultAzureCredential() as credential:
        for token in (credential.get_token(ARM_SCOPE).token, asyncio.run(run())):
            assert appid(token) == running.environment["AZURE_CLIENT_ID"]
    assert {entry.is_token for entry in running.azure.log.at("identity")} == {not missing}
