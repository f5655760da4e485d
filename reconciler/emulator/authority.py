"""A request to the sign-in side in, its answer out: tokens, OpenID, keys, instance discovery, metadata."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from reconciler.emulator.audiences import RESOURCE_MANAGER, is_microsofts
from reconciler.emulator.azure import Azure
from reconciler.emulator.planes import Handler, Reply
from reconciler.emulator.proof import SignInRefused, check_proof
from reconciler.emulator.tokens import LIFETIME, Order
from reconciler.emulator.wire import Answer, Call

_OLD_METADATA = "2022-09-01"  # from this version on one object, before it a list of one (go-azure-sdk, azure-cli)


def find(call: Call, azure: Azure) -> Handler | None:
    """Find what answers a request to the authority; None for everything else."""
    match call.method, tuple(segment.lower() for segment in call.segments):
        case "POST", (_, "oauth2", "v2.0", "token") | (_, "oauth2", "token"):
            return partial(_token, call, azure)
        case "GET", (_, *versions, ".well-known", "openid-configuration"):
            return partial(_plain, _openid(call.base_url, call.segments[0], is_version_2="v2.0" in versions))
        case "GET", ("common", "discovery", "instance"):
            return partial(_plain, _instance(call.base_url))
        case "GET", (tenant, "discovery", *_, "keys"):
            return lambda: ("", Answer(200, _keys(azure, call.base_url, tenant)))
        case "GET", ("metadata", "endpoints"):
            metadata = _metadata(call.base_url)
            old = call.query.get("api-version", "") < _OLD_METADATA
            return partial(_plain, [metadata] if old else metadata)
    return None


def is_token_request(call: Call) -> bool:
    return call.method == "POST" and call.segments[-1:] == ("token",) and call.segments[1:2] == ("oauth2",)


def _plain(body: Any) -> Reply:
    return "", Answer(200, body)


def _token(call: Call, azure: Azure) -> Reply:
    """Take any client with any secret or any assertion, unless something is bound to it; its role says what it may."""
    form = {name: values[0] for name, values in parse_qs(call.body.decode(errors="replace")).items()}
    now = azure.settings.clock()
    try:
        return "", Answer(200, _issued(call, azure, form, now))
    except SignInRefused as refused:
        return "", refused.answer(now, str(uuid.uuid4()))


def _issued(call: Call, azure: Azure, form: Mapping[str, str], now: float) -> dict[str, Any]:
    client, tenant = form.get("client_id", ""), call.segments[0]
    if form.get("grant_type") != "client_credentials":
        raise SignInRefused(70003, "unsupported_grant_type", "The app requested an unsupported grant type.", status=400)
    if not client:
        text = "The request body must contain the following parameter: 'client_id'."
        raise SignInRefused(900144, "invalid_request", text, status=400)
    check_proof(client, azure.applications.of(client), form, now)
    audience = form.get("scope", form.get("resource", f"{RESOURCE_MANAGER}/.default")).removesuffix("/.default")
    api, version = azure.applications.exposing(audience) or (audience, 2)
    local = audience.rstrip("/") == call.base_url
    is_version_2 = version > 1 and "v2.0" in call.segments and not (is_microsofts(audience) or local)
    order = Order(
        client,
        tenant,
        api if is_version_2 else audience,
        roles=azure.applications.roles(client, audience),
        version_2_issuer=f"{call.base_url}/{tenant}/v2.0" if is_version_2 else "",
        by_assertion="client_assertion" in form,
    )
    return {
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": azure.tokens.issue(order),
    }


def _keys(azure: Azure, base: str, tenant: str) -> dict[str, Any]:
    published = azure.tokens.signer.published()
    return {"keys": [{**key, "issuer": f"{base}/{tenant}/v2.0"} for key in published["keys"]]}


def _openid(base: str, tenant: str, *, is_version_2: bool) -> dict[str, Any]:
    """Give the document of a version; the issuer of version 1 is Entra's own, whoever asks."""
    return {
        "token_endpoint": f"{base}/{tenant}/oauth2/v2.0/token",
        "authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/devicecode",
        "issuer": f"{base}/{tenant}/v2.0" if is_version_2 else f"https://sts.windows.net/{tenant}/",
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
            "audiences": ["https://management.core.windows.net/", RESOURCE_MANAGER],
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
