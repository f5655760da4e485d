"""What stands in the environment in; the credential of azure-identity that it calls for, out.

In a GitHub job that may write `id-token` it is the federated identity that AZURE_CLIENT_ID names: GitHub's token for it
lives five minutes, so that it is asked for anew whenever Azure's has to be renewed (GitHub's page "OpenID Connect
reference"). Everywhere else it is the default of azure-identity.
"""

from collections.abc import Callable, Mapping

import httpx
from azure.core.exceptions import ClientAuthenticationError
from azure.identity.aio import ClientAssertionCredential, DefaultAzureCredential

_AUDIENCE = "api://AzureADTokenExchange"
_URL, _TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_OURS = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", _URL, _TOKEN)
_PATIENCE = 30  # seconds


def credential(environment: Mapping[str, str]) -> ClientAssertionCredential | DefaultAzureCredential:
    """Choose the credential."""
    if all(environment.get(name) for name in _OURS) and not environment.get("AZURE_FEDERATED_TOKEN_FILE"):
        client, tenant, url, token = (environment[name] for name in _OURS)
        return ClientAssertionCredential(tenant, client, _asking_github(url, token))
    return DefaultAzureCredential()


def _asking_github(url: str, token: str) -> Callable[[], str]:
    def ask() -> str:
        headers = {"Authorization": f"bearer {token}"}
        try:
            answer = httpx.get(
                url, params={**httpx.URL(url).params, "audience": _AUDIENCE}, headers=headers, timeout=_PATIENCE
            )
            answer.raise_for_status()
            return str(answer.json()["value"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise ClientAuthenticationError(f"GitHub gave no id token to this job: {error}") from error

    return ask
