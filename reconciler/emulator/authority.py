"""A request to the sign-in side in, its answer out: tokens, OpenID, instance discovery, metadata."""

from typing import Any
from urllib.parse import parse_qs

from reconciler.emulator.tokens import LIFETIME, Tokens
from reconciler.emulator.wire import Answer, Call

_ARM = "https://management.azure.com"
_OLD_METADATA = "2022-09-01"  # from this version on one object, before it a list of one (go-azure-sdk, azure-cli)


def answered(call: Call, tokens: Tokens) -> Answer | None:
    """Answer what belongs to the authority; None for everything else."""
    match call.method, tuple(segment.lower() for segment in call.segments):
        case "POST", (_, "oauth2", "v2.0", "token") | (_, "oauth2", "token"):
            return _token(call, tokens)
        case "GET", (_, *_, ".well-known", "openid-configuration"):
            return Answer(200, _openid(call.base_url, call.segments[0]))
        case "GET", ("common", "discovery", "instance"):
            return Answer(200, _instance(call.base_url))
        case "GET", (_, "discovery", *_, "keys"):
            return Answer(200, {"keys": []})
        case "GET", ("metadata", "endpoints"):
            metadata = _metadata(call.base_url)
            old = call.query.get("api-version", "") < _OLD_METADATA
            return Answer(200, [metadata] if old else metadata)
    return None


def is_token_request(call: Call) -> bool:
    return call.method == "POST" and call.segments[-1:] == ("token",) and call.segments[1:2] == ("oauth2",)


def _token(call: Call, tokens: Tokens) -> Answer:
    """Take any client with any secret or any assertion; what it may do is decided by its role."""
    form = {name: values[0] for name, values in parse_qs(call.body.decode(errors="replace")).items()}
    client = form.get("client_id", "")
    if form.get("grant_type") != "client_credentials":
        return _refused("unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
    if not client:
        return _refused("invalid_request", "AADSTS900144: The request body must contain the parameter 'client_id'.")
    if not form.get("client_secret") and not form.get("client_assertion"):
        return _refused("invalid_client", "AADSTS7000216: 'client_assertion' or 'client_secret' is required.", 401)
    audience = form.get("scope", form.get("resource", f"{_ARM}/.default")).removesuffix("/.default")
    token = tokens.issue(client, call.segments[0], audience)
    return Answer(
        200,
        {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token},
    )


def _refused(error: str, description: str, status: int = 400) -> Answer:
    return Answer(status, {"error": error, "error_description": description, "error_codes": []})


def _openid(base: str, tenant: str) -> dict[str, Any]:
    return {
        "token_endpoint": f"{base}/{tenant}/oauth2/v2.0/token",
        "authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/devicecode",
        "issuer": f"{base}/{tenant}/v2.0",
        "jwks_uri": f"{base}/{tenant}/discovery/v2.0/keys",
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
    }


def _instance(base: str) -> dict[str, Any]:
    host = base.partition("://")[2]
    return {
        "tenant_discovery_endpoint": f"{base}/common/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }


def _metadata(base: str) -> dict[str, Any]:
    host = base.partition("://")[2]
    return {
        "name": "local",
        "portal": base,
        "resourceManager": base,
        "authentication": {
            "loginEndpoint": base,
            "audiences": ["https://management.core.windows.net/", _ARM],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graph": base,
        "graphAudience": base,
        "microsoftGraphResourceId": base,
        "gallery": base,
        "batch": base,
        "media": base,
        "sqlManagement": base,
        "vmImageAliasDoc": base,
        "activeDirectoryDataLake": base,
        "appInsightsResourceId": base,
        "logAnalyticsResourceId": base,
        "suffixes": {
            "keyVaultDns": f"vault.{host}",
            "storage": f"storage.{host}",
            "acrLoginServer": f"acr.{host}",
            "sqlServerHostname": f"sql.{host}",
            "azureDataLakeStoreFileSystem": f"datalake.{host}",
            "azureDataLakeAnalyticsCatalogAndJob": f"analytics.{host}",
        },
    }
