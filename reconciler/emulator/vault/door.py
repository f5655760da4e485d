"""A request to a vault in; Key Vault's answer out: the token first, then the version, the role and the request."""

import re
from dataclasses import dataclass
from functools import partial

from reconciler.emulator.audiences import KEY_VAULT, at_key_vault
from reconciler.emulator.azure import Azure
from reconciler.emulator.planes import Handler, Reply
from reconciler.emulator.tokens import Principal, TokenRefused
from reconciler.emulator.vault import requests
from reconciler.emulator.vault.errors import VaultError, bad_parameter
from reconciler.emulator.vault.store import DEFAULT_VAULT
from reconciler.emulator.wire import Call

VERSIONS = ("7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01")
_HOST = re.compile(r"(?P<vault>[^.:]+)\.vault\.(?P<cloud>localhost|azure\.net)(?P<port>:\d+)?", re.IGNORECASE)
_DATA = "Microsoft.KeyVault/vaults/secrets"
_REFUSALS = {
    "missing": "AKV10000: Request is missing a Bearer or PoP token.",  # quoted in azurerm #19749
    "invalid": "AKV10023: Invalid JWT token.",  # unverified
    "expired": "AKV10006: Token has expired.",  # unverified
}


@dataclass(frozen=True, slots=True)
class _At:
    """The vault that was asked, and what its challenge says."""

    vault: str
    authority: str
    resource: str


def find(call: Call, azure: Azure) -> Handler | None:
    at = _at(call)
    return None if at is None else partial(_answered, call, azure, at)


def _at(call: Call) -> _At | None:
    host = call.headers.get("host", "localhost")
    named = _HOST.fullmatch(host)
    port = host.partition(":")[2]
    local = f":{port}" if port else ""
    if named is not None and named["cloud"].lower() == "azure.net":
        return _At(named["vault"], "https://login.microsoftonline.com", KEY_VAULT)
    if named is not None or call.segments[:1] in {("secrets",), ("deletedsecrets",)}:
        vault = named["vault"] if named else DEFAULT_VAULT
        return _At(vault, f"https://localhost{local}", f"https://vault.localhost{local}")
    return None


def _answered(call: Call, azure: Azure, at: _At) -> Reply:
    client = ""
    try:
        who = _who_asks(call, azure, at)
        client = who.client_id
        if call.query.get("api-version") not in VERSIONS:  # text unverified
            raise bad_parameter(f"api-version must be one of {', '.join(VERSIONS)}.")
        found = requests.find(call, azure.vault(at.vault))
        _check_permission(azure, at.vault, who, found)
        azure.changes += found.writes
        return client, found.answer()
    except VaultError as error:
        return client, error.answer()


def _who_asks(call: Call, azure: Azure, at: _At) -> Principal:
    """Refuse with the challenge that leads clients to a token (the header is quoted in azurerm #19749)."""
    challenge = f'Bearer authorization="{at.authority}/{azure.tenant}", resource="{at.resource}"'
    headers = {"WWW-Authenticate": challenge}
    try:
        who = azure.tokens.principal(call.headers.get("authorization", ""))
    except TokenRefused as refused:
        raise VaultError(401, "Unauthorized", _REFUSALS[refused.reason], headers=headers) from refused
    if not at_key_vault(who.audience, at.resource):  # quoted in provider-azure #346
        text = f"AKV10022: Invalid audience. Expected {at.resource}, found: {who.audience}."
        raise VaultError(401, "Unauthorized", text, headers=headers)
    return who


def _check_permission(azure: Azure, vault: str, who: Principal, found: requests.Found) -> None:
    """Refuse as quoted in Terraform_AKS #2."""
    action = f"{_DATA}/{found.action}"
    name = found.visit.name
    resource = f"{azure.vault_id(vault)}/secrets/{name}" if name else azure.vault_id(vault)
    if azure.roles.allows_data(who.client_id, action, resource):
        return
    raise VaultError(
        403,
        "Forbidden",
        "Caller is not authorized to perform action on resource.\r\n"
        "If role assignments, deny assignments or role definitions were changed recently,"
        " please observe propagation time.\r\n"
        f"Caller: appid={who.client_id};oid={who.object_id};iss={who.issuer}\r\n"
        f"Action: '{action}'\r\n"
        f"Resource: '{resource.lower()}'\r\n"
        "Assignment: (not found)\r\n"
        "DenyAssignmentId: null\r\n"
        "DecisionReason: 'DeniedWithNoValidRBAC' \r\n"
        f"Vault: {vault};location=westeurope\r\n",
        inner="ForbiddenByRbac",
    )
