"""`validate-jwt` at the gateway: whose tokens are taken, by what, and what an access fragment makes of them."""

import base64
import json
import ssl
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from caller import SERVICE
from cryptography.hazmat.primitives.asymmetric import rsa
from gatekeeper import AUDIENCE, BEGIN, OPENID, TENANT, Gate, answering, header, policy, validate, when

from reconciler.emulator import Running

LOCAL = f"https://localhost:8443/{TENANT}"
CLAIM = '((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("azp", "")'


@pytest.fixture
def gate() -> Gate:
    gate = Gate()
    gate.put("products/gold", "<base />" + validate())
    return gate


def refused(gate: Gate, token: str) -> str:
    """Give the reason that on-error would see."""
    reply = gate(token=token)
    assert reply.status == 401, reply.body
    reason: str = gate.journal["calls"][-1]["reason"]
    return reason


def unsigned(gate: Gate) -> str:
    return jwt.encode(jwt.decode(gate.token(), options={"verify_signature": False}), None, "none")


def by_a_foreign_key(gate: Gate) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    whole = jwt.decode_complete(gate.token(), options={"verify_signature": False})
    return jwt.encode(whole["payload"], key, "RS256", headers={"kid": whole["header"]["kid"]})


def of_an_unknown_key(gate: Gate) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = jwt.decode(gate.token(), options={"verify_signature": False})
    return jwt.encode(claims, key, "RS256", headers={"kid": "another"})


def by_the_published_key_as_a_secret(gate: Gate) -> str:
    """Sign by HS256 with what everybody knows, which once fooled libraries."""
    claims = jwt.decode(gate.token(), options={"verify_signature": False})
    return jwt.encode(claims, gate.arm.azure.tokens.signer.published()["keys"][0]["n"], "HS256")


def changed_on_the_way(gate: Gate) -> str:
    head, payload, signature = gate.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["azp"] = "somebody-else"
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.{signature}"


def test_a_token_of_the_local_authority_is_taken(gate: Gate) -> None:
    assert gate(token=gate.token()).status == 200


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda _: "", "TokenNotPresent"),
        (lambda _: "nonsense", "JwtInvalid"),
        (lambda _: "a.b.c", "JwtInvalid"),
        (by_a_foreign_key, "TokenSignatureInvalid"),
        (of_an_unknown_key, "TokenSignatureKeyNotFound"),
        (changed_on_the_way, "TokenSignatureInvalid"),
        (unsigned, "TokenSignatureInvalid"),
        (by_the_published_key_as_a_secret, "TokenSignatureInvalid"),
        (lambda gate: gate.arm.azure.token("app-1", audience=AUDIENCE), "TokenSignatureInvalid"),
        (lambda gate: gate.signed(exp=int(BEGIN)), "TokenExpired"),
        (lambda gate: gate.signed(exp=None), "JwtInvalid"),
        (lambda gate: gate.signed(nbf=int(BEGIN) + 1), "JwtInvalid"),
        (lambda gate: gate.token(audience="api://bills"), "TokenAudienceNotAllowed"),
        (lambda gate: gate.signed(aud=["api://bills", "api://more"]), "TokenAudienceNotAllowed"),
        (lambda gate: gate.signed(aud=None), "TokenAudienceNotAllowed"),
        (lambda gate: gate.signed(iss="https://evil.example/"), "TokenIssuerNotAllowed"),
        (lambda gate: gate.signed(iss=LOCAL.replace("7c9e", "0000") + "/v2.0"), "TokenIssuerNotAllowed"),
        (lambda gate: gate.signed(iss=None), "TokenIssuerNotAllowed"),
        (lambda gate: gate.token(version=1), "TokenIssuerNotAllowed"),
    ],
)
def test_every_other_token_is_refused_for_its_reason(gate: Gate, made: Callable[[Gate], str], reason: str) -> None:
    assert refused(gate, made(gate)) == reason


@pytest.mark.parametrize(
    "claims", [{"exp": int(BEGIN) + 1}, {"nbf": int(BEGIN)}, {"aud": ["api://bills", AUDIENCE]}, {"nbf": None}]
)
def test_what_is_just_good_enough_is_taken(gate: Gate, claims: dict[str, Any]) -> None:
    assert gate(token=gate.signed(**claims)).status == 200


def test_a_token_ends_by_the_clock_and_a_skew_forgives_some_of_it(gate: Gate) -> None:
    token = gate.token()
    gate.now += 3599
    assert gate(token=token).status == 200
    gate.now += 1
    assert refused(gate, token) == "TokenExpired"
    for skew, status in (("1", 200), ("00:01:00", 200), ("0", 401)):
        gate.put("products/gold", "<base />" + validate(attributes=f'clock-skew="{skew}"'))
        assert gate(token=token).status == status


def test_a_refusal_says_what_the_policy_says(gate: Gate) -> None:
    assert gate(token="").json == {"statusCode": 401, "message": "JWT not present."}
    told = 'failed-validation-httpcode="403" failed-validation-error-message="Ask at access/."'
    gate.put("products/gold", "<base />" + validate(attributes=told))
    reply = gate(token=gate.token(audience="api://bills"))
    assert (reply.status, reply.json) == (403, {"statusCode": 403, "message": "Ask at access/."})


@pytest.mark.parametrize(
    ("openid", "version"),
    [
        (OPENID, 2),
        (f"{LOCAL}/v2.0/.well-known/openid-configuration", 2),
        (f"https://localhost:1/{TENANT}/v2.0/.well-known/openid-configuration", 2),
        (OPENID.replace("/v2.0", ""), 1),
        (f"{LOCAL}/.well-known/openid-configuration", 1),
    ],
)
def test_each_version_of_the_authority_answers_for_its_own_tokens(gate: Gate, openid: str, version: int) -> None:
    gate.put("products/gold", "<base />" + validate(openid=openid))
    assert gate(token=gate.token(version=version)).status == 200
    assert refused(gate, gate.token(version=3 - version)) == "TokenIssuerNotAllowed"


@pytest.mark.parametrize("issuer", [f"https://login.microsoftonline.com/{TENANT}/v2.0", f"{LOCAL}/v2.0"])
def test_an_issuer_that_is_named_is_taken_too(gate: Gate, issuer: str) -> None:
    more = f"<issuers><issuer>{issuer}</issuer></issuers>"
    gate.put("products/gold", "<base />" + validate(openid=OPENID.replace("/v2.0", ""), more=more))
    assert [gate(token=gate.token(version=version)).status for version in (1, 2)] == [200, 200]


@pytest.mark.parametrize(
    "openid", ["https://okta.example/.well-known/openid-configuration", OPENID.replace(TENANT, "common")]
)
def test_another_authority_is_not_known_here(gate: Gate, openid: str) -> None:
    gate.put("products/gold", "<base />" + validate(openid=openid))
    reply = gate(token=gate.token())
    assert reply.status == 500
    assert reply.json["unknown"].endswith(f"the OpenID configuration {openid}")


@pytest.mark.parametrize("written", ["<issuer-signing-keys><key>a2V5</key></issuer-signing-keys>", ""])
def test_keys_in_the_policy_are_not_known_here(gate: Gate, written: str) -> None:
    held = f'<validate-jwt header-name="Authorization">{written}</validate-jwt>'
    gate.put("products/gold", f"<base />{held}")
    assert gate(token=gate.token()).status == 500


def test_a_token_without_a_signature_is_never_asked_for(gate: Gate) -> None:
    gate.put("products/gold", "<base />" + validate(attributes='require-signed-tokens="false"'))
    assert gate(token=unsigned(gate)).status == 500


@pytest.mark.parametrize(
    ("claim", "said", "status"),
    [
        ('<claim name="roles" match="all"><value>R</value><value>W</value></claim>', {"roles": ["W", "R", "X"]}, 200),
        ('<claim name="roles" match="all"><value>R</value><value>W</value></claim>', {"roles": ["R"]}, 401),
        ('<claim name="roles"><value>R</value><value>W</value></claim>', {"roles": ["R"]}, 401),
        ('<claim name="roles" match="any"><value>R</value><value>W</value></claim>', {"roles": ["W"]}, 200),
        ('<claim name="roles" match="any"><value>R</value></claim>', {"roles": ["Reader"]}, 401),
        ('<claim name="scp" match="any" separator=" "><value>write</value></claim>', {"scp": "read write"}, 200),
        ('<claim name="scp" match="any"><value>write</value></claim>', {"scp": "read write"}, 401),
        ('<claim name="roles" />', {"roles": ["anything"]}, 200),
        ('<claim name="roles" />', {}, 401),
        ('<claim name="admin"><value>true</value></claim>', {"admin": True}, 200),
        ('<claim name="a"><value>1</value></claim><claim name="b"><value>2</value></claim>', {"a": "1", "b": "1"}, 401),
    ],
)
def test_claims_are_demanded_all_or_any(gate: Gate, claim: str, said: dict[str, Any], status: int) -> None:
    gate.put("products/gold", "<base />" + validate(more=f"<required-claims>{claim}</required-claims>"))
    assert gate(token=gate.signed(**said)).status == status


def test_a_missing_claim_is_told_apart_from_a_wrong_one(gate: Gate) -> None:
    wanted = (
        '<required-claims><claim name="roles" match="any"><value>R</value></claim><claim name="x" /></required-claims>'
    )
    gate.put("products/gold", "<base />" + validate(more=wanted))
    assert refused(gate, gate.signed()) == "TokenClaimNotFound"
    assert gate(token=gate.signed()).json["message"] == "JWT is missing the following claims: roles, x. Access denied."
    assert refused(gate, gate.signed(roles=["W"], x="1")) == "TokenClaimValueNotAllowed"
    reply = gate(token=gate.signed(roles=["W"], x="1"))
    assert reply.json["message"] == "Claim roles value of W is not allowed. Access denied."


@pytest.mark.parametrize(
    ("sent", "scheme", "status"),
    [
        ("Bearer {}", "Bearer", 200),
        ("bearer {}", "Bearer", 200),
        ("{}", "Bearer", 401),
        ("Basic {}", "Bearer", 401),
        ("{}", "", 200),
        ("Bearer {}", "", 200),
    ],
)
def test_a_scheme_is_demanded_where_the_policy_says_so(gate: Gate, sent: str, scheme: str, status: int) -> None:
    held = validate().replace('require-scheme="Bearer"', f'require-scheme="{scheme}"' if scheme else "")
    gate.put("products/gold", f"<base />{held}")
    assert gate(headers={"authorization": sent.format(gate.token())}).status == status


def test_a_token_may_come_in_the_query_or_from_an_expression(gate: Gate) -> None:
    in_query = validate().replace('header-name="Authorization" require-scheme="Bearer"', 'query-parameter-name="t"')
    gate.put("products/gold", f"<base />{in_query}")
    assert gate(query=f"t={gate.token()}").status == 200
    assert gate(token=gate.token()).status == 401
    value = "@(context.Request.Headers.GetValueOrDefault(&quot;X-Token&quot;, &quot;&quot;))"
    given = validate().replace('header-name="Authorization" require-scheme="Bearer"', f'token-value="{value}"')
    gate.put("products/gold", f"<base />{given}")
    assert gate(headers={"x-token": gate.token()}).status == 200


ACCESS = validate() + when(
    f'@(new [] {{"app-1", "app-2"}}.Contains({CLAIM}))',
    when(f'@({CLAIM} == "app-2")', '<rate-limit-by-key calls="1" renewal-period="60" counter-key="@("partner")" />'),
    answering(403, "Ask at access/."),
)


def test_an_access_fragment_decides_by_the_client_in_the_token(gate: Gate) -> None:
    raw = ACCESS.replace("&quot;", '"')
    gate.arm("PUT", "policyFragments/access-gold", {"value": f"<fragment>{raw}</fragment>", "format": "rawxml"})
    gate.put("products/gold", '<base /><include-fragment fragment-id="access-gold" />' + header("x-app", f"@({CLAIM})"))
    granted = gate(token=gate.token("app-1"))
    assert (granted.status, granted.json["headers"]["x-app"]) == (200, "app-1")
    assert gate(token="").status == 401
    stranger = gate(token=gate.token("app-9"))
    assert (stranger.status, stranger.body) == (403, b"Ask at access/.")
    assert [gate(token=gate.token("app-2")).status for _ in range(3)] == [200, 429, 429]
    assert gate(token=gate.token("app-1")).status == 200


def test_a_token_of_version_1_names_its_client_in_appid(gate: Gate) -> None:
    named = CLAIM.replace('"azp"', '"appid"')
    gate.put(
        "products/gold", "<base />" + validate(openid=OPENID.replace("/v2.0", "")) + header("x-app", f"@({named})")
    )
    assert gate.seen("x-app", token=gate.token("app-1", version=1)) == "app-1"
    gate.put("products/gold", "<base />" + validate() + header("x-app", f"@({named})"))
    assert gate.seen("x-app", token=gate.token("app-1", version=2)) == ""


def test_an_open_products_token_alone_does(gate: Gate) -> None:
    gate.seed(
        {"products/open": {"displayName": "Open", "subscriptionRequired": False}, "products/open/apis/orders": {}}
    )
    gate.put("products/open", "<base />" + validate())
    assert gate(None, token=gate.token()).status == 200
    assert gate(None, token=gate.token(audience="api://bills")).status == 401


def test_a_fetched_token_passes_over_tls_and_another_does_not(running: Running) -> None:
    """What a client does, start to end: a token of the authority, and a call at the gateway of one service."""
    azure = running.azure
    entities: dict[str, Any] = {
        "policies/policy": {"value": policy("", backend="<forward-request />", outbound="", on_error="")},
        "apis/orders": {"displayName": "Orders", "path": "orders", "subscriptionRequired": False},
        "apis/orders/policies/policy": {
            "value": policy(
                "<base />" + validate(openid=f"{running.url}/{TENANT}/v2.0/.well-known/openid-configuration")
            )
        },
    }
    azure.seed(SERVICE, entities, fresh=False)
    context = ssl.create_default_context(cafile=str(running.certificate_authority))
    form = urllib.parse.urlencode(
        {"grant_type": "client_credentials", "client_id": "a", "client_secret": "x", "scope": f"{AUDIENCE}/.default"}
    ).encode()
    with urllib.request.urlopen(f"{running.url}/{TENANT}/oauth2/v2.0/token", form, context=context) as reply:  # noqa: S310
        token = json.load(reply)["access_token"]
    host = f"apim-dev.azure-api.localhost:{running.url.rpartition(':')[2]}"
    for sent in ({}, {"Host": host}):
        asked = urllib.request.Request(  # noqa: S310
            f"{running.url}/gateway/orders/42", headers={"Authorization": f"Bearer {token}", **sent}
        )
        with urllib.request.urlopen(asked, context=context) as reply:  # noqa: S310
            assert json.load(reply)["path"] == "/42"
    other = urllib.request.Request(f"{running.url}/gateway/orders/42", headers={"Authorization": "Bearer a.b.c"})  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(other, context=context)  # noqa: S310
    assert raised.value.code == 401
    raised.value.close()
