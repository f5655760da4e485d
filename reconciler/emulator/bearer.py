"""A call at Resource Manager in, who asks or its 401 out."""

from reconciler.emulator.audiences import RESOURCE_MANAGERS, at_resource_manager
from reconciler.emulator.errors import AzureError
from reconciler.emulator.tokens import Principal, TokenRefused, Tokens
from reconciler.emulator.wire import Call

_CHALLENGE = 'Bearer authorization_uri="https://login.microsoftonline.com/common"'
_REFUSALS = {  # Resource Manager's in meaning, unverified in wording
    "missing": ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."),
    "invalid": ("InvalidAuthenticationToken", "The access token is invalid."),
    "expired": ("ExpiredAuthenticationToken", "The access token expiry is in the past."),
}


def who_asks(call: Call, tokens: Tokens) -> Principal:
    try:
        who = tokens.principal(call.headers.get("authorization", ""))
    except TokenRefused as refused:
        raise _refused(*_REFUSALS[refused.reason], is_invalid=refused.reason != "missing") from refused
    if not at_resource_manager(who.audience, call.base_url):
        allowed = ",".join(f"'{each}'" for each in RESOURCE_MANAGERS)
        raise _refused(  # quoted in go-azure-helpers #51
            "InvalidAuthenticationTokenAudience",
            f"The access token has been obtained for wrong audience or resource '{who.audience}'. It should exactly"
            f" match with one of the allowed audiences {allowed}.",
            is_invalid=True,
        )
    return who


def _refused(code: str, message: str, *, is_invalid: bool) -> AzureError:
    """401 with the challenge that clients read."""
    error = f', error="invalid_token", error_description="{message}"' if is_invalid else ""
    return AzureError(401, code, message, headers={"WWW-Authenticate": f"{_CHALLENGE}{error}"})
