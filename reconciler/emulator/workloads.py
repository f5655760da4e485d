"""A request from where a program runs in, its token out: managed identities, and the identity of a GitHub workflow.

The first two are what `ManagedIdentityCredential` asks (Microsoft's pages "Use managed identities for App Service" and
"Use managed identities on a virtual machine to acquire an access token"), the third what a step asks that may write
`id-token` (GitHub's page "OpenID Connect reference"). Statuses and texts of refusals are unverified.
"""

import uuid
from functools import partial
from typing import Any
from urllib.parse import urlencode

import jwt

from reconciler.emulator.applications import EXCHANGE
from reconciler.emulator.azure import Azure
from reconciler.emulator.planes import Handler, Reply
from reconciler.emulator.tokens import LIFETIME, Order
from reconciler.emulator.wire import Answer, Call

GITHUB = "https://token.actions.githubusercontent.com"
_APP_SERVICE = ("msi", "token")
_VIRTUAL_MACHINE = ("metadata", "identity", "oauth2", "token")
_WORKFLOW = ("github", "id-token")
_REQUESTS = "local-azure:id-token-requests"  # the audience of a request token, so that no other is taken for one


def find(call: Call, azure: Azure) -> Handler | None:
    match call.method, call.segments:
        case "GET", segments if segments == _APP_SERVICE:
            return partial(_app_service, call, azure)
        case "GET", segments if segments == _VIRTUAL_MACHINE:
            return partial(_virtual_machine, call, azure)
        case "GET", segments if segments == _WORKFLOW:
            return partial(_workflow, call, azure)
    return None


def app_service_environment(azure: Azure, url: str) -> dict[str, str]:
    return {"IDENTITY_ENDPOINT": f"{url}/{'/'.join(_APP_SERVICE)}", "IDENTITY_HEADER": azure.identity_header}


def workflow_environment(azure: Azure, url: str, subject: str) -> dict[str, str]:
    """Give a step the identity of a subject such as `repo:contoso/access:environment:prod`."""
    token = azure.tokens.signer.sign({"aud": _REQUESTS, "sub": subject}, published=False)
    return {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}/{'/'.join(_WORKFLOW)}?{urlencode({'api-version': '2.0'})}",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": token,
    }


def _app_service(call: Call, azure: Azure) -> Reply:
    if call.headers.get("x-identity-header") != azure.identity_header:
        return "", Answer(401, {"statusCode": 401, "message": "X-IDENTITY-HEADER is missing or wrong."})
    return _managed(call, azure, "client_id", "resource", "token_type", "access_token", "expires_on")


def _virtual_machine(call: Call, azure: Azure) -> Reply:
    if call.headers.get("metadata", "").lower() != "true":
        refused = {"error": "bad_request_102", "error_description": "Required metadata header not specified"}
        return "", Answer(400, refused)
    fields = ("access_token", "client_id", "expires_in", "expires_on", "ext_expires_in", "not_before", "resource")
    return _managed(call, azure, *fields, "token_type")


def _managed(call: Call, azure: Azure, *fields: str) -> Reply:
    """Give a token of the identity that is named, or of the system-assigned one; numbers are strings here."""
    resource, client = call.query.get("resource", ""), call.query.get("client_id", azure.managed_identity)
    if not resource:
        return "", Answer(400, {"error": "invalid_resource", "error_description": "The resource is missing."})
    roles = azure.applications.roles(client, resource)
    now = int(azure.settings.clock())
    held: dict[str, Any] = {
        "access_token": azure.tokens.issue(Order(client, azure.tenant, resource, roles, by_assertion=True)),
        "client_id": client,
        "expires_in": str(LIFETIME),
        "expires_on": str(now + LIFETIME),
        "ext_expires_in": str(LIFETIME),
        "not_before": str(now),
        "resource": resource,
        "token_type": "Bearer",
    }
    return client, Answer(200, {name: held[name] for name in fields})


def _workflow(call: Call, azure: Azure) -> Reply:
    """Give an id token whose signature the local key set checks, as GitHub's own key set checks GitHub's."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    try:
        asked = azure.tokens.signer.read(token)
    except jwt.InvalidTokenError:
        asked = {}
    if scheme.lower() != "bearer" or asked.get("aud") != _REQUESTS:
        return "", Answer(401, {"message": "Bad credentials"})
    subject, now = asked["sub"], int(azure.settings.clock())
    repository = subject.split(":")[1] if subject.startswith("repo:") else ""
    claims = {
        "iss": GITHUB,
        "sub": subject,
        "aud": call.query.get("audience", EXCHANGE),
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "repository": repository,
        "repository_owner": repository.partition("/")[0],
    }
    return "", Answer(200, {"value": azure.tokens.signer.sign(claims, published=True)})
